"""SQLite: a database in memory, of the schema in sqlite_master."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import django.db

from migration_tools.backends import for_connection
from migration_tools.backends.scratch.base import Scratch

# Tables first; an index, a view or a trigger finds its table by then.
SCHEMA_QUERY = """
    SELECT name, sql FROM sqlite_master
    WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
    ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 WHEN 'view' THEN 2 ELSE 3 END, rowid
"""
SHADOWS_QUERY = "SELECT name FROM pragma_table_list WHERE type = 'shadow' AND schema = 'main'"


class SQLiteScratch(Scratch):
    needs_no_server = True
    vendor = "sqlite"
    engine = "django.db.backends.sqlite3"

    @contextlib.contextmanager
    def database(self) -> Iterator[dict[str, Any]]:
        own = self.connection.settings_dict
        options = {k: v for k, v in own.get("OPTIONS", {}).items() if k != "uri"}
        yield {**own, "NAME": ":memory:", "OPTIONS": options, "AUTOCOMMIT": True}

    def clone(self) -> tuple[tuple[str, ...] | None, str]:
        backend = for_connection(self.connection)
        if backend.is_absent():
            return (), ""
        with backend.read_only(), self.connection.cursor() as cursor:
            shadows: set[str] = set()
            with contextlib.suppress(django.db.Error):  # SQLite before 3.37
                # Made by the virtual table they belong to.
                shadows = {name for (name,) in cursor.execute(SHADOWS_QUERY).fetchall()}
            rows = cursor.execute(SCHEMA_QUERY).fetchall()
        return tuple(sql for name, sql in rows if name not in shadows), ""
