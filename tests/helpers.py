"""Small projects made for one test: apps written to a folder, and the commands run on them."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.db.migrations import CreateModel, Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.writer import MigrationWriter
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "example_project"

# Tests that change tables have no transaction around them; each drops what it made, and with no app
# of the settings' own there is nothing to flush after each.
changes_tables = pytest.mark.django_db(transaction=True, available_apps=["migration_tools"])

SETTINGS = """
from tests.settings import *
INSTALLED_APPS = {apps!r}
DATABASES = {databases}
"""


class Project:
    """``installed()`` puts its apps into this process; ``manage()`` starts one of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.labels: list[str] = []
        self.others: list[str] = ["migration_tools"]
        self.settings: dict[str, Any] = {}
        self._last: dict[str, str] = {}

    # --- files ------------------------------------------------------------------------------

    def app(self, label: str) -> None:
        """An app without migrations, until one is written."""
        if label not in self.labels:
            self.labels.append(label)
            self.write(f"{label}/__init__.py")

    def migration(
        self,
        name: str,
        *operations: Operation,
        app: str = "shop",
        after: list[tuple[str, str]] | None = None,
        replaces: list[tuple[str, str]] | None = None,
    ) -> None:
        """Depends on the app's migration that was written before, unless ``after`` is said."""
        chain = [(app, self._last[app])] if app in self._last else []
        migration = type(
            "Migration",
            (Migration,),
            {
                "operations": list(operations),
                "dependencies": chain if after is None else after,
                "replaces": replaces or [],
            },
        )(name, app)
        self.source(name, MigrationWriter(migration, include_header=False).as_string(), app=app)
        self._last[app] = name

    def source(self, name: str, text: str, *, app: str = "shop") -> None:
        self.app(app)
        if not (self.folder / app / "migrations").exists():
            self.write(f"{app}/migrations/__init__.py")
        self.write(f"{app}/migrations/{name}.py", text)

    def remove(self, name: str, *, app: str = "shop") -> None:
        (self.folder / app / "migrations" / f"{name}.py").unlink()
        sys.modules.pop(f"{app}.migrations.{name}", None)

    def write(self, path: str, text: str = "") -> Path:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        importlib.invalidate_caches()
        return file

    # --- in this process --------------------------------------------------------------------

    @contextlib.contextmanager
    def installed(self, *more: str, **settings: Any) -> Iterator[Project]:
        """``more``: apps from elsewhere, in front of those of this project."""
        before = set(sys.modules)
        sys.path[:0] = [str(self.folder), str(EXAMPLE)]
        names = [*dict.fromkeys([*more, *self.others, *self.labels])]
        try:
            with override_settings(INSTALLED_APPS=names, **self.settings, **settings):
                yield self
        finally:
            del sys.path[:2]
            self._forget(set(sys.modules) - before)

    def _forget(self, modules: set[str]) -> None:
        for name in modules:
            if name.partition(".")[0] in self.labels:
                del sys.modules[name]
        for label in self.labels:
            apps.all_models.pop(label, None)
        apps.clear_cache()

    def migrate(self, *target: str, **options: Any) -> None:
        call_command("migrate", *target, verbosity=0, skip_checks=True, **options)

    # --- in a process of its own ------------------------------------------------------------

    def manage(
        self,
        *arguments: str,
        databases: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        more: str = "",
        stdin: str = "",
    ) -> subprocess.CompletedProcess[str]:
        """``databases``: instead of the test database, which the process sees by default."""
        shown = "DATABASES" if databases is None else repr(dict(databases))
        text = SETTINGS.format(apps=[*self.others, *self.labels], databases=shown)
        self.write("site_settings.py", text + more)
        return subprocess.run(
            [sys.executable, "-m", "django", *arguments],
            cwd=self.folder,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "site_settings",
                "MIGRATION_TOOLS_DB_NAME": str(connection.settings_dict["NAME"]),
                "PYTHONPATH": os.pathsep.join([str(self.folder), str(ROOT), str(EXAMPLE)]),
                "PYTHONDONTWRITEBYTECODE": "1",
                **(environment or {}),
            },
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


# --- what is written again and again ----------------------------------------------------------


def key() -> tuple[str, models.Field[Any, Any]]:
    return "id", models.BigAutoField(primary_key=True)


def model(name: str, options: Mapping[str, Any] | None = None, /, **fields: Any) -> CreateModel:
    return CreateModel(name, [key(), *fields.items()], options=dict(options or {}))


def foreign_key(to: str, **options: Any) -> models.Field[Any, Any]:
    return models.ForeignKey(to, on_delete=models.CASCADE, **options)


def nothing(apps: Any, editor: Any) -> None:
    """For RunPython: code whose effect nobody can see from outside."""


# --- commands ---------------------------------------------------------------------------------


