"""One module per file format: bytes to tabs of cells, verbatim."""
