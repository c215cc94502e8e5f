"""A router keeps parts of it away from the database: see routers.py."""
