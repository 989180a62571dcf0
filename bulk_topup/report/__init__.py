"""Every word for people: all lines on a screen and all workbooks, in each language. It decides nothing
about money.
"""
