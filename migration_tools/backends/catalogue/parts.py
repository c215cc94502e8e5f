"""A schema as its engine's catalogue tells it, in parts that can be compared by what they mean."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

#: Tables, columns and databases of this app's own: no part of the project's schema.
OWN = ("_mt_", "migration_tools_")
ARCHIVE = "_mt_"
OWN_NAME = re.compile(r"(?<!\w)_mt_\d")


class Kind(enum.StrEnum):
    """In the order in which the parts of a table are told."""

    TABLE = "table"
    OPTION = "option"
    COLUMN = "column"
    PRIMARY_KEY = "primary key"
    UNIQUE = "unique"
    CHECK = "check"
    FOREIGN_KEY = "foreign key"
    EXCLUSION = "exclusion"
    INDEX = "index"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One column, constraint or index.

    ``definition``: the engine's own words, without the part's name. ``key``: what makes it the
    same part in another schema: a column's name; empty for what is only its definition.
    ``create`` and ``drop``: statements that make it in its table and take it away.
    ``attributes``: of a column, piece by piece, where it is altered so.
    """

    kind: Kind
    definition: str
    key: str = ""
    name: str = ""
    create: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """``create``: statements that make it, with all its parts but its foreign keys."""

    name: str
    parts: tuple[Part, ...]
    create: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """What Django never makes: a view, a trigger, an archive; or a table that nobody expects."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    tables: tuple[Table, ...]
    extras: tuple[Extra, ...] = ()

    def table(self, name: str) -> Table | None:
        return next((table for table in self.tables if table.name == name), None)


def is_own(name: str) -> bool:
    return name.startswith(OWN)


def archives(table: str, parts: Iterable[Part]) -> Iterator[Extra]:
    """What `migrate_safe` keeps: a table, or columns of one of the project's."""
    if table.startswith(ARCHIVE):
        yield Extra(kind="archive of migrate_safe", name=table)
    else:
        for part in parts:
            if part.kind is Kind.COLUMN and part.name.startswith(ARCHIVE):
                yield Extra(kind="archive of migrate_safe", name=f"{part.name} in {table}")


def of_the_project(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Without parked columns and what hangs on them."""
    return tuple(p for p in parts if not is_own(p.name) and not OWN_NAME.search(p.definition))
