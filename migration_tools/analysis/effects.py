"""What a step does to tables and columns, as facts that are the same on every engine.

Everything that compares is engine-neutral and stable between processes, so that a fingerprint
over effects holds on any machine. What only measuring needs (SQL of one engine) does not compare.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass, field

from migration_tools.analysis.asked_models import Asked
from migration_tools.columns import Column


class Role(enum.StrEnum):
    """What a table is to the project's models."""

    MODEL = "model"
    CHILD = "child"  # of multi-table inheritance: the parent's rows are elsewhere
    M2M = "many-to-many"  # made by Django for a ManyToManyField
    THROUGH = "through"  # a model that a ManyToManyField names as its through


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCreated:
    table: str
    columns: tuple[Column, ...]
    model: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDropped:
    """``links_of``: the many-to-many field that it was made for ("Cars.Owner.cars")."""

    table: str
    model: str  # "Cars.Owner"
    role: Role
    columns: tuple[Column, ...]
    links_of: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRenamed:
    """``links``: of a many-to-many field; some engines copy its rows to a new table instead."""

    table: str
    new_table: str
    links: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnAdded:
    """``computed``: SQL of a stored generated column, over marked columns, and its divisors.
    ``bases``: the columns that a generated one is of."""

    table: str
    column: Column
    model: str = field(default="", compare=False)
    computed: str | None = field(default=None, compare=False)
    divisors: tuple[str, ...] = field(default=(), compare=False)
    bases: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDropped:
    """``key``: the fields of the primary key."""

    table: str
    column: Column
    model: str = field(default="", compare=False)
    key: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnAltered:
    """``implied``: a foreign key's column that follows the primary key it points to."""

    table: str
    old: Column
    new: Column
    implied: bool = False
    model: str = field(default="", compare=False)
    key: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UniqueAdded:
    """``parts`` are columns, or SQL expressions with marked columns (see ``marked``)."""

    table: str
    name: str
    columns: tuple[str, ...]
    condition: str = ""  # the Q object as text, for the fingerprint
    nulls_distinct: bool = True
    made: bool = field(default=True, compare=False)  # False: the engine silently makes none
    inline: bool = field(default=False, compare=False)  # part of the table, not only an index
    parts: tuple[str, ...] | None = field(default=None, compare=False)
    where: str | None = field(default=None, compare=False)
    indexed: tuple[Column, ...] = field(default=(), compare=False)  # empty for expressions
    divisors: tuple[str, ...] = field(default=(), compare=False)  # of its expressions


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAdded:
    table: str
    name: str
    condition: str
    made: bool = field(default=True, compare=False)
    # SQL that a row must satisfy, its columns marked; None where no database could be asked.
    predicate: str | None = field(default=None, compare=False)


Rule = UniqueAdded | CheckAdded


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstraintAdded:
    """A constraint of a class of its own (an exclusion constraint, a third party's)."""

    table: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstraintRemoved:
    """``columns`` where it has no name that is known; ``inline`` as for UniqueAdded."""

    table: str
    name: str
    columns: tuple[str, ...] = field(default=(), compare=False)
    inline: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexChanged:
    table: str
    name: str
    change: str  # "added", "removed", "renamed"
    # As for UniqueAdded.
    made: bool = field(default=True, compare=False)
    where: str | None = field(default=None, compare=False)
    indexed: tuple[Column, ...] = field(default=(), compare=False)
    divisors: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOptionChanged:
    table: str
    option: str  # "comment", "tablespace"


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlExecuted:
    """A statement of one of Django's own operations that touches no rows (an extension, ...)."""

    sql: str


class OpaqueKind(enum.StrEnum):
    PYTHON = "python"  # RunPython
    SQL = "sql"  # RunSQL, or execute() in a custom operation
    CURSOR = "cursor"  # an operation that opens a cursor of its own
    OVERRIDDEN = "overridden"  # a Migration with its own apply() or unapply()
    FAILED = "failed"  # recording it raised


@dataclass(frozen=True, slots=True, kw_only=True)
class Opaque:
    """A part of a step that recording cannot see through; it may do anything to any row."""

    kind: OpaqueKind
    detail: str
    where: str = field(default="", compare=False)  # file and line, where it is code
    reason: str = field(default="", compare=False)  # why SQL could not be read
    asked: Asked = field(default=Asked(), compare=False)  # of Python code


class Constant(enum.StrEnum):
    """The kind of a value that a statement gives to every row alike."""

    NULL = "null"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsDeleted:
    """``condition``: SQL with marked columns; empty for all rows."""

    table: str
    condition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuesSet:
    """``condition`` as for RowsDeleted; ``constant`` if the value does not depend on the row."""

    table: str
    column: str
    value: str
    constant: Constant | None
    condition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsInserted:
    table: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMade:
    table: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRemoved:
    table: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMade:
    """``filled``: its default gives it values."""

    table: str
    column: str
    filled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnRemoved:
    table: str
    column: str


Act = RowsDeleted | ValuesSet | RowsInserted | TableMade | TableRemoved | ColumnMade | ColumnRemoved


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlRead:
    """A statement that the project wrote and that could be read; ``acts``: all that it does.

    ``returns``: the reverse, as Django would run it, may bring some of it back.
    """

    sql: str
    acts: tuple[Act, ...] = field(compare=False)
    returns: bool = field(default=True, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Irreversible:
    """This operation has no way back; Django would stop here."""

    detail: str
    where: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingUndone:
    """This operation's reverse is to do nothing; what it did stays as it is."""

    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Impossible:
    """Django itself refuses this operation when it comes to it.

    ``by_migration``: no operation is refused, its class refuses to be applied at all.
    """

    table: str
    detail: str
    where: str = field(default="", compare=False)
    by_migration: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WayInBroken:
    """The way back leaves what can be built; what it has taken back cannot be applied again."""

    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StateBroken:
    """A key to a model that is not there: Django cannot build the models with it."""

    detail: str


Effect = (
    TableCreated
    | TableDropped
    | TableRenamed
    | ColumnAdded
    | ColumnDropped
    | ColumnAltered
    | UniqueAdded
    | CheckAdded
    | ConstraintAdded
    | ConstraintRemoved
    | IndexChanged
    | TableOptionChanged
    | SqlExecuted
    | SqlRead
    | Opaque
    | Irreversible
    | NothingUndone
    | Impossible
    | StateBroken
    | WayInBroken
)

# SQL that a step's model compiled to names that step's columns; lineage replaces them by today's.
MARK = "\N{LEFT CEILING}%s\N{RIGHT CEILING}"


def marked(column: str) -> str:
    """A stand-in for ``column`` inside compiled SQL, replaced by ``unmark`` later."""
    return MARK % column


def tables_of(effect: Effect) -> Iterator[str]:
    """The names of tables that it speaks of."""
    for part in effect.acts if isinstance(effect, SqlRead) else (effect,):
        for attribute in ("table", "new_table"):
            if name := getattr(part, attribute, ""):
                yield str(name)
