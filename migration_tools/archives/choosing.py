"""Which archives a purge takes: by number, by age, or all but the newest."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar


class Dated(Protocol):
    @property
    def number(self) -> int: ...
    @property
    def created(self) -> datetime: ...


Kept = TypeVar("Kept", bound=Dated)


def chosen(
    archives: Iterable[Kept],
    *,
    now: datetime,
    numbers: Collection[int] = (),
    older_than: timedelta | None = None,
    keep: int = 0,
) -> list[Kept]:
    """Every condition narrows it down; ``keep`` is of what the others left, the newest first."""
    found = sorted(archives, key=lambda archive: archive.number, reverse=True)
    if numbers:
        found = [archive for archive in found if archive.number in numbers]
    if older_than is not None:
        found = [archive for archive in found if now - archive.created > older_than]
    return found[keep:]
