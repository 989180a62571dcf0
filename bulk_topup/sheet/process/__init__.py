"""Parsing in a process of its own, with a limit to its memory and time, and the way back of what it read."""
