"""From plan to outcome: attempts, polling, resending, resolving, in one session with the provider.

It words nothing for people: whoever watches is told as it happens.
"""
