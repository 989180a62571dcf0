"""Every word for people, on screens and in workbooks, in each language. Decides nothing about money."""
