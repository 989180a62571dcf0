"""All that the provider's API v3.1 says: its three calls, what an answer means, the price list, the pace.

It knows no file and no record of ours.
"""
