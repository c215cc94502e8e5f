"""Two migrations that each depend on the other."""
