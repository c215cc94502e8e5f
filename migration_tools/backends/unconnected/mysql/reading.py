"""What MySQL and MariaDB do by themselves: indexes for foreign keys, names of checks, MODIFY."""

from __future__ import annotations

import re

from migration_tools.backends.catalogue.parts import Kind
from migration_tools.backends.unconnected.memory import Column, Constraint, Memory, MemoryTable
from migration_tools.backends.unconnected.reading import STOPS, Reader
from migration_tools.backends.unconnected.text import Words, names_in

KEYS = (Kind.INDEX, Kind.UNIQUE, Kind.PRIMARY_KEY)


class MySQLReader(Reader):
    #: A check that came with its column is part of the column, as MariaDB has it.
    checks_with_columns = False

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory)
        self.numbers: dict[str, int] = {}

    def quote(self, name: str) -> str:
        return "`" + name.replace("`", "``") + "`"

    def index_kind(self, unique: bool) -> Kind:
        return Kind.UNIQUE if unique else Kind.INDEX

    def primary_name(self, table: MemoryTable, name: str) -> str:
        return "PRIMARY"

    def unique_name(self, table: MemoryTable, column: str) -> str:
        name, number = column, 1
        while name in table.constraints:
            number += 1
            name = f"{column}_{number}"
        return name

    def column_check(self, table: MemoryTable, column: Column, expression: str) -> None:
        if self.checks_with_columns:
            column.check = expression
            return
        number = self.numbers[table.name] = self.numbers.get(table.name, 0) + 1
        name = f"{table.name}_chk_{number}"
        columns = names_in(expression)
        self.add(table, Constraint(name=name, kind=Kind.CHECK, columns=columns, text=expression))

    def rename_table(self, old: str, new: str) -> None:
        """Names that the engine has made up follow their table."""
        super().rename_table(old, new)
        self.numbers[new] = self.numbers.pop(old, 0)
        table = self.memory.tables[new]
        for name in list(table.constraints):
            if re.fullmatch(rf"{re.escape(old)}_chk_\d+", name):
                self.memory.rename_constraint(table, name, new + name[len(old) :])

    def other_change(self, table: MemoryTable, words: Words) -> None:
        if words.accept("MODIFY") or words.accept("CHANGE"):
            words.accept("COLUMN")
            self._modify(table, words)
        elif words.accept("COMMENT"):
            words.accept("=")
            told = words.rest()
            table.comment = "" if told == "''" else told
        else:
            super().other_change(table, words)

    def _modify(self, table: MemoryTable, words: Words) -> None:
        """Whatever is not said is gone afterwards."""
        name = words.name()
        if words.peek()[:1] == "`":
            new = words.name()
            self.memory.rename_column(table, name, new)
            name = new
        column = Column(name=name, type=words.until(STOPS))
        primary = table.first(Kind.PRIMARY_KEY)
        column.null = not (primary and name in primary.columns)
        table.columns[name] = column
        self._attributes(table, column, words)

    # --- constraints ------------------------------------------------------------------------

    def add(self, table: MemoryTable, constraint: Constraint) -> None:
        """A foreign key needs an index; one that the engine has made goes when it has another."""
        if constraint.kind is Kind.FOREIGN_KEY:
            self._add_key(table, constraint)
            return
        super().add(table, constraint)
        if constraint.kind in KEYS and not constraint.expressions:
            for other in _leading(table, constraint.columns, shorter=True):
                if other.implicit:
                    _drop_implicit(table, other)

    def _add_key(self, table: MemoryTable, key: Constraint) -> None:
        covering = _leading(table, key.columns, shorter=False)
        if all(other.implicit for other in covering):
            for other in covering:
                _drop_implicit(table, other)
            key.implicit = True
        super().add(table, key)

    def drop_constraint(self, table: MemoryTable, name: str) -> None:
        """The index of a foreign key stays without it."""
        gone = table.constraints.pop(name, None)
        if gone is None and self.checks_with_columns and name in table.columns:
            table.columns[name].check = ""
        elif gone and gone.kind is Kind.FOREIGN_KEY and gone.implicit:
            left = Constraint(name=name, kind=Kind.INDEX, columns=gone.columns, implicit=True)
            left.text = self._list(gone.columns)
            table.constraints[name] = left

    def drop_column(self, table: MemoryTable, name: str) -> None:
        """An index goes on with the columns that are left."""
        del table.columns[name]
        for constraint in list(table.constraints.values()):
            if name not in constraint.columns:
                continue
            constraint.columns = [column for column in constraint.columns if column != name]
            if constraint.columns and constraint.kind in KEYS and not constraint.expressions:
                constraint.text = self._list(constraint.columns)
            else:
                del table.constraints[constraint.name]


def _leading(table: MemoryTable, columns: list[str], *, shorter: bool) -> list[Constraint]:
    """Indexes that begin with these columns, or that these columns begin with."""
    found = []
    for constraint in table.constraints.values():
        if constraint.kind not in KEYS and not constraint.implicit:
            continue
        own = constraint.columns
        count = len(own) if shorter else len(columns)
        if own[:count] == columns[:count] and len(own) >= count and not constraint.expressions:
            found.append(constraint)
    return found


def _drop_implicit(table: MemoryTable, constraint: Constraint) -> None:
    if constraint.kind is Kind.FOREIGN_KEY:
        constraint.implicit = False
    else:
        table.constraints.pop(constraint.name, None)
