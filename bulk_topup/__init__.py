"""Send prepaid mobile top-ups in bulk from a spreadsheet."""

__version__ = "0.2.0"
