"""A file for each command; what they share: options, the terminal, settings, credentials.

No rules: a command says in which order the other rooms do their work. Modules here import what is heavy when
a command runs, so that `--help` answers at once.
"""
