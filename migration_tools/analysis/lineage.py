"""Where a table or column of a step is in the database today, and what became of its values.

A plan renames, creates and drops; the rows are where they are now. The lineage is fed with the
effects in the order in which they run and answers, at each moment, with today's names. What is
born in the plan has no origin and so nothing to lose.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from migration_tools.analysis import effects as fx
from migration_tools.columns import Column

#: Table -> its columns; None for a table that this user may not look at.
Today = Mapping[str, tuple[str, ...] | None]


@dataclass(slots=True)
class ColumnLine:
    """``value``: SQL of what the column holds by now, over today's columns; None if unknown.

    ``origin`` is None for a column born in the plan; ``missing`` if it should be in the database
    today and is not; ``assumed`` if nobody could look; ``uniform`` if all rows hold one value that
    is no NULL, known or not.
    """

    origin: str | None
    value: str | None
    missing: bool = False
    assumed: bool = False
    uniform: bool = False

    @property
    def is_born(self) -> bool:
        return self.origin is None and not self.missing


@dataclass(slots=True)
class TableLine:
    """``origin`` as for a column. ``columns``: those the plan touches, by their present name.

    ``key``: the name under which it is there, or was, folded."""

    origin: str | None
    missing: bool = False
    key: str = ""
    columns: dict[str, ColumnLine] = field(default_factory=dict)
    #: Columns of today that the plan has dropped so far.
    dropped: set[str] = field(default_factory=set)

    @property
    def is_born(self) -> bool:
        return self.origin is None and not self.missing


class Lineage:
    """Names now, at this moment of the plan -> names today.

    ``today``: table -> its columns, as introspected; a name that is not in it is missing. None
    without a database: then every name the plan did not make itself is taken to be there.
    ``fold_table`` and ``fold_column`` map names that the engine takes for the same (letter case)
    to one.
    """

    def __init__(
        self,
        today: Today | None,
        *,
        quote: Callable[[str], str],
        fold_table: Callable[[str], str] = str,
        fold_column: Callable[[str], str] = str,
    ) -> None:
        self._quote = quote
        self._fold = fold_table
        self._fold_column = fold_column
        self._today = None if today is None else {fold_table(table): table for table in today}
        self._columns = (
            None
            if today is None
            else {
                fold_table(table): {fold_column(name): name for name in columns}
                for table, columns in today.items()
                if columns is not None
            }
        )
        self._tables: dict[str, TableLine] = {}
        #: Names that were given up in the plan, for effects that still speak of the old one.
        self._former: dict[str, TableLine] = {}

    # --- questions --------------------------------------------------------------------------

    def table(self, name: str) -> TableLine:
        key = self._fold(name)
        if key not in self._tables:
            if key in self._former:
                return self._former[key]
            return self._put(key, self._table_of_today(name))
        return self._tables[key]

    def column(self, table: str, name: str) -> ColumnLine:
        line = self.table(table)
        key = self._fold_column(name)
        if key not in line.columns:
            line.columns[key] = self._column_of_today(line, name)
        return line.columns[key]

    def columns_of_today(self, table: str) -> tuple[str, ...]:
        """All that a table, by its name now, has in the database; empty if nobody could look."""
        origin = self.table(table).origin
        if origin is None or self._columns is None:
            return ()
        return tuple(self._columns.get(self._fold(origin), {}).values())

    def column_from(self, table: str, origin: str) -> ColumnLine | None:
        """The line of the column that has this name today; None for one that was dropped."""
        line = self.table(table)
        if origin in line.dropped:
            return None
        found = (column for column in line.columns.values() if column.origin == origin)
        return next(found, None) or self._column_of_today(line, origin)

    def is_alive(self, line: TableLine) -> bool:
        """Whether it was not dropped."""
        return self._tables.get(line.key) is line

    def exists_now(self, table: str) -> bool:
        """Whether a table of this name is there at this moment of the plan, as far as is known."""
        key = self._fold(table)
        if key in self._tables:
            return not self._tables[key].missing
        seen = self._columns is not None and key in self._columns
        return seen and key not in self._former and key in (self._today or {})

    def _table_of_today(self, name: str) -> TableLine:
        if self._today is None:
            return TableLine(origin=name)
        actual = self._today.get(self._fold(name))
        return TableLine(origin=actual, missing=actual is None)

    def _column_of_today(self, line: TableLine, name: str) -> ColumnLine:
        if line.is_born or line.missing or line.origin is None:
            return ColumnLine(origin=None, value=None, missing=line.missing)
        columns = (self._columns or {}).get(self._fold(line.origin))
        if columns is None:
            return ColumnLine(origin=name, value=self._quote(name), assumed=True)
        actual = columns.get(self._fold_column(name))
        if actual is None:
            return ColumnLine(origin=None, value=None, missing=True)
        return ColumnLine(origin=actual, value=self._quote(actual))

    # --- changes ----------------------------------------------------------------------------

    def follow(self, effect: fx.Effect) -> None:
        """Take note of what ``effect`` does to names; values are set by ``convert``."""
        match effect:
            case fx.TableCreated():
                key = self._fold(effect.table)
                self._former.pop(key, None)
                self._put(key, TableLine(origin=None))
            case fx.TableDropped():
                self._give_up(effect.table)
            case fx.TableRenamed():
                line = self._give_up(effect.table)
                self._put(self._fold(effect.new_table), line)
            case fx.ColumnAdded():
                self._born(effect.table, effect.column)
            case fx.ColumnDropped():
                if origin := self.column(effect.table, effect.column.name).origin:
                    self.table(effect.table).dropped.add(origin)
                self._forget(effect.table, effect.column.name)
            case fx.ColumnAltered() if effect.old.name != effect.new.name:
                moved = self.column(effect.table, effect.old.name)
                self._forget(effect.table, effect.old.name)
                self.table(effect.table).columns[self._fold_column(effect.new.name)] = moved
            case _:
                pass

    def convert(self, table: str, column: str, value: str | None, *, uniform: bool = False) -> None:
        """The column holds ``value`` from now on: SQL over today's columns, None if unknown."""
        line = self.column(table, column)
        line.value, line.uniform = value, uniform

    def _put(self, key: str, line: TableLine) -> TableLine:
        line.key = key
        self._tables[key] = line
        return line

    def _give_up(self, name: str) -> TableLine:
        line = self.table(name)
        key = self._fold(name)
        self._tables.pop(key, None)
        self._former[key] = line
        if self._today is not None:
            # The name is free from here on, until something takes it.
            self._today.pop(key, None)
        return line

    def _born(self, table: str, column: Column) -> None:
        self.table(table).columns[self._fold_column(column.name)] = ColumnLine(
            origin=None, value=None
        )

    def _forget(self, table: str, column: str) -> None:
        # A later column of this name is born in the plan; asking for this one is a mistake.
        self.table(table).columns[self._fold_column(column)] = ColumnLine(
            origin=None, value=None, missing=True
        )
