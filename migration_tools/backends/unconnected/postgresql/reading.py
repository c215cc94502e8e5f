"""What PostgreSQL does by itself: the names that it gives, and what goes with a column."""

from __future__ import annotations

from migration_tools.backends.catalogue.parts import Kind
from migration_tools.backends.unconnected.memory import Column, Constraint, MemoryTable
from migration_tools.backends.unconnected.reading import Reader
from migration_tools.backends.unconnected.text import Unread, Words, names_in

LONGEST = 63


class PostgreSQLReader(Reader):
    escapes = False

    def quote(self, name: str) -> str:
        return '"' + name.replace('"', '""') + '"'

    def other(self, words: Words) -> None:
        if words.accept("COMMENT", "ON", "TABLE"):
            table = self.memory.tables[words.name()]
            words.accept("IS")
            table.comment = _comment(words)
        elif words.accept("COMMENT", "ON", "COLUMN"):
            self._column_comment(words)
        elif words.accept("ALTER", "INDEX"):
            words.accept("IF", "EXISTS")
            old = words.name()
            owner = self.memory.owner_of(old)
            if owner is None or not words.accept("RENAME", "TO"):
                raise Unread(old)
            self.memory.rename_constraint(owner, old, words.name())
        else:
            super().other(words)

    def _column_comment(self, words: Words) -> None:
        before = words.until(frozenset(["IS"]))
        table, column = names_in(before)[-2:]
        words.accept("IS")
        self.memory.tables[table].columns[column].comment = _comment(words)

    def other_change(self, table: MemoryTable, words: Words) -> None:
        if not words.accept("SET", "TABLESPACE"):
            super().other_change(table, words)

    def identity(self, table: MemoryTable, column: Column) -> None:
        column.auto = True
        column.sequence = self.made_up(table.name, column.name, "seq")

    def column_check(self, table: MemoryTable, column: Column, expression: str) -> None:
        check = Constraint(
            name=self.made_up(table.name, column.name, "check"),
            kind=Kind.CHECK,
            columns=names_in(expression),
            text=expression,
        )
        self.add(table, check)

    def primary_name(self, table: MemoryTable, name: str) -> str:
        return name or self.made_up(table.name, "", "pkey")

    def unique_name(self, table: MemoryTable, column: str) -> str:
        return self.made_up(table.name, column, "key")

    def made_up(self, table: str, column: str, label: str) -> str:
        """As the server does: the longer of the two names is cut, a number makes it another."""
        taken = {constraint.name for _, constraint in self.memory.constraints()}
        number = 0
        while True:
            end = f"_{label}{number or ''}"
            name = _cut(table, column, LONGEST - len(end)) + end
            if name not in taken:
                return name
            number += 1


def _cut(table: str, column: str, room: int) -> str:
    """Lengths are of bytes; one that would end within a letter is left shorter still."""
    first, second = table.encode(), column.encode()
    room -= 1 if second else 0
    while len(first) + len(second) > room:
        if len(first) > len(second):
            first = first[:-1]
        else:
            second = second[:-1]
    told = [piece.decode(errors="ignore") for piece in (first, second) if piece]
    return "_".join(told)


def _comment(words: Words) -> str:
    told = words.rest()
    return "" if told.upper() in ("NULL", "''") else told
