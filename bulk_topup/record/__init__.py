"""What is on disk or on the server: checkpoint, ledger, paths, locks, and the counts over them.

It makes no request to the provider, and has no words for people.
"""
