"""Who was topped up with what on which day, across batches and computers: in a file or on a server."""
