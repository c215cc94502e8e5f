"""SQLite: which stored values Django reads as something that its field does not mean."""

from __future__ import annotations

from migration_tools.columns import Column


def misreading(old: Column, new: Column, there: str) -> tuple[str, str] | None:
    """A predicate over the stored value and what Django makes of it; None if all is read well."""
    return None
