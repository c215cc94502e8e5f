"""The journal of `migrate_safe`, its lock, the way back by it, and what it says after a fault."""
