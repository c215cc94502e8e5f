"""PostgreSQL: a database beside the real one, of what pg_dump says, or the session's own schema."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import Any

from migration_tools.backends.scratch.base import ServerScratch

LOCALE_QUERY = """
    SELECT pg_catalog.pg_encoding_to_char(encoding), datcollate, datctype
    FROM pg_catalog.pg_database WHERE datname = current_database()
"""
VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
#: What pg_dump writes for psql alone, and what would outlive the script in its session.
NOT_SQL = re.compile(r"^\\(un)?restrict .*$|^SELECT pg_catalog\.set_config\('search_path'.*$", re.M)
PATIENCE = 60


class PostgreSQLScratch(ServerScratch):
    def names_query(self) -> str:
        return r"SELECT datname FROM pg_catalog.pg_database WHERE datname LIKE '\_mt\_shadow\_%'"

    def create_statement(self, name: str) -> str:
        with self.connection.cursor() as cursor:
            cursor.execute(LOCALE_QUERY)
            encoding, collate, ctype = cursor.fetchone()
        operations: Any = self.connection.ops
        parts = operations.compose_sql(
            "ENCODING %s LC_COLLATE %s LC_CTYPE %s", [encoding, collate, ctype]
        )
        return f'CREATE DATABASE "{name}" TEMPLATE template0 {parts}'

    def drop_statement(self, name: str) -> str:
        force = " WITH (FORCE)" if self.major >= 13 else ""
        return f'DROP DATABASE IF EXISTS "{name}"{force}'

    @property
    def major(self) -> int:
        return int(self.connection.pg_version) // 10000  # type: ignore[attr-defined]

    def clone(self) -> tuple[tuple[str, ...] | None, str]:
        program = shutil.which("pg_dump")
        if program is None:
            return None, "pg_dump is not installed here"
        if (version := _version_of(program)) != self.major:
            return None, f"pg_dump is of version {version}, the server of {self.major}"
        client = self.connection.client
        arguments, environment = client.settings_to_cmd_args_env(
            self.connection.settings_dict,
            ["--schema-only", "--no-owner", "--no-privileges", "--lock-wait-timeout=5000"],
        )
        done = subprocess.run(
            [program, *arguments[1:]],
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        if done.returncode:
            return None, f"pg_dump failed: {' '.join(done.stderr.split())}"
        # The names in it are qualified; the path comes back when the session is another one.
        script = NOT_SQL.sub("", done.stdout)
        return (
            "SET search_path = ''",
            script.replace("CREATE SCHEMA public;", "CREATE SCHEMA IF NOT EXISTS public;"),
            "RESET search_path",
        ), ""

    def temporary(self) -> dict[str, Any]:
        return self._of_today("-c search_path=pg_temp")

    def read_only(self) -> dict[str, Any]:
        return self._of_today("-c default_transaction_read_only=on")

    def for_a_look(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Temporary tables: the server waits for the disk at each index of one that is to stay."""
        return _with_option(settings, "-c search_path=pg_temp,public")

    def _of_today(self, option: str) -> dict[str, Any]:
        settings = self.settings(self.connection.settings_dict["NAME"])
        return _with_option(settings, option)


def _with_option(settings: dict[str, Any], option: str) -> dict[str, Any]:
    options = settings["OPTIONS"]
    told = f"{options.get('options', '')} {option}".strip()
    return {**settings, "OPTIONS": {**options, "options": told}}


def _version_of(program: str) -> int | None:
    done = subprocess.run(
        [program, "--version"], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    found = VERSION.search(done.stdout)
    return int(found[1]) if found else None
