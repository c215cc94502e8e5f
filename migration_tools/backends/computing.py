"""What a generated column is computed to, tried by a query: what fails, and what would not fit.

The expression is the project's own. It is asked of the rows as they are, in a query that writes
nothing; its answers are thrown away.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from django.db import DataError

from migration_tools.backends.conversions.stored import Family, stored

if TYPE_CHECKING:
    from migration_tools.backends.base import Backend
    from migration_tools.columns import Column

#: Longer than that nobody waits for it; then nothing is said.
SECONDS = 10.0
#: Of MySQL's and MariaDB's warnings in a query, those that are errors where a row is written:
#: a value out of range, cut, divided by zero, or not of its type.
ERRORS_WHEN_WRITTEN = frozenset({1264, 1265, 1292, 1365, 1366, 1411})
LEVEL, CODE, MESSAGE = range(3)


def raised(backend: Backend, table: str, expression: str, where: str) -> str:
    """The engine's own error, "" if there is none; any but one of data is none of the rows'."""
    try:
        with _asked(backend, f"COUNT({expression})", table, where):
            return ""
    except DataError as error:
        return str(error.args[-1]).partition("\n")[0]


def warned(backend: Backend, table: str, expression: str, where: str) -> str:
    """As ``raised``, of engines that only warn while a row is read."""
    try:
        with _asked(backend, f"MAX({expression})", table, where) as cursor:
            cursor.execute("SHOW WARNINGS")
            found = [row[MESSAGE] for row in cursor if row[CODE] in ERRORS_WHEN_WRITTEN]
    except DataError as error:
        return str(error.args[-1])
    return str(found[0]) if found else ""


@contextlib.contextmanager
def _asked(backend: Backend, what: str, table: str, where: str) -> Iterator[Any]:
    """The cursor, when all rows have been looked at."""
    query = f"SELECT {what} FROM {backend.quote(table)}"
    with backend.time_limit(SECONDS), backend.connection.cursor() as cursor:
        cursor.execute(f"{query} WHERE {where}" if where else query)
        cursor.fetchall()
        yield cursor


def unfitting(column: Column, value: str, words: Mapping[str, frozenset[Family]]) -> str:
    """A condition for values that the column cannot hold; "" where any fits, or none is known."""
    held = stored(column, words)
    match held.family:
        case Family.TEXT if held.length is not None:
            return f"CHAR_LENGTH(RTRIM({value})) > {held.length}"
        case Family.INTEGER if held.low is not None and held.high is not None:
            return f"ROUND({value}) NOT BETWEEN {held.low} AND {held.high}"
        case Family.DECIMAL if held.whole_digits is not None:
            limit = 10**held.whole_digits
            return f"ABS(ROUND({value}, {held.places})) >= {limit}"
    return ""
