"""Every migration of a project on one database: its state, what is odd about it, what to do."""
