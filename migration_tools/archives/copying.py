"""Archives by copy: a table of the archive's own, filled by the engine before something goes.

The copy is complete, and the catalogue says so, before the statement that destroys: in the same
transaction, or under the same lock.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from migration_tools import journal
from migration_tools.archives.catalogue import PREFIX, TABLE, Archive, Catalogue, Kind, State
from migration_tools.backends import for_connection
from migration_tools.backends.copying import Extra, copying_for

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

#: Columns of a copy of values; their own names could be the same as one of these.
VALUE, NEW_VALUE = "value", "new_value"
#: What the engine makes of a value when its column is given another type.
CONVERTED = "converted"


class CopiedArchives:
    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.catalogue = Catalogue(connection)
        self._backend = for_connection(connection)
        self._copying = copying_for(connection)
        self._quote = self._copying.quote

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
        self,
        number: int,
        table: str,
        column: str,
        where: str,
        *,
        new: tuple[str, str],
        also: Sequence[str] = (),
    ) -> Iterator[int]:
        """The column may be changed inside; yields how many values were copied, those for which
        ``where`` is true. ``new``: its name and type afterwards. ``also``: tables that are needed
        meanwhile."""
        key = self._backend.primary_key_of(table)
        source = f"{self._quote(table)} WHERE {where}"
        select = f"{self._selected(key, column)} FROM {source}"
        extra = Extra(name=NEW_VALUE, type=new[1])
        with self._keep(number, table, select, {"key": list(key)}, extra, also) as rows:
            yield rows
            place = place_of(number)
            value = f"{self._quote(table)}.{self._quote(new[0])}"
            keys = [(f"key_{n}", name) for n, name in enumerate(key, 1)]
            fill = self._copying.update_joined(place, table, keys, column=NEW_VALUE, value=value)
            self._know_new_values(number, fill)

    def complete_values(self, archive: Archive, declared: str) -> None:
        """The column got its new type, and the run stopped before it could read what the values
        have become. They may have been written since: the engine changes those of the copy, too."""
        if archive.details.get("complete"):
            return
        place = self._quote(archive.place)
        self._copying.convert(
            archive.place, VALUE, Extra(name=CONVERTED, type=declared), where="TRUE"
        )
        fill = f"UPDATE {place} SET {self._quote(NEW_VALUE)} = {self._quote(CONVERTED)}"
        self._know_new_values(archive.number, fill)

    def _know_new_values(self, number: int, fill: str) -> None:
        archive = self.catalogue.get(number)
        known = archive.details if archive else {}
        with self._copying.whole():
            with self._copying.inserting():
                self._copying.execute(fill)
            self.catalogue.change(number, details={**known, "complete": True})

    def changes_type(self, statements: Sequence[str]) -> bool:
        return any(map(self._copying.changes_type, statements))

    def _selected(self, key: Sequence[str], column: str) -> str:
        told = [
            f"{self._quote(name)} AS {self._quote(f'key_{n}')}" for n, name in enumerate(key, 1)
        ]
        return f"SELECT {', '.join([*told, f'{self._quote(column)} AS {self._quote(VALUE)}'])}"

    @contextlib.contextmanager
    def _keep(
        self,
        number: int,
        table: str,
        select: str,
        details: dict[str, Any],
        extra: Extra | None,
        also: Sequence[str] = (),
    ) -> Iterator[int]:
        place = place_of(number)
        archive = self.catalogue.get(number)
        known = archive.details if archive else {}
        self.catalogue.change(number, place=place, details={**known, **details})
        needed = (*own_tables(self.connection), *also)
        with self._copying.copied(place, select, table=table, extra=extra, also=needed):
            rows = self._copying.count(f"SELECT COUNT(*) FROM {self._quote(place)}")
            self.catalogue.change(number, state=State.KEPT, rows=rows)
            yield rows

    def discard(self, number: int) -> None:
        """What was to go is still there, whole, on an engine that takes nothing back by itself."""
        self._copying.drop(place_of(number))
        self.catalogue.change(number, state=State.PURGED)

    # --- its life ---------------------------------------------------------------------------

    def home(self, archive: Archive) -> tuple[str, str, str] | None:
        if archive.place not in self._backend.columns_of([archive.place]):
            return None
        return archive.place, "" if archive.kind is Kind.TABLE else VALUE, ""

    def purge(self, archive: Archive) -> None:
        self.catalogue.change(archive.number, state=State.PURGING)
        self._copying.drop(archive.place)
        self.catalogue.change(archive.number, state=State.PURGED)


def own_tables(connection: BaseDatabaseWrapper) -> tuple[str, ...]:
    """What is written down while something is copied; not every run has a journal."""
    return tuple(for_connection(connection).columns_of([TABLE, *journal.TABLES]))


def place_of(number: int) -> str:
    return f"{PREFIX}{number}"
