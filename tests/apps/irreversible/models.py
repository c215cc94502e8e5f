"""There are no models: only the history counts."""
