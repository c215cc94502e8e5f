"""Databases for the sites of this folder, and their manage.py as a person runs it."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from site_database import VARIABLE, postgresql

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
numbers = itertools.count(1)


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Site:
    """One project on one database."""

    folder: Path
    name: str

    def manage(self, *words: str) -> Outcome:
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=self.folder,
            env={
                **os.environ,
                f"{VARIABLE}_NAME": self.name,
                "PYTHONPATH": os.pathsep.join(map(str, (HERE, ROOT, ROOT / "example_project"))),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Outcome(done.returncode, without_numbers(done.stdout), done.stderr)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with connect(self.name) as connection:
            cursor = connection.execute(statement)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def state(self) -> dict[str, Any]:
        """Columns and rows of every table of every schema, but for when something was recorded
        and for what a run writes about itself."""
        tables = self.query(
            "SELECT schemaname, tablename FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
            " AND tablename NOT LIKE 'migration_tools_%' ORDER BY 1, 2"
        )
        found: dict[str, Any] = {}
        for schema, table in tables:
            columns = self.query(
                "SELECT column_name, data_type, is_nullable, column_default"
                " FROM information_schema.columns"
                f" WHERE table_schema = '{schema}' AND table_name = '{table}' ORDER BY 1"
            )
            listed = ", ".join(f'"{name}"' for name, *_ in columns if name != "applied")
            rows = self.query(f'SELECT {listed} FROM "{schema}"."{table}"')
            found[f"{schema}.{table}"] = columns, sorted(rows, key=repr)
        return found

    def records(self, schema: str) -> list[tuple[str, str]]:
        return self.query(f'SELECT app, name FROM "{schema}".django_migrations ORDER BY id')


def side_by_side(plain: Site, safe: Site, words: tuple[str, ...]) -> tuple[Outcome, Outcome]:
    """`migrate` on one database, `migrate_safe` on the other."""
    with ThreadPoolExecutor() as pool:
        theirs = pool.submit(plain.manage, "migrate", *words)
        ours = pool.submit(safe.manage, "migrate_safe", *words)
    return theirs.result(), ours.result()


def without_numbers(text: str) -> str:
    """Times, and the number of the server's process, which django-pgmigrate prints."""
    text = re.sub(r"(Postgres process ID: )\d+", r"\1N", text)
    return re.sub(r"\(\d+\.\d{3}s\)", "(time)", text)


def connect(name: str) -> psycopg.Connection[Any]:
    found = postgresql("")
    return psycopg.connect(
        dbname=name,
        host=found["HOST"],
        port=found["PORT"],
        user=found["USER"],
        password=found["PASSWORD"],
        autocommit=True,
    )


@contextlib.contextmanager
def site(folder: str, *, template: Site | None = None) -> Iterator[Site]:
    """The project on an empty database, or on a copy of another's."""
    os.environ.setdefault(f"{VARIABLE}_NAME", "postgres")
    name = f"migration_tools_third_party_{os.getpid()}_{next(numbers)}"
    create, drop = (
        sql.SQL(text) for text in ("CREATE DATABASE {}", "DROP DATABASE {} WITH (FORCE)")
    )
    statement = create.format(sql.Identifier(name))
    if template is not None:
        statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template.name))
    with connect("postgres") as server:
        server.execute(statement)
        try:
            yield Site(HERE / folder, name)
        finally:
            server.execute(drop.format(sql.Identifier(name)))
