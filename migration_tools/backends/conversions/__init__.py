"""What changing a column's type does to its values: one rule for a pair, in one file an engine."""

from __future__ import annotations
