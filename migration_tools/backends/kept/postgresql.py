"""Checks and unique indexes, which PostgreSQL reads anew from their text when a type changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.db import Error, ProgrammingError

from migration_tools.backends.kept import Holding, KeptRule

if TYPE_CHECKING:
    from migration_tools.backends.base import Backend

CHECKS_QUERY = """
    SELECT conname, pg_get_expr(conbin, conrelid) FROM pg_catalog.pg_constraint
    WHERE contype = 'c' AND conrelid = to_regclass(%s)
"""
INDEXES_QUERY = """
    SELECT relation.relname, pg_get_indexdef(indexrelid, part, false),
           pg_get_expr(indpred, indrelid)
    FROM pg_catalog.pg_index
    JOIN pg_catalog.pg_class relation ON relation.oid = indexrelid
    CROSS JOIN LATERAL generate_series(1, indnkeyatts) part
    WHERE indisunique AND indrelid = to_regclass(%s)
    ORDER BY relation.relname, part
"""


def rules(backend: Backend, table: str) -> Mapping[str, KeptRule]:
    with backend.connection.cursor() as cursor:
        cursor.execute(CHECKS_QUERY, [backend.quote(table)])
        found = {name: KeptRule(parts=(text,)) for name, text in cursor.fetchall()}
        cursor.execute(INDEXES_QUERY, [backend.quote(table)])
        for name, part, where in cursor.fetchall():
            before = found[name].parts if name in found else ()
            found[name] = KeptRule(parts=(*before, part), where=where or "")
    return found


def over(backend: Backend, text: str, holding: Holding) -> str:
    """A row of what the columns hold by then, with the names and the types that the text takes."""
    columns = [
        f"{f'CAST({held.sql} AS {held.db_type})' if held.db_type else held.sql} "
        f"AS {backend.quote(name)}"
        for name, held in holding.items()
        if name.replace('"', '""') in text
    ]
    return f"(SELECT {text} FROM (SELECT {', '.join(columns)}) AS held)"


def refused(backend: Backend, expression: str, table: str) -> str:
    try:
        with backend.time_limit(1), backend.connection.cursor() as cursor:
            cursor.execute(f"SELECT {expression} FROM {backend.quote(table)} LIMIT 0")
    except ProgrammingError as error:
        return str(error).partition("\n")[0]
    except Error:
        return ""  # the counting will say
    return ""
