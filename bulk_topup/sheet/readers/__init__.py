"""A file format each: bytes to tabs of cells, as the file has them."""
