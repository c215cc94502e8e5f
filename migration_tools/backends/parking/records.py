"""What is written down of a parked table or column, enough to bring it back as it was."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


class CannotPark(Exception):
    """The thing has to be copied; the message continues "is copied, ..." and nothing was done."""


class PartKind(enum.StrEnum):
    INDEX = "index"
    SEQUENCE = "sequence"
    FOREIGN_KEY = "foreign key"
    CONSTRAINT = "constraint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Something that hangs on what is parked, and whose name must be free meanwhile.

    ``table``: whose it is, quoted. ``definition``: the statement that makes it again.
    ``parked_name``: under which it is kept; None if it is dropped and made again. ``columns``,
    ``target`` (quoted) and ``target_columns`` are a foreign key's.
    """

    kind: PartKind
    table: str
    name: str
    definition: str = ""
    parked_name: str | None = None
    columns: tuple[str, ...] = ()
    target: str = ""
    target_columns: tuple[str, ...] = ()

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Part:
        lists = {name: tuple(given[name]) for name in ("columns", "target_columns")}
        return cls(**{**given, **lists, "kind": PartKind(given["kind"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A table (``column`` is None) or a column, before it is parked as archive ``number``.

    ``identity``: what the engine calls it for itself, whatever its name; empty where it cannot be
    asked. ``spare_default``: a column that stays NOT NULL has been given some default.
    """

    number: int
    table: str
    column: str | None = None
    type: str = ""
    is_nullable: bool = True
    default: str | None = None
    spare_default: str | None = None
    marker: str | None = None
    parked_name: str
    parts: tuple[Part, ...] = ()
    identity: tuple[int, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Parked:
        parts = tuple(map(Part.from_dict, given["parts"]))
        return cls(**{**given, "parts": parts, "identity": tuple(given["identity"])})

    @property
    def kept(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.parked_name is not None)

    @property
    def dropped(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.parked_name is None)


class OrphansFound(Exception):
    """A foreign key that was dropped cannot be made again."""

    def __init__(self, part: Part, rows: int) -> None:
        super().__init__(f"{rows} rows of {part.table} lead nowhere in {part.target}")
        self.part = part
        self.rows = rows


class Name(enum.StrEnum):
    """The kinds of names that a statement can be judged by."""

    TABLE = "table"
    COLUMN = "column"
    INDEX = "index"
    CONSTRAINT = "constraint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Whether a name is there; ``table`` is quoted, and empty for a table itself."""

    kind: Name
    table: str = ""
    name: str
    there: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of the way, and what must hold for it to have anything left to do.

    A way that was interrupted is gone again from its beginning: what is done already is seen by
    the names. ``parameters`` of None means that a percent sign is one.
    """

    sql: str
    parameters: tuple[Any, ...] | None = None
    when: tuple[Look, ...] = ()
    #: Instead, where the engine refuses the quick way; without one the thing cannot be parked.
    otherwise: str = ""
    #: A foreign key that the engine does not check; its orphans are counted after it.
    unchecked: Part | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """What rows born meanwhile get: a value for the driver, or the column's own default."""

    value: Any = None
    is_default: bool = False
