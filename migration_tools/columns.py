"""What a migration step knows of a column, said without any vendor's words."""

from __future__ import annotations

import dataclasses
import enum
from dataclasses import dataclass
from typing import Any


class Default(enum.StrEnum):
    """What fills the rows that are there when Django adds this column or forbids NULL in it."""

    NONE = "none"
    VALUE = "value"
    CALLED = "called"  # a callable: the value is known only when it runs
    EMPTY = "empty"  # Django's own "" for text that may be blank
    NOW = "now"  # auto_now, auto_now_add
    DATABASE = "database"  # db_default: the engine computes it


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The column that a foreign key points to."""

    table: str
    column: str
    constraint: bool  # False where db_constraint=False: nothing is enforced


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column at one moment of the history.

    ``type`` is Django's internal type of what is stored ("DecimalField"); for a foreign key that
    of its target. ``kind`` is the field's own internal type ("ForeignKey"). Fields that compare
    are the same on every engine and every Django version, so that a fingerprint made on one
    machine holds on another; the rest serve measuring and messages.
    """

    name: str
    field: str
    type: str
    kind: str
    max_length: int | None = None
    max_digits: int | None = None
    decimal_places: int | None = None
    null: bool = False
    unique: bool = False
    primary_key: bool = False
    indexed: bool = False
    generated: bool = False
    default: Default = Default.NONE
    collation: str | None = None
    references: Reference | None = None
    # Not compared. What the connection calls the type, and the check it puts on the column
    # (PositiveIntegerField); None where no database could be asked.
    db_type: str | None = dataclasses.field(default=None, compare=False)
    db_check: str | None = dataclasses.field(default=None, compare=False)
    # What the engine itself fills in: "", "constant" or "expression".
    db_default: str = dataclasses.field(default="", compare=False)
    comment: str | None = dataclasses.field(default=None, compare=False)
    # A static default; callables are never called by an analysis.
    default_value: Any = dataclasses.field(default=None, compare=False)

    @property
    def is_text(self) -> bool:
        return self.type in TEXT_TYPES

    @property
    def is_integer(self) -> bool:
        return self.type in INTEGER_TYPES

    @property
    def is_positive(self) -> bool:
        return self.type in POSITIVE_TYPES


POSITIVE_TYPES = frozenset(
    {"PositiveSmallIntegerField", "PositiveIntegerField", "PositiveBigIntegerField"}
)
INTEGER_TYPES = POSITIVE_TYPES | {
    "SmallIntegerField",
    "IntegerField",
    "BigIntegerField",
    "SmallAutoField",
    "AutoField",
    "BigAutoField",
}
TEXT_TYPES = frozenset({"CharField", "SlugField", "FileField", "FilePathField", "TextField"})
