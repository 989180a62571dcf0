"""Who was topped up with what on which day, across batches, desks and machines: in a file or on a server."""
