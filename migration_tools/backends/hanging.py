"""What hangs on a table besides its columns, and what becomes of it when the table is changed."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


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
    DEFAULT = "default"
    COMMENT = "comment"
    FOREIGN_KEY = "foreign key"  # from the table to another
    INCOMING_KEY = "foreign key to it"  # from another table
    OTHER = ""  # its name says what it is


#: Those that migrations make as well; by hand only if the history does not know their name.
MADE_BY_DJANGO = frozenset({Kind.INDEX, Kind.UNIQUE, Kind.CHECK})


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
    REDEFINE = "redefine"  # type, NULL or collation: the column is written down anew
    RENAME_COLUMN = "rename column"
    RENAME_TABLE = "rename table"
    REMAKE = "remake"  # the table is made anew, and its rows copied


class Outcome(enum.StrEnum):
    REFUSED = "refused"  # the statement fails
    DROPPED = "dropped"  # it goes along, without a word
    SHRUNK = "shrunk"  # it stays, without the column
    BROKEN = "broken"  # it stays, and fails when it is used
    CHECKED = "checked"  # its rows are looked at when the step ends


class Trial(Protocol):
    """A copy of the schema, without rows, on which a plan is tried; each answers with the error.

    An empty answer: it works. Names are those of the moment.
    """

    def create(self, table: str, columns: Sequence[str]) -> str: ...
    def drop(self, table: str) -> str: ...
    def rename(self, table: str, new: str) -> str: ...
    def add_column(self, table: str, column: str) -> str: ...
    def drop_column(self, table: str, column: str) -> str: ...
    def rename_column(self, table: str, column: str, new: str) -> str: ...
    def remake(
        self, table: str, columns: Mapping[str, str | None], is_known: Callable[[str], bool]
    ) -> str:
        """``columns``: old name or "" -> new name or None, of those that change. ``is_known``: of
        an index, by its name: it is made again."""
        ...

    def drop_index(self, name: str) -> str: ...
    def drop_unique(self, table: str, columns: Sequence[str]) -> str: ...
    def run(self, statement: str) -> str: ...
    def broken_views(self) -> frozenset[str]: ...
    def close(self) -> None: ...
