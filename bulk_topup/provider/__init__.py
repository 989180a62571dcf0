"""The provider's API v3.1: its three calls, what an answer means, the price list, the pace.

It knows nothing about files or our records.
"""
