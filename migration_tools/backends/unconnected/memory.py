"""What a database without a server would hold: tables, columns and constraints, by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from migration_tools.backends.catalogue.parts import Kind
from migration_tools.backends.unconnected.text import renamed


@dataclass(slots=True, kw_only=True)
class Column:
    """Texts are as Django writes them. ``check``: where one is kept with its column."""

    name: str
    type: str
    collation: str = ""
    default: str = ""
    generated: str = ""
    auto: bool = False
    null: bool = True
    comment: str = ""
    check: str = ""
    sequence: str = ""


@dataclass(slots=True, kw_only=True)
class Constraint:
    """A constraint or index. ``text``: its SQL without its name, of a foreign key what follows.

    ``columns``: those it names, also inside expressions. ``implicit``: made by the engine for a
    foreign key.
    """

    name: str
    kind: Kind
    columns: list[str]
    text: str = ""
    unique: bool = False
    target: str = ""
    target_columns: list[str] = field(default_factory=list)
    expressions: bool = False
    implicit: bool = False


@dataclass(slots=True, kw_only=True)
class MemoryTable:
    name: str
    columns: dict[str, Column] = field(default_factory=dict)
    constraints: dict[str, Constraint] = field(default_factory=dict)
    comment: str = ""

    def first(self, kind: Kind) -> Constraint | None:
        return next((c for c in self.constraints.values() if c.kind is kind), None)


class Memory:
    """``unread``: statements whose effect is not in here. ``rows``: of Django's table of steps."""

    def __init__(self) -> None:
        self.tables: dict[str, MemoryTable] = {}
        self.unread: list[str] = []
        self.rows: list[tuple[str, str]] = []
        self.moving_collations: set[str] = set()

    def constraints(self) -> Iterator[tuple[MemoryTable, Constraint]]:
        for table in self.tables.values():
            for constraint in list(table.constraints.values()):
                yield table, constraint

    def owner_of(self, name: str) -> MemoryTable | None:
        return next((t for t, c in self.constraints() if c.name == name), None)

    def rename_table(self, old: str, new: str) -> None:
        table = self.tables.pop(old)
        table.name = new
        self.tables[new] = table
        for _, constraint in self.constraints():
            if constraint.target == old:
                constraint.target = new

    def drop_table(self, name: str) -> None:
        self.tables.pop(name, None)
        for table, constraint in self.constraints():
            if constraint.target == name:
                del table.constraints[constraint.name]

    def rename_column(self, table: MemoryTable, old: str, new: str) -> None:
        def told(text: str) -> str:
            return renamed(text, old, new)

        table.columns = {new if name == old else name: c for name, c in table.columns.items()}
        for column in table.columns.values():
            column.name = new if column.name == old else column.name
            column.check, column.generated = told(column.check), told(column.generated)
        for constraint in table.constraints.values():
            constraint.columns = [new if name == old else name for name in constraint.columns]
            if constraint.kind is not Kind.FOREIGN_KEY:
                constraint.text = told(constraint.text)
        for _, constraint in self.constraints():
            if constraint.target == table.name:
                names = constraint.target_columns
                constraint.target_columns = [new if name == old else name for name in names]

    def rename_constraint(self, table: MemoryTable, old: str, new: str) -> None:
        table.constraints = {
            new if name == old else name: c for name, c in table.constraints.items()
        }
        table.constraints[new].name = new
