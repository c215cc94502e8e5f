"""Every operation that Django ships, in its awkward forms, from rows back to nothing.

Runs forwards and backwards for real on SQLite, PostgreSQL, MariaDB and MySQL. ``neighbour`` is
part of it: its models refer to the ones here, from another app.
"""
