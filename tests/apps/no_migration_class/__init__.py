"""A file among the migrations that holds none."""
