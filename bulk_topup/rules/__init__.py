"""The decisions: numbers, checks, what a batch already knows, plan, approval, books. Pure.

No I/O, no clock, and no library that does either.
"""
