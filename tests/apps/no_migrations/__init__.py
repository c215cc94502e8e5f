"""Models, and no migrations: its tables are made by --run-syncdb alone."""
