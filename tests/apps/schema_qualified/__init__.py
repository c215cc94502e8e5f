"""A table in a schema that is not on the search path, named by db_table. PostgreSQL only."""
