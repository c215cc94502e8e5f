"""MySQL and MariaDB: a database beside the real one, of what SHOW CREATE TABLE says."""

from __future__ import annotations

from typing import Any

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


class MySQLScratch(ServerScratch):
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
        start = settings["OPTIONS"].get("init_command", "")
        readonly = "SET SESSION TRANSACTION READ ONLY"
        settings["OPTIONS"]["init_command"] = f"{start}; {readonly}" if start else readonly
        return settings
