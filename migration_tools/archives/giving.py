"""Copies that come back, each once, also in a step that has stopped half-way and goes on.

What is put back is written down in the same transaction. Until then, what others have written in
the meantime is told from what the step has left, and stays. What came back is compared with the
copy, value for value.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.management.color import no_style

from migration_tools.archives.catalogue import Archive, Catalogue, State
from migration_tools.archives.copying import CONVERTED, NEW_VALUE, VALUE, own_tables
from migration_tools.backends import for_connection
from migration_tools.backends.copying import Extra, copying_for
from migration_tools.exceptions import ArchiveError

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    #: Run, step and operation, by their numbers.
    Operation = Sequence[int | None]
#: SQL with its parameters.
Fill = tuple[str, tuple[Any, ...]]
#: A column of a copy of values: 1 where nobody has written since the step.
UNTOUCHED = "untouched"


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """``rows``: put back; ``gone``: whose row was deleted since; ``edited``: written since, which
    stay as they are."""

    rows: int
    gone: int = 0
    edited: int = 0


class GivenCopies:
    """``by``: the operation in which something comes back. ``begun``: it has stopped once, and what
    it comes back into is there since then."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.catalogue = Catalogue(connection)
        self._backend = for_connection(connection)
        self._copying = copying_for(connection)
        self._quote = self._copying.quote

    @property
    def forgets_checks(self) -> bool:
        """Changing a column loses a check that was declared with it."""
        return self._copying.forgets_checks

    # --- tables -----------------------------------------------------------------------------

    def give_table(
        self,
        archive: Archive,
        model: Any,
        fills: Mapping[str, Fill],
        *,
        by: Operation,
        begun: bool = False,
    ) -> Returned:
        """Into the table that a step has just made. Raises ArchiveError if it does not fit.

        ``fills``: for columns that the copy was made without."""
        table, place = model._meta.db_table, self._quote(archive.place)
        kept = [f.column for f in model._meta.local_concrete_fields if not _is_generated(f)]
        names = [name for name in archive.details["columns"] if name in kept]
        self._require_columns(archive, [f.column for f in model._meta.local_concrete_fields])
        own, listed = self._quote(table), ", ".join(map(self._quote, names))
        into = ", ".join(map(self._quote, [*names, *fills]))
        told = ", ".join([_literal(listed), *(sql for sql, _ in fills.values())])
        key = archive.details["key"] if begun else []
        rest = ""
        if key:  # somebody may have given a number away again
            joined = self._copying.joined(table, archive.place, [(name, name) for name in key])
            rest = f" WHERE NOT EXISTS (SELECT 1 FROM {self._quote(table)} WHERE {joined})"
        counted = f"SELECT COUNT(*) FROM {self._quote(table)}"
        with self._copying.whole():
            before = self._copying.count(counted)
            with self._copying.inserting():
                self._copying.execute(
                    f"INSERT INTO {_literal(own)} ({_literal(into)}) "
                    f"SELECT {told} FROM {_literal(place)}{_literal(rest)}",
                    [value for _, values in fills.values() for value in values],
                )
            with self.connection.cursor() as cursor:
                for statement in self.connection.ops.sequence_reset_sql(no_style(), [model]):
                    cursor.execute(statement)
            rows = self._copying.count(counted) - before
            edited = (archive.rows or 0) - rows if key else 0
            self._prove(archive, table, names, rows, edited)
            return self._given(archive, by, Returned(rows=rows, edited=edited))

    def _require_columns(self, archive: Archive, wanted: Sequence[str]) -> None:
        kept = {*archive.details["columns"], *archive.details.get("without", ())}
        other = kept ^ set(wanted)
        if other:
            raise ArchiveError(
                f"{archive.table} cannot come back from archive {archive.number}: it has other "
                f"columns than the step makes ({', '.join(sorted(other))}).",
                hint="With --no-restore the step is taken without it.",
            )

    def _prove(
        self, archive: Archive, table: str, names: Sequence[str], rows: int, edited: int
    ) -> None:
        """Every row of the copy is in the table, the same in every column."""
        key = archive.details["key"]
        if rows + edited != archive.rows:
            raise ArchiveError(f"Of {archive.rows} rows of {table} only {rows} came back.")
        if not key:
            return
        own, copy = self._quote(table), self._quote(archive.place)
        same = " AND ".join(
            self._copying.same(f"{own}.{self._quote(n)}", f"{copy}.{self._quote(n)}") for n in names
        )
        joined = self._copying.joined(table, archive.place, [(name, name) for name in key])
        equal = self._copying.count(
            f"SELECT COUNT(*) FROM {own} JOIN {copy} ON {joined} WHERE {same}"
        )
        if equal < rows:
            raise ArchiveError(
                f"{rows - equal} rows of {table} came back other than they were archived."
            )

    # --- columns ----------------------------------------------------------------------------

    def count_born(self, archive: Archive, table: str, *, without: str = "") -> int:
        """Rows of the table by now that had no value when the column went; ``without``: of these,
        those that have none in this column."""
        absent = self._copying.absent(table, archive.place, _keys(archive))
        return self._copying.count(
            f"SELECT COUNT(*) FROM {self._quote(table)} WHERE {absent}"
            + (f" AND {self._quote(without)} IS NULL" if without else "")
        )

    def _is_born(self, archive: Archive, table: str) -> str:
        joined = self._copying.joined(table, archive.place, _keys(archive))
        return f"NOT EXISTS (SELECT 1 FROM {self._quote(archive.place)} WHERE {joined})"

    def count_orphans(self, archive: Archive, table: str, target: str, target_column: str) -> int:
        """Values of rows that are still there, whose own target is gone."""
        if target not in self._backend.columns_of([target]):
            return 0  # it comes back later in the plan
        place, value = self._quote(archive.place), self._quote(VALUE)
        joined = self._copying.joined(table, archive.place, _keys(archive))
        there = (
            f"SELECT 1 FROM {self._quote(target)} target "
            f"WHERE target.{self._quote(target_column)} = {place}.{value}"
        )
        return self._copying.count(
            f"SELECT COUNT(*) FROM {self._quote(table)} JOIN {place} ON {joined} "
            f"WHERE {place}.{value} IS NOT NULL AND NOT EXISTS ({there})"
        )

    def fill_born(self, archive: Archive, table: str, column: str, fill: Fill) -> None:
        """``fill``: SQL and its parameters, for the rows born since; those that have a value were
        given one by others."""
        if fill[0] == "NULL":
            return
        own, name = _literal(self._quote(table)), _literal(self._quote(column))
        with self._copying.inserting():
            self._copying.execute(
                f"UPDATE {own} SET {name} = {fill[0]} "
                f"WHERE {_literal(self._is_born(archive, table))} AND {name} IS NULL",
                fill[1],
            )

    def give_column(
        self,
        archive: Archive,
        table: str,
        column: str,
        *,
        fill: Fill,
        by: Operation,
    ) -> Returned:
        """Into a column that takes NULL for now; what is in it was written by others."""
        keys, copying, place = _keys(archive), self._copying, archive.place
        self._index(archive)
        own, value = self._column(table, column), self._column(place, VALUE)
        source, same = self._source(archive, table), copying.same(own, value)
        ours = own_tables(self.connection)
        with copying.held(table, place, also=ours), copying.whole():
            # Nearly always the column is as it was made: then it need not be joined to know that,
            # and an engine that is asked for NULL in what it writes takes two turns for it.
            written = copying.is_any(f"{self._quote(table)} WHERE {own} IS NOT NULL")
            edited = 0
            if written:
                edited = copying.count(
                    f"SELECT COUNT(*) FROM {source} WHERE {own} IS NOT NULL AND NOT ({same})"
                )
            self.fill_born(archive, table, column, fill)
            with copying.inserting():
                put = copying.update_joined(table, place, keys, column=column, value=value)
                copying.execute(f"{put} AND {own} IS NULL" if written else put)
            there, rows = copying.counts(source, same)
            if there != rows + edited:
                raise ArchiveError(
                    f"{there - rows - edited} values of {table}.{column} came back other than "
                    "they were archived: the column holds something else by now."
                )
            gone = (archive.rows or 0) - there
            return self._given(archive, by, Returned(rows=rows, gone=gone, edited=edited))

    # --- values -----------------------------------------------------------------------------

    @contextlib.contextmanager
    def give_values(
        self,
        archive: Archive,
        table: str,
        *,
        before: str,
        after: tuple[str, str],
        by: Operation,
        marked: bool = False,
        is_held: bool = False,
    ) -> Iterator[list[Returned]]:
        """The column is changed back inside; the list then holds what came back.

        Which values were written since is seen before, when both have the type that the step made:
        ``before`` is the column's name then; ``after`` its name and type afterwards. ``marked``:
        it has them already, in a run that stopped. ``is_held``: nobody can write to the table
        already.
        """
        keys, copying, place = _keys(archive), self._copying, archive.place
        self._index(archive)
        if UNTOUCHED not in self._backend.columns_of([place])[place]:
            copying.add_column(place, Extra(name=UNTOUCHED, type="integer"))
        is_marked = f"{self._column(place, UNTOUCHED)} = 1"
        if marked:
            changed = Extra(name=CONVERTED, type=after[1])
            copying.convert(place, NEW_VALUE, changed, where=is_marked)
        told: list[Returned] = []
        value, own = self._column(place, VALUE), self._column(table, after[0])
        source = self._source(archive, table)
        held = copying.held(table, place, also=own_tables(self.connection))
        with contextlib.nullcontext() if is_held else held:
            if marked:
                self._unmark(archive, table, own)
            else:
                self._mark(archive, table, self._column(table, before))
            yield told
            with copying.whole():
                with copying.inserting():
                    put = copying.update_joined(table, place, keys, column=after[0], value=value)
                    copying.execute(f"{put} AND {is_marked}")
                equally = f"{is_marked} AND {copying.same(own, value)}"
                there, rows, equal = copying.counts(source, is_marked, equally)
                if rows != equal:
                    raise ArchiveError(
                        f"{rows - equal} values of {table}.{after[0]} came back other than they "
                        "were archived."
                    )
                gone = (archive.rows or 0) - there
                returned = Returned(rows=rows, gone=gone, edited=there - rows)
                told.append(self._given(archive, by, returned))

    def _mark(self, archive: Archive, table: str, own: str) -> None:
        place, swapped = archive.place, [(other, name) for name, other in _keys(archive)]
        # A way back that was refused may have marked some.
        self._copying.execute(f"UPDATE {self._quote(place)} SET {self._quote(UNTOUCHED)} = NULL")
        mark = self._copying.update_joined(place, table, swapped, column=UNTOUCHED, value="1")
        self._copying.execute(
            f"{mark} AND {self._copying.same(own, self._column(place, NEW_VALUE))}"
        )

    def _unmark(self, archive: Archive, table: str, own: str) -> None:
        """Those that were written after the column had been changed back."""
        place, swapped = archive.place, [(other, name) for name, other in _keys(archive)]
        unmark = self._copying.update_joined(place, table, swapped, column=UNTOUCHED, value="NULL")
        self._copying.execute(
            f"{unmark} AND {self._column(place, UNTOUCHED)} = 1 "
            f"AND NOT ({self._copying.same(own, self._column(place, CONVERTED))})"
        )

    # --- all --------------------------------------------------------------------------------

    def _index(self, archive: Archive) -> None:
        self._copying.index(archive.place, [other for _, other in _keys(archive)])

    def _source(self, archive: Archive, table: str) -> str:
        joined = self._copying.joined(table, archive.place, _keys(archive))
        return f"{self._quote(table)} JOIN {self._quote(archive.place)} ON {joined}"

    def _column(self, table: str, column: str) -> str:
        return f"{self._quote(table)}.{self._quote(column)}"

    def _given(self, archive: Archive, by: Operation, returned: Returned) -> Returned:
        told = [returned.rows, returned.gone, returned.edited]
        self.catalogue.change(
            archive.number, details={**archive.details, "given_by": list(by), "given": told}
        )
        self._copying.settle()
        return returned

    def conclude(self, archive: Archive, returned: Returned) -> None:
        """When the step that it came back in is done: a copy that is back as a whole is not kept
        twice; what did not fit stays to be seen."""
        if returned.gone or returned.edited:
            self.catalogue.change(archive.number, state=State.SUPERSEDED)
        else:
            self._copying.drop(archive.place)
            self.catalogue.change(archive.number, state=State.RETURNED)


def returned_before(archive: Archive) -> Returned:
    """What was written down when it came back, in a step that was not done then."""
    rows, gone, edited = archive.details["given"]
    return Returned(rows=rows, gone=gone, edited=edited)


def _keys(archive: Archive) -> list[tuple[str, str]]:
    """Columns of the table, and of the copy."""
    return [(name, f"key_{n}") for n, name in enumerate(archive.details["key"], 1)]


def _literal(sql: str) -> str:
    """Beside parameters."""
    return sql.replace("%", "%%")


def _is_generated(field: Any) -> bool:
    return bool(getattr(field, "generated", False))
