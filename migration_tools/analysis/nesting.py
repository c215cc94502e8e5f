"""Operations with those that they hold: SeparateDatabaseAndState, and what is made like it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.migrations.operations.base import Operation

BOTH = ("state_operations", "database_operations")


def flat(operations: Iterable[Operation], *lists: str) -> Iterator[Operation]:
    """Each before those that it holds. ``lists``: which of them to enter, all by default."""
    for operation in operations:
        yield operation
        for name in lists or BOTH:
            yield from flat(getattr(operation, name, ()), *lists)
