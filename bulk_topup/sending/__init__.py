"""From plan to outcome: attempts, polling, resending, resolving, in one session with the provider.

It prints nothing; a watcher is notified.
"""
