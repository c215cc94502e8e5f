"""Parking: a table or column is moved out of the way instead of dropped, and moved back."""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from migration_tools.backends.parking.records import (
    CannotPark,
    Fill,
    Look,
    Name,
    Parked,
    Part,
    Statement,
)

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

Execute = Callable[[str, tuple[Any, ...] | None], None]

#: Every name made here begins like this; they are no part of the project's schema.
PREFIX = "_mt_"


class Parking(abc.ABC):
    """One engine's way. What is asked of the database and what is said to it are apart: first
    ``examine_…`` writes down everything, then ``…_statements`` are made from that alone."""

    #: Longest name, in bytes or in characters.
    longest_name: int
    counts_bytes = True

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection

    # --- facts in ---------------------------------------------------------------------------

    @abc.abstractmethod
    def examine_table(self, number: int, table: str) -> Parked:
        """Raises CannotPark with the reason. Reads only."""

    @abc.abstractmethod
    def examine_column(self, number: int, table: str, column: str) -> Parked:
        """Raises CannotPark with the reason. Reads only."""

    @abc.abstractmethod
    def holds(self, look: Look) -> bool: ...

    @abc.abstractmethod
    def table_of(self, parked: Parked) -> str | None:
        """Where a parked column is by now: its table may have been renamed. None if it is gone."""

    @abc.abstractmethod
    def identity_of(self, table: str, column: str | None) -> tuple[int, ...]:
        """Comparable with ``Parked.identity``."""

    # --- statements out ---------------------------------------------------------------------

    @abc.abstractmethod
    def park_statements(self, parked: Parked) -> Iterator[Statement]: ...

    @abc.abstractmethod
    def return_statements(
        self, parked: Parked, *, table: str | None = None, fill: Fill | None = None
    ) -> Iterator[Statement]:
        """``table``: its name by now. ``fill``: for rows born since; None leaves them NULL."""

    def later_statements(self, parked: Parked) -> Iterator[Statement]:
        """What was dropped is made again at the end of a step: another table may be needed."""
        for part in reversed(parked.dropped):  # keys were the first to go and need the rest
            yield self.made_again(part)

    @abc.abstractmethod
    def made_again(self, part: Part) -> Statement: ...

    def purge_statements(self, parked: Parked, *, table: str | None = None) -> Iterator[Statement]:
        if parked.column is None:
            yield Statement(
                sql=f"DROP TABLE {self.quote(parked.parked_name)}",
                when=(Look(kind=Name.TABLE, name=parked.parked_name),),
            )
            return
        table = self.quote(table or parked.table)
        for name in filter(None, (parked.parked_name, parked.marker)):
            yield Statement(
                sql=f"ALTER TABLE {table} DROP COLUMN {self.quote(name)}",
                when=(Look(kind=Name.COLUMN, table=table, name=name),),
            )

    # --- running ----------------------------------------------------------------------------

    def park(self, parked: Parked, execute: Execute | None = None) -> None:
        """Raises CannotPark if the engine refuses; nothing is left changed then."""
        try:
            self.run(self.park_statements(parked), execute)
        except CannotPark:
            self.run(self.return_statements(parked), execute)
            self.run(self.later_statements(parked), execute)
            raise

    def run(self, statements: Iterable[Statement], execute: Execute | None = None) -> None:
        """Each statement that still has something to do, in order."""
        execute = execute or self._execute
        for statement in statements:
            if all(self.holds(look) for look in statement.when):
                self.run_one(statement, execute)

    def run_one(self, statement: Statement, execute: Execute) -> None:
        execute(statement.sql, statement.parameters)

    def _execute(self, sql: str, parameters: tuple[Any, ...] | None) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, parameters)

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(query, parameters or None)
            return list(cursor.fetchall())

    # --- what is there --------------------------------------------------------------------------

    def reset_numbers(self, table: str) -> None:
        """After rows with their numbers were written: where the next one would be used already."""
        return

    def is_original_there(self, parked: Parked) -> bool:
        table = self.quote(parked.table)
        if parked.column is None:
            return self.is_there(table)
        return self.holds(Look(kind=Name.COLUMN, table=table, name=parked.column))

    def is_parked(self, parked: Parked) -> bool:
        if parked.column is None:
            return self.holds(Look(kind=Name.TABLE, name=parked.parked_name))
        return self.table_of(parked) is not None

    def is_there(self, table: str) -> bool:
        """``table`` is quoted, as a Part says it."""
        return self.holds(Look(kind=Name.TABLE, name=table))

    def count_born(self, parked: Parked, table: str) -> int:
        """Rows that were not there when the column was parked. Reads the whole table."""
        column = self.quote(parked.marker or parked.parked_name)
        query = f"SELECT COUNT(*) FROM {self.quote(table)} WHERE {column} IS NULL"
        return int(self.rows(query)[0][0])

    def count_orphans(self, parked: Parked, part: Part, table: str | None = None) -> int:
        """Rows whose foreign key leads nowhere, asked of what is parked or of what is back."""
        return self._orphans(*self._sides(parked, part, table))

    def orphans(self, parked: Parked, part: Part, table: str | None = None) -> str:
        """The query that lists them."""
        return f"SELECT c.* FROM {self._orphans_from(*self._sides(parked, part, table))};"

    def _sides(
        self, parked: Parked, part: Part, table: str | None
    ) -> tuple[str, str, list[str], Part, str]:
        """Of the key: its table and the one it points to, by their names now, and its columns."""
        child, parent, names = part.table, part.target, {name: name for name in part.columns}
        own, extra = self.quote(parked.table), ""
        if self.is_parked(parked):
            home = self.quote((table or parked.table) if parked.column else parked.parked_name)
            child, parent = (home if name == own else name for name in (child, parent))
            if part.table == own and parked.column in names:
                names[parked.column] = parked.parked_name
                if parked.marker:
                    extra = f" AND c.{self.quote(parked.marker)} IS NOT NULL"
        return child, parent, [names[c] for c in part.columns], part, extra

    def orphans_of(self, part: Part) -> int:
        return self._orphans(part.table, part.target, part.columns, part)

    def _orphans(
        self, child: str, parent: str, columns: Sequence[str], part: Part, extra: str = ""
    ) -> int:
        found = self._orphans_from(child, parent, columns, part, extra)
        return int(self.rows(f"SELECT COUNT(*) FROM {found}")[0][0])

    def _orphans_from(
        self, child: str, parent: str, columns: Sequence[str], part: Part, extra: str = ""
    ) -> str:
        mine = [f"c.{self.quote(name)}" for name in columns]
        theirs = [f"p.{self.quote(name)}" for name in part.target_columns]
        given = " AND ".join(f"{name} IS NOT NULL" for name in mine)
        joined = " AND ".join(f"{a} = {b}" for a, b in zip(mine, theirs, strict=True))
        return (
            f"{child} c LEFT JOIN {parent} p ON {joined} "
            f"WHERE {given}{extra} AND {theirs[0]} IS NULL"
        )

    # --- names ------------------------------------------------------------------------------

    def quote(self, name: str) -> str:
        return str(self.connection.ops.quote_name(name))

    def plain_name(self, table: str) -> str:
        """Raises CannotPark for a name that brings its own quotes, and perhaps a schema."""
        if self.quote("x")[0] in table:
            raise CannotPark("its name says where it is")
        return table

    def parked_column_name(self, number: int, column: str) -> str:
        name = f"{PREFIX}{number}_{column}"
        if not self.counts_bytes:
            return name[: self.longest_name]
        return name.encode()[: self.longest_name].decode(errors="ignore")


def marker_name(number: int) -> str:
    return f"{PREFIX}{number}"


def numbered(number: int, parts: Iterable[Part], keeps: Callable[[Part], bool]) -> tuple[Part, ...]:
    """Those that are kept get a name of the archive's own."""
    told, kept = [], 0
    for part in parts:
        if keeps(part):
            kept += 1
            parked_name = f"{PREFIX}{number}_{kept}"
            told.append(replace(part, parked_name=parked_name))
        else:
            told.append(part)
    return tuple(told)
