"""Checks, whose text MySQL and MariaDB keep, with every column in backticks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from migration_tools.backends.kept import Holding, KeptRule

if TYPE_CHECKING:
    from migration_tools.backends.mysql import MySQLBackend

MARIADB_QUERY = """
    SELECT CONSTRAINT_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS
    WHERE CONSTRAINT_SCHEMA = DATABASE() AND TABLE_NAME = %s
"""
MYSQL_QUERY = """
    SELECT checks.CONSTRAINT_NAME, checks.CHECK_CLAUSE
    FROM information_schema.CHECK_CONSTRAINTS checks
    JOIN information_schema.TABLE_CONSTRAINTS named
      ON named.CONSTRAINT_SCHEMA = checks.CONSTRAINT_SCHEMA
      AND named.CONSTRAINT_NAME = checks.CONSTRAINT_NAME
    WHERE named.CONSTRAINT_TYPE = 'CHECK' AND named.ENFORCED = 'YES'
      AND named.TABLE_SCHEMA = DATABASE() AND named.TABLE_NAME = %s
"""
EXPRESSIONS_QUERY = """
    SELECT INDEX_NAME, EXPRESSION, COLUMN_NAME FROM information_schema.STATISTICS
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = %s AND NON_UNIQUE = 0
    ORDER BY INDEX_NAME, SEQ_IN_INDEX
"""
#: A string, or a name.
PIECE = re.compile(r"'(?:[^'\\]|\\.|'')*'|`((?:[^`]|``)+)`", re.S)


def rules(backend: MySQLBackend, table: str) -> Mapping[str, KeptRule]:
    with backend.connection.cursor() as cursor:
        cursor.execute(MARIADB_QUERY if backend.is_mariadb else MYSQL_QUERY, [table])
        if backend.is_mariadb:
            return {name: KeptRule(parts=(text,)) for name, text in cursor.fetchall()}
        found = {name: KeptRule(parts=(_text(text),)) for name, text in cursor.fetchall()}
        cursor.execute(EXPRESSIONS_QUERY, [table])
        for name, text, column in cursor.fetchall():
            before = found.get(name, KeptRule(parts=()))
            part = _text(text) if text else backend.quote(column)
            hidden = before.hidden or bool(text)
            found[name] = KeptRule(parts=(*before.parts, part), hidden=hidden)
    return found


def _text(shown: str) -> str:
    """MySQL shows it as a string would hold it."""
    return re.sub(r"\\(.)", r"\1", shown, flags=re.S)


def over(text: str, holding: Holding) -> str:
    by_name = {name.lower(): f"({held.sql})" for name, held in holding.items()}

    def replace(match: re.Match[str]) -> str:
        name = match[1] and match[1].replace("``", "`").lower()
        return by_name.get(name, match[0])

    return PIECE.sub(replace, text)
