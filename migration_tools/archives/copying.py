"""Archives by copy: a table of the archive's own, filled by the engine before something goes.

The copy is complete, and the catalogue says so, before the statement that destroys: in the same
transaction, or under the same lock. What comes back is compared with the copy, value for value.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.management.color import no_style

from migration_tools import journal
from migration_tools.archives.catalogue import PREFIX, TABLE, Archive, Catalogue, Kind, State
from migration_tools.backends import for_connection
from migration_tools.backends.copying import Extra, copying_for
from migration_tools.exceptions import ArchiveError

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

#: Columns of a copy of values; their own names could be the same as one of these.
VALUE, NEW_VALUE, UNTOUCHED = "value", "new_value", "untouched"


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """``rows``: put back; ``gone``: whose row was deleted since; ``edited``: written since, which
    stay as they are."""

    rows: int
    gone: int = 0
    edited: int = 0


class CopiedArchives:
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

    def refusal(self, table: str, column: str = "") -> str:
        """Why nothing can be copied so that it could come back; "" if it can."""
        if self._quote("x")[0] in table:
            return "its name says where it is"
        if not column:
            return ""
        key = self._backend.primary_key_of(table)
        if not key:
            return "its table has no primary key to bring values back by"
        return "it is the primary key" if column in key else ""

    # --- away -------------------------------------------------------------------------------

    @contextlib.contextmanager
    def keep_table(self, number: int, table: str, without: Sequence[str] = ()) -> Iterator[int]:
        """The table may be dropped inside; yields the rows copied. ``without``: columns that must
        not be kept."""
        names = [n for n in self._backend.columns_of([table])[table] if n not in without]
        select = f"SELECT {', '.join(map(self._quote, names))} FROM {self._quote(table)}"
        key = list(self._backend.primary_key_of(table))
        details = {"columns": names, "without": list(without), "key": key}
        with self._keep(number, table, select, details, None) as rows:
            yield rows

    @contextlib.contextmanager
    def keep_column(self, number: int, table: str, column: str) -> Iterator[int]:
        """The column may be dropped inside; yields the values copied, NULLs not counted."""
        key = self._backend.primary_key_of(table)
        select = f"{self._selected(key, column)} FROM {self._quote(table)}"
        with self._keep(number, table, select, {"key": list(key)}, None):
            place = self._quote(place_of(number))
            yield self._copying.count(f"SELECT COUNT({self._quote(VALUE)}) FROM {place}")

    @contextlib.contextmanager
    def keep_values(
        self, number: int, table: str, column: str, where: str, *, new: tuple[str, str]
    ) -> Iterator[int]:
        """The column may be changed inside; yields how many values were copied, those for which
        ``where`` is true. ``new``: its name and type afterwards."""
        key = self._backend.primary_key_of(table)
        source = f"{self._quote(table)} WHERE {where}"
        select = f"{self._selected(key, column)} FROM {source}"
        extra = Extra(name=NEW_VALUE, type=new[1])
        with self._keep(number, table, select, {"key": list(key)}, extra) as rows:
            yield rows
            place = place_of(number)
            value = f"{self._quote(table)}.{self._quote(new[0])}"
            keys = [(f"key_{n}", name) for n, name in enumerate(key, 1)]
            with self._copying.inserting():
                self._copying.execute(
                    self._copying.update_joined(place, table, keys, column=NEW_VALUE, value=value)
                )

    def _selected(self, key: Sequence[str], column: str) -> str:
        told = [
            f"{self._quote(name)} AS {self._quote(f'key_{n}')}" for n, name in enumerate(key, 1)
        ]
        return f"SELECT {', '.join([*told, f'{self._quote(column)} AS {self._quote(VALUE)}'])}"

    @contextlib.contextmanager
    def _keep(
        self, number: int, table: str, select: str, details: dict[str, Any], extra: Extra | None
    ) -> Iterator[int]:
        place = place_of(number)
        archive = self.catalogue.get(number)
        known = archive.details if archive else {}
        self.catalogue.change(number, place=place, details={**known, **details})
        with self._copying.copied(place, select, table=table, extra=extra, also=self._ours()):
            rows = self._copying.count(f"SELECT COUNT(*) FROM {self._quote(place)}")
            self.catalogue.change(number, state=State.KEPT, rows=rows)
            yield rows

    def _ours(self) -> tuple[str, ...]:
        """What is written down while something is copied; not every run has a journal."""
        return tuple(self._backend.columns_of([TABLE, *journal.TABLES]))

    def discard(self, number: int) -> None:
        """What was to go is still there, whole, on an engine that takes nothing back by itself."""
        self._copying.drop(place_of(number))
        self.catalogue.change(number, state=State.PURGED)

    # --- and back ---------------------------------------------------------------------------

    def give_table(
        self, archive: Archive, model: Any, fills: Mapping[str, tuple[str, tuple[Any, ...]]]
    ) -> Returned:
        """Into the table that a step has just made. Raises ArchiveError if it does not fit.

        ``fills``: SQL and its parameters, for columns that the copy was made without."""
        table, place = model._meta.db_table, archive.place
        kept = [f.column for f in model._meta.local_concrete_fields if not _is_generated(f)]
        names = [name for name in archive.details["columns"] if name in kept]
        self._require_columns(archive, [f.column for f in model._meta.local_concrete_fields])
        listed = ", ".join(map(self._quote, names))
        into = ", ".join(map(self._quote, [*names, *fills]))
        told = ", ".join([_literal(listed), *(sql for sql, _ in fills.values())])
        with self._copying.inserting():
            self._copying.execute(
                f"INSERT INTO {_literal(self._quote(table))} ({_literal(into)}) "
                f"SELECT {told} FROM {_literal(self._quote(place))}",
                [value for _, values in fills.values() for value in values],
            )
        with self.connection.cursor() as cursor:
            for statement in self.connection.ops.sequence_reset_sql(no_style(), [model]):
                cursor.execute(statement)
        rows = self._copying.count(f"SELECT COUNT(*) FROM {self._quote(table)}")
        self._prove(archive, table, names, rows)
        return self._back(Returned(rows=rows))

    def _require_columns(self, archive: Archive, wanted: Sequence[str]) -> None:
        kept = {*archive.details["columns"], *archive.details.get("without", ())}
        other = kept ^ set(wanted)
        if other:
            raise ArchiveError(
                f"{archive.table} cannot come back from archive {archive.number}: it has other "
                f"columns than the step makes ({', '.join(sorted(other))}).",
                hint="With --no-restore the step is taken without it.",
            )

    def _prove(self, archive: Archive, table: str, names: Sequence[str], rows: int) -> None:
        """Every row of the copy is in the table, the same in every column."""
        key = archive.details["key"]
        if rows != archive.rows:
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
        if equal != rows:
            raise ArchiveError(
                f"{rows - equal} rows of {table} came back other than they were archived."
            )

    def count_born(self, archive: Archive, table: str) -> int:
        """Rows of the table by now that had no value when the column went."""
        absent = self._copying.absent(table, archive.place, self._keys(archive))
        return self._copying.count(f"SELECT COUNT(*) FROM {self._quote(table)} WHERE {absent}")

    def count_orphans(self, archive: Archive, table: str, target: str, target_column: str) -> int:
        """Values of rows that are still there, whose own target is gone."""
        if target not in self._backend.columns_of([target]):
            return 0  # it comes back later in the plan
        place, value = self._quote(archive.place), self._quote(VALUE)
        joined = self._copying.joined(table, archive.place, self._keys(archive))
        there = (
            f"SELECT 1 FROM {self._quote(target)} target "
            f"WHERE target.{self._quote(target_column)} = {place}.{value}"
        )
        return self._copying.count(
            f"SELECT COUNT(*) FROM {self._quote(table)} JOIN {place} ON {joined} "
            f"WHERE {place}.{value} IS NOT NULL AND NOT EXISTS ({there})"
        )

    def give_column(
        self, archive: Archive, table: str, column: str, *, fill: tuple[str, tuple[Any, ...]]
    ) -> Returned:
        """Into a column that takes NULL for now; ``fill``: SQL and its parameters, for the rows
        born since."""
        keys = self._keys(archive)
        copying, place = self._copying, archive.place
        self._index(archive)
        joined = copying.joined(table, place, keys)
        own, value = (
            f"{self._quote(table)}.{self._quote(column)}",
            f"{self._quote(place)}.{self._quote(VALUE)}",
        )
        source = f"{self._quote(table)} JOIN {self._quote(place)} ON {joined}"
        same, is_free = copying.same(own, value), f"{own} IS NULL"
        # Where the new column was there for others before this: what they wrote to it stays.
        with copying.inserting(), copying.held(table, place, also=self._ours()):
            edited = copying.count(
                f"SELECT COUNT(*) FROM {source} WHERE NOT ({is_free}) AND NOT ({same})"
            )
            if fill[0] != "NULL":
                born = f"NOT EXISTS (SELECT 1 FROM {self._quote(place)} WHERE {joined})"
                copying.execute(
                    f"UPDATE {_literal(self._quote(table))} SET {_literal(self._quote(column))} = "
                    f"{fill[0]} WHERE {_literal(f'{is_free} AND {born}')}",
                    fill[1],
                )
            put = copying.update_joined(table, place, keys, column=column, value=value)
            copying.execute(f"{put} AND {is_free}")
            there = copying.count(f"SELECT COUNT(*) FROM {source}")
            equal = copying.count(f"SELECT COUNT(*) FROM {source} WHERE {same}")
        rows = there - edited
        if rows != equal:
            raise ArchiveError(
                f"{rows - equal} values of {table}.{column} came back other than they were "
                "archived: the column holds something else by now."
            )
        gone = (archive.rows or 0) - there
        return self._back(Returned(rows=rows, gone=gone, edited=edited))

    @contextlib.contextmanager
    def give_values(
        self, archive: Archive, table: str, *, before: str, after: str
    ) -> Iterator[list[Returned]]:
        """The column is changed back inside; the list then holds what came back.

        Which values were written since is seen before, when both have the type that the step made:
        ``before`` and ``after`` are the column's names.
        """
        keys, copying, place = self._keys(archive), self._copying, archive.place
        self._index(archive)
        if UNTOUCHED not in self._backend.columns_of([place])[place]:
            copying.add_column(place, Extra(name=UNTOUCHED, type="integer"))
        own, new = (
            f"{self._quote(table)}.{self._quote(before)}",
            f"{self._quote(place)}.{self._quote(NEW_VALUE)}",
        )
        told: list[Returned] = []
        swapped = [(other, name) for name, other in keys]
        with copying.held(table, place, also=self._ours()):
            mark = copying.update_joined(place, table, swapped, column=UNTOUCHED, value="1")
            copying.execute(f"{mark} AND {copying.same(own, new)}")
            yield told
            value = f"{self._quote(place)}.{self._quote(VALUE)}"
            put = copying.update_joined(table, place, keys, column=after, value=value)
            with copying.inserting():
                copying.execute(f"{put} AND {self._quote(place)}.{self._quote(UNTOUCHED)} = 1")
            source = f"{self._quote(table)} JOIN {self._quote(place)} ON " + copying.joined(
                table, place, keys
            )
            there = copying.count(f"SELECT COUNT(*) FROM {source}")
            own = f"{self._quote(table)}.{self._quote(after)}"
            marked = f"{self._quote(place)}.{self._quote(UNTOUCHED)} = 1"
            rows = copying.count(f"SELECT COUNT(*) FROM {source} WHERE {marked}")
            equal = copying.count(
                f"SELECT COUNT(*) FROM {source} WHERE {marked} AND {copying.same(own, value)}"
            )
            if rows != equal:
                raise ArchiveError(
                    f"{rows - equal} values of {table}.{after} came back other than they were "
                    "archived."
                )
            told.append(Returned(rows=rows, gone=(archive.rows or 0) - there, edited=there - rows))
        self._back(told[0])

    def _index(self, archive: Archive) -> None:
        """Once: a way back that stopped may have made it."""
        if not archive.details.get("indexed"):
            self._copying.index(archive.place, [other for _, other in self._keys(archive)])
            self.catalogue.change(archive.number, details={**archive.details, "indexed": True})

    def _keys(self, archive: Archive) -> list[tuple[str, str]]:
        """Columns of the table, and of the copy."""
        return [(name, f"key_{n}") for n, name in enumerate(archive.details["key"], 1)]

    def _back(self, returned: Returned) -> Returned:
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

    # --- its life ---------------------------------------------------------------------------

    def home(self, archive: Archive) -> tuple[str, str, str] | None:
        if archive.place not in self._backend.columns_of([archive.place]):
            return None
        return archive.place, "" if archive.kind is Kind.TABLE else VALUE, ""

    def purge(self, archive: Archive) -> None:
        self.catalogue.change(archive.number, state=State.PURGING)
        self._copying.drop(archive.place)
        self.catalogue.change(archive.number, state=State.PURGED)


def place_of(number: int) -> str:
    return f"{PREFIX}{number}"


def _literal(sql: str) -> str:
    """Beside parameters."""
    return sql.replace("%", "%%")


def _is_generated(field: Any) -> bool:
    return bool(getattr(field, "generated", False))
