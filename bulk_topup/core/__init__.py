"""Domain values, errors and exit codes, the clock, and shell quoting. Every other room may import this
one.

Its only I/O is reading the clock.
"""
