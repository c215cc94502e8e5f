"""A migration that imports what is not there."""
