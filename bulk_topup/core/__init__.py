"""The product's words as values, its errors and exit codes, the clock, quoting for a shell.

Every other room may import it. It does no I/O other than to read the clock.
"""