def counting(*target: str, **options: Any) -> tuple[Any, list[str]]:
    """The report, and the queries that counted for it, but for the look at all foreign keys."""
    with CaptureQueriesContext(connection) as queries:
        report = plan(*target, **options)
    texts = [query["sql"] for query in queries.captured_queries]
    texts = [text for text in texts if "foreign_key_check" not in text]
    return report, [text for text in texts if "COUNT(" in text.upper()]


def plan_text(*target: str, **options: Any) -> str:
    out = io.StringIO()
    call_command("migration_plan", *target, stdout=out, no_color=True, **options)
    return out.getvalue()


def plan(*target: str, **options: Any) -> Any:
    """The report of `migration_plan` as JSON."""
    return json.loads(plan_text(*target, format="json", **options))


def refusal(command: str, *target: str, **options: Any) -> str:
    """The one error with which the command ends; anything else fails the test."""
    with pytest.raises(CommandError) as caught:
        call_command(command, *target, stdout=io.StringIO(), stderr=io.StringIO(), **options)
    assert caught.value.returncode == 1
    return str(caught.value)


def is_clear(message: str) -> bool:
    """One line that says it, and at most one more that says what to do."""
    lines = message.split("\n")
    return (
        bool(lines[0].strip())
        and len(lines) <= 2
        and all(line.startswith("  ") for line in lines[1:])
        and "Traceback" not in message
    )


def told(report: Any, kind: str) -> list[dict[str, Any]]:
    """All ``losses`` or all ``findings`` of a report, in its order."""
    return [item for step in report["steps"] for part in step["operations"] for item in part[kind]]


def labels(report: Any) -> list[str]:
    return [f"{step['app']}.{step['name']}" for step in report["steps"]]


def losses(report: Any) -> list[tuple[Any, ...]]:
    """(kind, table, column, rows, values) of each loss."""
    names = ("kind", "table", "column", "rows", "values")
    return [tuple(loss[name] for name in names) for loss in told(report, "losses")]


def codes(report: Any) -> list[str]:
    return [f"{found['code']} {found['severity']}" for found in told(report, "findings")]


def django_plan(*target: str) -> list[tuple[str, bool]]:
    """What `migrate --plan` prints: (label, backwards) of each step."""
    out = io.StringIO()
    call_command("migrate", *target, plan=True, stdout=out, no_color=True, skip_checks=True)
    lines = out.getvalue().splitlines()
    # Not every operation says that it is undone, but one of every plan backwards does.
    backwards = any(re.match(r"    (Undo |.*IRREVERSIBLE$)", line) for line in lines)
    return [(line, backwards) for line in lines if re.fullmatch(r"\S+\.\S+", line)]


def our_plan(*target: str, **options: Any) -> list[tuple[str, bool]]:
    report = plan(*target, **options)
    backwards = [step["direction"] == "backwards" for step in report["steps"]]
    return list(zip(labels(report), backwards, strict=True))


# --- the database -----------------------------------------------------------------------------


def sql(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return list(cursor.fetchall()) if cursor.description else []


def quote(name: str) -> str:
    return str(connection.ops.quote_name(name))


def insert(table: str, /, **columns: list[Any]) -> None:
    """Rows from columns of the same length."""
    names = ", ".join(map(quote, columns)).replace("%", "%%")
    marks = ", ".join(["%s"] * len(columns))
    target = quote(table).replace("%", "%%")
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {target} ({names}) VALUES ({marks})",
            list(zip(*columns.values(), strict=True)),
        )


def record_applied(*steps: tuple[str, str], applied: bool = True) -> None:
    """Write or delete rows of django_migrations, whatever the history says."""
    recorder = MigrationRecorder(connection)
    for app, name in steps:
        (recorder.record_applied if applied else recorder.record_unapplied)(app, name)


def snapshot() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table; to show that nothing was changed."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    return {table: sorted(sql(f"SELECT * FROM {quote(table)}"), key=repr) for table in tables}


@contextlib.contextmanager
def tables_kept() -> Iterator[None]:
    """Drop what the test made, by hand: it may have left the history anywhere."""
    with connection.cursor() as cursor:
        before = set(connection.introspection.table_names(cursor, include_views=True))
    try:
        yield
    finally:
        _drop_all_but(before)


def _drop_all_but(before: set[str]) -> None:
    cascade = " CASCADE" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor, connection.constraint_checks_disabled():
        found = connection.introspection.get_table_list(cursor)
        for info in sorted(found, key=lambda info: info.type != "v"):  # views first
            if info.name not in before:
                what = "VIEW" if info.type == "v" else "TABLE"
                cursor.execute(f"DROP {what} IF EXISTS {quote(info.name)}{cascade}")
        cursor.execute("DELETE FROM django_migrations WHERE app NOT IN ('auth', 'contenttypes')")
