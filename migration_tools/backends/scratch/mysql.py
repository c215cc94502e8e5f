"""MySQL and MariaDB: a database beside the real one, of what SHOW CREATE TABLE says."""

from __future__ import annotations

import functools
from typing import Any

import django.db

from migration_tools.backends import for_connection
from migration_tools.backends.scratch.base import ServerScratch

TABLES_QUERY = """
    SELECT TABLE_NAME FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' ORDER BY TABLE_NAME
"""
CHARSET_QUERY = """
    SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME
    FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = DATABASE()
"""


#: What happens to a database of our own is no business of replicas, nor of a restore.
UNLOGGED = "SET SESSION sql_log_bin = 0"


class MySQLScratch(ServerScratch):
    def settings(self, name: str) -> dict[str, Any]:
        settings = super().settings(name)
        return _starting(settings, UNLOGGED) if self._may_leave_log else settings

    @functools.cached_property
    def _may_leave_log(self) -> bool:
        """Whether this user has the right to keep a session out of the binary log."""
        session = self.connection.copy()
        session.settings_dict = super().settings(self.connection.settings_dict["NAME"])
        try:
            with session.cursor() as cursor:
                cursor.execute(UNLOGGED)
        except django.db.Error:
            return False
        finally:
            session.close()
        return True

    def names_query(self) -> str:
        return (
            "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA "
            "WHERE SCHEMA_NAME LIKE '\\_mt\\_shadow\\_%'"
        )

    def create_statement(self, name: str) -> str:
        with self.connection.cursor() as cursor:
            cursor.execute(CHARSET_QUERY)
            charset, collation = cursor.fetchone()
        return f"CREATE DATABASE `{name}` CHARACTER SET {charset} COLLATE {collation}"

    def drop_statement(self, name: str) -> str:
        return f"DROP DATABASE IF EXISTS `{name}`"

    def clone(self) -> tuple[tuple[str, ...] | None, str]:
        with for_connection(self.connection).read_only(), self.connection.cursor() as cursor:
            cursor.execute(TABLES_QUERY)
            statements = []
            for (table,) in cursor.fetchall():
                cursor.execute(f"SHOW CREATE TABLE {self.connection.ops.quote_name(table)}")
                statements.append(str(cursor.fetchone()[1]))
        return tuple(statements), ""

    def read_only(self) -> dict[str, Any]:
        settings = self.settings(self.connection.settings_dict["NAME"])
        return _starting(settings, "SET SESSION TRANSACTION READ ONLY")


def _starting(settings: dict[str, Any], statement: str) -> dict[str, Any]:
    """A session under them begins with the statement, after what it began with before."""
    options = settings["OPTIONS"]
    before = options.get("init_command", "")
    return {
        **settings,
        "OPTIONS": {**options, "init_command": f"{before}; {statement}" if before else statement},
    }
