"""Every word for people: each line on a screen, each workbook, in each language.

It decides nothing about money.
"""
