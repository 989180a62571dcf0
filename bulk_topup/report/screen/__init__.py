"""The facts of a command as lines on a screen, and as the object for `--json`."""
