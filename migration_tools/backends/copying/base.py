"""The portable way to copy: one transaction holds the copy and the statement that destroys."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """A column of the copy that is filled later. ``type``: as the engine declares it."""

    name: str
    type: str


class Copying:
    """One engine's way. Names are given bare, and quoted here."""

    #: Changing a column loses a check that was declared with it.
    forgets_checks = False

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection

    # --- away -------------------------------------------------------------------------------

    @contextlib.contextmanager
    def copied(
        self,
        place: str,
        select: str,
        *,
        table: str,
        extra: Extra | None = None,
        also: Sequence[str],
    ) -> Iterator[None]:
        """``place`` holds what ``select`` finds; until the end nobody else writes to ``table``.

        ``also``: tables that are written in between besides these two.
        """
        with self.whole():
            self.lock(table)
            self.execute(f"CREATE TABLE {self.quote(place)} AS {select}")
            if extra is not None:
                self.add_column(place, extra)
            yield

    def add_column(self, place: str, extra: Extra) -> None:
        self.execute(
            f"ALTER TABLE {self.quote(place)} ADD COLUMN {self.quote(extra.name)} {extra.type}"
        )

    def lock(self, table: str) -> None:
        """Against writers; where the first write of a transaction locks, there is nothing to do."""

    @contextlib.contextmanager
    def held(self, table: str, place: str, *, also: Sequence[str]) -> Iterator[None]:
        """As in ``copied``, for the way back: nobody else writes to ``table`` meanwhile."""
        with self.whole():
            self.lock(table)
            yield

    @contextlib.contextmanager
    def whole(self) -> Iterator[None]:
        """What is between the copy and the drop is one with both, also in ``atomic = False``."""
        if self.connection.in_atomic_block:
            yield
        else:
            with transaction.atomic(using=self.connection.alias):
                yield

    def changes_type(self, sql: str) -> bool:
        """Whether this statement of an editor gives a column's values another type."""
        return False

    def convert(self, place: str, source: str, target: Extra, *, where: str) -> None:
        """``target`` holds what the engine makes of ``source`` when a column is given its type."""
        raise NotImplementedError("copy and change are in one transaction here")

    # --- back -------------------------------------------------------------------------------

    @contextlib.contextmanager
    def inserting(self) -> Iterator[None]:
        """Values are written as they are, zeros and odd ones too."""
        yield

    def index(self, place: str, columns: Sequence[str]) -> None:
        """So that a join by key does not read the copy once a row; nothing if it is there."""
        name = f"{place}_k"
        with self.connection.cursor() as cursor:
            if name in self.connection.introspection.get_constraints(cursor, place):
                return
        listed = ", ".join(map(self.quote, columns))
        self.execute(f"CREATE INDEX {self.quote(name)} ON {self.quote(place)} ({listed})")

    def update_joined(
        self, table: str, source: str, keys: Sequence[tuple[str, str]], *, column: str, value: str
    ) -> str:
        """SQL that sets ``column`` of ``table`` to the expression ``value`` over both tables; a
        condition may follow it. ``keys``: columns of ``table`` and of ``source`` that are equal."""
        return (
            f"UPDATE {self.quote(table)} SET {self.quote(column)} = {value} "
            f"FROM {self.quote(source)} WHERE {self.joined(table, source, keys)}"
        )

    def joined(self, table: str, source: str, keys: Sequence[tuple[str, str]]) -> str:
        return " AND ".join(
            f"{self.quote(table)}.{self.quote(own)} = {self.quote(source)}.{self.quote(other)}"
            for own, other in keys
        )

    def absent(self, table: str, source: str, keys: Sequence[tuple[str, str]]) -> str:
        """A condition on rows of ``table``: ``source`` has none of their key, which it needs no
        index for."""
        own = ", ".join(f"{self.quote(table)}.{self.quote(name)}" for name, _ in keys)
        others = ", ".join(self.quote(other) for _, other in keys)
        return f"({own}) NOT IN (SELECT {others} FROM {self.quote(source)})"

    def same(self, one: str, other: str) -> str:
        """Two expressions are equal to the letter, NULL and NULL too."""
        # By its bytes: a collation of the column may call different texts equal.
        return f"{one} COLLATE BINARY IS {other}"

    def settle(self) -> None:
        """What was written is fit for the next statement that changes its table."""

    # --- both -------------------------------------------------------------------------------

    def drop(self, place: str) -> None:
        self.execute(f"DROP TABLE IF EXISTS {self.quote(place)}")

    def count(self, query: str) -> int:
        with self.connection.cursor() as cursor:
            cursor.execute(query)
            return int(cursor.fetchone()[0])

    def counts(self, source: str, *conditions: str) -> tuple[int, ...]:
        """All rows of ``source``, and those of each condition, in one scan."""
        told = [f"COUNT(CASE WHEN {condition} THEN 1 END)" for condition in conditions]
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(['COUNT(*)', *told])} FROM {source}")
            return tuple(map(int, cursor.fetchone()))

    def is_any(self, source: str) -> bool:
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM {source} LIMIT 1")
            return cursor.fetchone() is not None

    def execute(self, sql: str, parameters: Sequence[Any] | None = None) -> int:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return int(cursor.rowcount)

    def quote(self, name: str) -> str:
        return str(self.connection.ops.quote_name(name))
