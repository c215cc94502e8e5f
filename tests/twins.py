"""Databases of a test's own, two alike, and commands run on them as a command line runs them."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import re
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from unittest import mock

from django.core import management
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from tests.helpers import EXAMPLE, ROOT
from tests.settings import NAME

numbers = itertools.count(1)
#: What commands in this process find where a person would type.
NOBODY: Callable[[], IO[str]] = io.StringIO


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Twins:
    plain: str
    safe: str

    def query(self, statement: str) -> None:
        """The same statement on both."""
        for alias in (self.plain, self.safe):
            with connections[alias].cursor() as cursor:
                cursor.execute(statement)


@contextlib.contextmanager
def twins() -> Iterator[Twins]:
    with database("plain") as plain, database("safe") as safe:
        yield Twins(plain, safe)


@contextlib.contextmanager
def database(what: str, *, file: Path | None = None) -> Iterator[str]:
    """An empty database and an alias for it; in memory where the engine can, without ``file``."""
    model = connections["default"]
    alias = f"{what}_{next(numbers)}"
    name = f"{NAME}_{os.getpid()}_{alias}" if model.vendor != "sqlite" else str(file or ":memory:")
    connections.settings[alias] = {**model.settings_dict, "NAME": name}
    if model.vendor != "sqlite":
        on_server(model, f"CREATE DATABASE {model.ops.quote_name(name)}")
    try:
        yield alias
    finally:
        connection = connections[alias]
        if connection.connection is not None:
            connection.connection.close()  # Django keeps the ones in memory open
            connection.connection = None
        del connections[alias], connections.settings[alias]
        if model.vendor != "sqlite":
            on_server(model, f"DROP DATABASE {model.ops.quote_name(name)}")


def empty(alias: str) -> None:
    """Faster than another database."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DROP SCHEMA public CASCADE")
            cursor.execute("CREATE SCHEMA public")
            return
        with connection.constraint_checks_disabled():
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f"DROP TABLE {connection.ops.quote_name(table)}")


def on_server(connection: BaseDatabaseWrapper, statement: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement)


# --- commands ---------------------------------------------------------------------------------


def command_line(*words: str) -> Outcome:
    """``manage.py words``, in this process."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    management.get_commands.cache_clear()  # another test may have had other apps
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.object(sys, "stdin", NOBODY()),
    ):
        argv = ["manage.py", *words]
        try:
            management.ManagementUtility(argv).fetch_command(words[0]).run_from_argv(argv)
        except SystemExit as exit_:
            code = exit_.code if isinstance(exit_.code, int) else 1
        except Exception:  # what a process would end with
            traceback.print_exc(file=err)
            code = 1
    return Outcome(code, without_times(out.getvalue()), err.getvalue())


def process(
    *words: str,
    name: str,
    folder: Path = EXAMPLE,
    stdin: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> Outcome:
    """``manage.py words`` of the project in ``folder`` on the database of that name."""
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=folder,
        env=process_environment(name) | dict(environment or {}),
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Outcome(done.returncode, without_times(done.stdout), done.stderr)


def process_environment(name: str) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "MIGRATION_TOOLS_DB_NAME": name,
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DJANGO_COLORS": "nocolor",
    }


def without_times(text: str) -> str:
    return re.sub(r"\(\d+\.\d{3}s\)", "(time)", text)


# --- what is in a database --------------------------------------------------------------------


def records(alias: str) -> list[tuple[str, str]]:
    """django_migrations in the order of its rows; empty if there is no such table."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        if "django_migrations" not in connection.introspection.table_names(cursor):
            return []
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY id")
        return list(cursor.fetchall())


def state(alias: str) -> dict[str, Any]:
    """Columns, constraints and rows of every table, but for when migrations were recorded, and
    for this app's own tables."""
    connection = connections[alias]
    found: dict[str, Any] = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith(("migration_tools_", "_mt_")):
                continue
            columns = connection.introspection.get_table_description(cursor, table)
            constraints = connection.introspection.get_constraints(cursor, table)
            names = [column.name for column in columns if column.name != "applied"]
            listed = ", ".join(map(connection.ops.quote_name, names))
            cursor.execute(f"SELECT {listed} FROM {connection.ops.quote_name(table)}")
            rows = sorted(map(repr, cursor.fetchall()))
            found[table] = (list(map(tuple, columns)), constraints, rows)
    return found
