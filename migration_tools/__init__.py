"""Django migrations with a preview of what they destroy."""

__version__ = "0.1.0"
