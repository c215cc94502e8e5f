"""Two leaves: two people wrote the second migration."""
