"""A migration that depends on one that was deleted."""
