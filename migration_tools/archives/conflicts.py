"""What will not fit when an archive comes back: counted, with a query that lists the rows."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migration_tools.archives.catalogue import Archive, Kind, Strategy
from migration_tools.archives.copying import NEW_VALUE, VALUE
from migration_tools.archives.giving import UNTOUCHED
from migration_tools.archives.parking import ParkedArchives
from migration_tools.backends import for_connection
from migration_tools.backends.copying import copying_for
from migration_tools.columns import Reference

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


class Why(enum.StrEnum):
    """``GONE``: the row was deleted since. ``BORN``: it was added since. ``EDITED``: the value was
    written since. ``ORPHANS``: the row that a foreign key points to was deleted since."""

    GONE = "gone"
    BORN = "born"
    EDITED = "edited"
    ORPHANS = "orphans"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """``rows``: None where there was no time to count. ``target``: of orphans, the other table."""

    why: Why
    rows: int | None
    query: str
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the other rows are now: a table, or what is archived of one. ``column``: of changed
    values, by its name now; "" if it cannot be told."""

    table: str
    column: str = ""


Count = Callable[[str], int | None]


class Conflicts:
    """``count`` runs a query that counts; None where it took too long."""

    def __init__(self, connection: BaseDatabaseWrapper, count: Count) -> None:
        self._backend = for_connection(connection)
        self._copying = copying_for(connection)
        self._parked = ParkedArchives(connection)
        self._quote = self._copying.quote
        self._count = count

    # --- how much ---------------------------------------------------------------------------

    def fitting(self, archive: Archive, there: Place | None) -> int | None:
        """Rows or values that will be back."""
        if archive.strategy is Strategy.PARK:
            return self._parked_rows(archive)
        place = self._quote(archive.place)
        if archive.kind is Kind.TABLE or there is None:
            return archive.rows
        source = f"{place} JOIN {self._quote(there.table)} ON {self._joined(archive, there)}"
        if archive.kind is Kind.COLUMN:
            return self._count(f"SELECT COUNT({place}.{self._quote(VALUE)}) FROM {source}")
        if not there.column:
            return archive.rows
        return self._count(f"SELECT COUNT(*) FROM {source} WHERE {self._untouched(there, archive)}")

    def _parked_rows(self, archive: Archive) -> int | None:
        home = self._parked.home(archive)
        if home is None:
            return archive.rows
        table, column, where = home
        counted = self._quote(column) if column else "*"
        those = f" WHERE {where}" if where else ""
        return self._count(f"SELECT COUNT({counted}) FROM {self._quote(table)}{those}")

    # --- what not ---------------------------------------------------------------------------

    def found(self, archive: Archive, there: Place | None) -> Iterator[Conflict]:
        """Those that keep nothing from coming back."""
        if archive.kind is Kind.TABLE or there is None:
            return
        if archive.strategy is Strategy.PARK:
            yield from self._told(Why.BORN, *self._born_beside(archive))
            return
        yield from self._told(Why.GONE, *self._gone(archive, there))
        if archive.kind is Kind.COLUMN:
            yield from self._told(Why.BORN, *self._born(archive, there))
        elif there.column:
            yield from self._told(Why.EDITED, *self._edited(archive, there))

    def afterwards(self, archive: Archive, table: str) -> Iterator[Conflict]:
        """Of a copy that is back but for these."""
        there = Place(table=table)
        yield from self._told(Why.GONE, *self._gone(archive, there))
        if archive.kind is Kind.VALUES:
            place = self._quote(archive.place)
            source = f"{self._quote(table)} JOIN {place} ON {self._joined(archive, there)}"
            where = f"{place}.{self._quote(UNTOUCHED)} IS NULL"
            shown = [*self._keys(archive, there), f"{place}.{self._quote(VALUE)}"]
            yield from self._told(Why.EDITED, shown, f"{source} WHERE {where}")

    def _told(
        self, why: Why, shown: list[str], source: str, target: str = ""
    ) -> Iterator[Conflict]:
        if not source:
            return
        rows = self._count(f"SELECT COUNT(*) FROM {source}")
        if rows or rows is None:
            query = f"SELECT {', '.join(shown)} FROM {source};"
            yield Conflict(why=why, rows=rows, query=query, target=target)

    def _gone(self, archive: Archive, there: Place) -> tuple[list[str], str]:
        table, place = self._quote(there.table), self._quote(archive.place)
        row = f"SELECT 1 FROM {table} WHERE {self._joined(archive, there)}"
        return [f"{place}.*"], f"{place} WHERE NOT EXISTS ({row})"

    def _born(self, archive: Archive, there: Place) -> tuple[list[str], str]:
        absent = self._copying.absent(there.table, archive.place, self._pairs(archive))
        return self._keys(archive, there), f"{self._quote(there.table)} WHERE {absent}"

    def _born_beside(self, archive: Archive) -> tuple[list[str], str]:
        home = self._parked.home(archive)
        if home is None:
            return [], ""
        parked = self._parked.parked(archive)
        marker = self._quote(parked.marker or parked.parked_name)
        if parked.is_nullable and not parked.marker:
            return [], ""  # a NULL that was there cannot be told from a row that was not
        key = [self._quote(name) for name in self._backend.primary_key_of(home[0])]
        return key or ["*"], f"{self._quote(home[0])} WHERE {marker} IS NULL"

    def _edited(self, archive: Archive, there: Place) -> tuple[list[str], str]:
        table, place = self._quote(there.table), self._quote(archive.place)
        source = f"{table} JOIN {place} ON {self._joined(archive, there)}"
        shown = [f"{table}.{self._quote(there.column)}", f"{place}.{self._quote(VALUE)}"]
        where = f"NOT ({self._untouched(there, archive)})"
        return [*self._keys(archive, there), *shown], f"{source} WHERE {where}"

    # --- what stands in the way -------------------------------------------------------------

    def orphans(
        self, archive: Archive, column: str, reference: Reference, target: Place, there: Place
    ) -> Iterator[Conflict]:
        """Of a copy: values whose own target is gone."""
        place, other = self._quote(archive.place), self._quote(target.table)
        value = f"{place}.{self._quote(column if archive.kind is Kind.TABLE else VALUE)}"
        source, shown = place, [f"{place}.*"]
        if archive.kind is Kind.COLUMN:
            table = self._quote(there.table)
            source = f"{table} JOIN {place} ON {self._joined(archive, there)}"
            shown = [*self._keys(archive, there), value]
        row = f"SELECT 1 FROM {other} target WHERE target.{self._quote(reference.column)} = {value}"
        where = f"{value} IS NOT NULL AND NOT EXISTS ({row})"
        yield from self._told(Why.ORPHANS, shown, f"{source} WHERE {where}", reference.table)

    # --- SQL --------------------------------------------------------------------------------

    def _joined(self, archive: Archive, there: Place) -> str:
        return self._copying.joined(there.table, archive.place, self._pairs(archive))

    def _pairs(self, archive: Archive) -> list[tuple[str, str]]:
        return [(name, f"key_{n}") for n, name in enumerate(archive.details["key"], 1)]

    def _keys(self, archive: Archive, there: Place) -> list[str]:
        table = self._quote(there.table)
        return [f"{table}.{self._quote(name)}" for name in archive.details["key"]]

    def _untouched(self, there: Place, archive: Archive) -> str:
        own = f"{self._quote(there.table)}.{self._quote(there.column)}"
        return self._copying.same(own, f"{self._quote(archive.place)}.{self._quote(NEW_VALUE)}")
