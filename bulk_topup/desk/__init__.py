"""The desk: browser pages on this computer that run the commands, and know nothing that those don't.

Only `commands/desk.py` imports it. It has no access of its own to the record, the provider or the money.
"""
