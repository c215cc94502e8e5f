"""Django migrations with a preview of what they destroy, and a way back."""

__version__ = "0.1.0"
