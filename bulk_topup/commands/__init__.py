"""One file per command, and what they share: options, the terminal, settings, credentials.

No business rules here: a command only says in which order the other rooms do their work. Heavy imports happen
when a command runs, so that `--help` answers at once.
"""
