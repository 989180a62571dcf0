"""Who was topped up with what on which day, across batches and computers; a file or a server."""
