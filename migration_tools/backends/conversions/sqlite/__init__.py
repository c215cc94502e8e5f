"""SQLite: the table is copied, and each value takes on the affinity of its new column.

Nothing is refused for its type and nothing is cut. What does not suit the new type stays, and
Django then reads something else than was meant, which is what ``misread`` is about here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_tools.backends.base import Conversion, Obstacle
from migration_tools.backends.conversions.rules import (
    CHANGED_TOO_OFTEN,
    LONGEST_EXPRESSION,
    Verdict,
    unknown,
)
from migration_tools.backends.conversions.sqlite.affinity import (
    NUMERIC,
    WHOLE,
    affinity,
    converted,
)
from migration_tools.backends.conversions.sqlite.misreading import misreading
from migration_tools.columns import Column

if TYPE_CHECKING:
    from migration_tools.backends.sqlite import SQLiteBackend


def judge(backend: SQLiteBackend, old: Column, new: Column, value: str) -> Conversion:
    if len(value) > LONGEST_EXPRESSION:
        return unknown(CHANGED_TOO_OFTEN)
    before, after = affinity(old), affinity(new)
    # Stripped of its own affinity, so that comparisons take the value as it is.
    plain = f"+{value} COLLATE BINARY" if old.collation else f"+{value}"
    kept = before == after or after == "BLOB" or {before, after} <= WHOLE
    there = plain if kept else converted(plain, after)
    verdict = Verdict(value=value if kept else there)
    # A number keeps its sign in every column, and the shorter condition is for people to read.
    block(verdict, there, value if before in NUMERIC else there, old, new)
    if not kept and not (before == "REAL" and after in WHOLE):
        back = converted(there, before)
        reason = {"TEXT": "turned into text", "REAL": "rounded to a float"}.get(after, "")
        verdict.lose(f"{back} <> {plain}", reason if before != "TEXT" else "turned into numbers")
    if misread := misreading(old, new, plain, there, kept=kept):
        verdict.misread(*misread)
    return verdict.conversion()


def is_rowid(column: Column) -> bool:
    """INTEGER PRIMARY KEY, in these very words, is the one type that SQLite enforces."""
    return column.primary_key and str(column.db_type).lower() == "integer"


def block(verdict: Verdict, there: str, signed: str, old: Column, new: Column) -> None:
    """The checks that Django puts on the column, and the type of a rowid."""
    if is_rowid(new) and not is_rowid(old):
        no_rowid = f"typeof({there}) NOT IN ('integer', 'null')"
        verdict.block(no_rowid, "are not whole numbers", Obstacle.NOT_CONVERTIBLE)
    if new.db_check and new.is_positive and not (old.is_positive and old.db_check):
        verdict.block(f"{signed} < 0", "are below 0", Obstacle.CHECK)
    if new.db_check and new.type == "JSONField" and old.type != "JSONField":
        invalid = f"{there} IS NOT NULL AND NOT json_valid({there})"
        verdict.block(invalid, "are not JSON", Obstacle.CHECK)
