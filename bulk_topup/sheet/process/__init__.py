"""Parses in a separate process with limited memory and time, and returns what it read."""
