"""The gate of `migrate_safe`: what closes it, what opens it, and what it stands in front of."""
