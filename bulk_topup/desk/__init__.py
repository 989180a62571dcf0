"""The desk: pages in a browser on this computer. They run the commands, and know nothing that those don't.

`commands/desk.py` alone imports it. It has no way of its own to the record, the provider or the money.
"""
