"""A leaf app whose last migration cannot be taken back."""
