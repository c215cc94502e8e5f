"""Tables and columns that are moved out of the way, and back."""
