"""What hangs on a table besides its columns, and what becomes of it when the table is changed."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """One that is in the database today. ``referred_columns`` may be empty: the primary key."""

    table: str
    columns: tuple[str, ...]
    referred: str
    referred_columns: tuple[str, ...]
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """``rows`` is None where the key itself is broken and no row of its table passes."""

    key: ForeignKey
    rows: int | None
    #: A condition over the key's table, or "" where rows cannot be told apart by one.
    listing: str = ""


class Kind(enum.StrEnum):
    """In the words of a report: "view v", "check constraint c"."""

    VIEW = "view"
    RULE = "rule"
    TRIGGER = "trigger"
    POLICY = "policy"
    INDEX = "index"
    UNIQUE = "unique constraint"
    CHECK = "check constraint"
    GENERATED = "generated column"
    FOREIGN_KEY = "foreign key"  # from the table to another
    INCOMING_KEY = "foreign key to it"  # from another table
    OTHER = "object"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependant:
    """``columns``: those of ``table`` that it uses; empty if it uses the table as a whole."""

    kind: Kind
    name: str
    table: str
    columns: tuple[str, ...] = ()


class Act(enum.StrEnum):
    DROP_TABLE = "drop table"
    DROP_COLUMN = "drop column"
    CHANGE_TYPE = "change type"
    RENAME_COLUMN = "rename column"
    RENAME_TABLE = "rename table"
    REMAKE = "remake"  # the table is made anew, and its rows copied


class Outcome(enum.StrEnum):
    REFUSED = "refused"  # the statement fails
    DROPPED = "dropped"  # it goes along, without a word
    BROKEN = "broken"  # it stays, and fails when it is used
    CHECKED = "checked"  # its rows are looked at when the step ends


Outcomes = Mapping[tuple[Act, Kind], Outcome]
