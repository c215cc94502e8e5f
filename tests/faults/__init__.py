"""`migrate_safe` killed, or cut off, at every statement that changes something."""
