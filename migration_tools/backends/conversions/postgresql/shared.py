"""What the rules of PostgreSQL share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_tools.backends.conversions.rules import Change, Rules
from migration_tools.backends.conversions.stored import Family

if TYPE_CHECKING:
    from migration_tools.backends.postgresql import PostgreSQLBackend

WORDS = {
    word: frozenset({family})
    for word, family in {
        "smallint": Family.INTEGER,
        "integer": Family.INTEGER,
        "bigint": Family.INTEGER,
        "numeric": Family.DECIMAL,
        "double precision": Family.FLOAT,
        "boolean": Family.BOOLEAN,
        "varchar": Family.TEXT,
        "text": Family.TEXT,
        "citext": Family.TEXT,
        "date": Family.DATE,
        "timestamp with time zone": Family.DATETIME,
        "time": Family.TIME,
        "interval": Family.DURATION,
        "uuid": Family.UUID,
        "jsonb": Family.JSON,
        "bytea": Family.BINARY,
        "inet": Family.ADDRESS,
    }.items()
}

rules: Rules[PostgreSQLBackend] = Rules()


def written(change: Change[PostgreSQLBackend]) -> tuple[str, str]:
    """The text of the value in full, and as the new column keeps it."""
    full = f"({change.value})::text"
    return full, full if change.new.length is None else f"left({full}, {change.new.length})"
