"""A plain history of three steps, to be recorded as applied in an order that cannot be."""
