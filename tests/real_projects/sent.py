"""Runs ``migrate`` and prints what each of its steps sends to the database, as one JSON object.

Started by ``schemas.py`` in the site's directory, with the settings' module and the arguments of
``migrate``. Nothing of the project under test is used here. What Python code sends is left out.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from typing import Any

import django

READING = re.compile(
    r"\s*(SELECT|SHOW|EXPLAIN|SAVEPOINT|RELEASE|ROLLBACK|BEGIN|COMMIT)\b|\s*PRAGMA [^=]*$", re.I
)
HISTORY = "django_migrations"

sent: dict[str, list[str]] = {}
steps: list[str] = []
in_code: list[bool] = []


def note(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
    text = str(sql)
    if steps and not in_code and not READING.match(text) and HISTORY not in text:
        editor = context["connection"].SchemaEditorClass(context["connection"])
        for values in params if many else [params]:
            told = text % tuple(literal(editor, value) for value in values) if values else text
            sent[steps[-1]].append(told.strip().removesuffix(";").rstrip())
    return execute(sql, params, many, context)


def literal(editor: Any, value: Any) -> Any:
    """MySQLdb writes some literals (of booleans) as bytes."""
    quoted = editor.quote_value(value)
    return quoted.decode() if isinstance(quoted, bytes) else quoted


def noted(run: Callable[..., Any]) -> Callable[..., Any]:
    def step(self: Any, state: Any, migration: Any, *args: Any, **options: Any) -> Any:
        steps.append(str(migration))
        sent[str(migration)] = []
        try:
            return run(self, state, migration, *args, **options)
        finally:
            steps.pop()

    return step


def silent(run: Callable[..., Any]) -> Callable[..., Any]:
    def code(*args: Any, **options: Any) -> Any:
        in_code.append(True)
        try:
            return run(*args, **options)
        finally:
            in_code.pop()

    return code


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = sys.argv[1]
    sys.path.insert(0, os.getcwd())
    django.setup()

    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor
    from django.db.migrations.operations import RunPython

    for name in ("apply_migration", "unapply_migration"):
        setattr(MigrationExecutor, name, noted(getattr(MigrationExecutor, name)))
    for name in ("database_forwards", "database_backwards"):
        setattr(RunPython, name, silent(getattr(RunPython, name)))
    with connection.execute_wrapper(note):
        call_command("migrate", *sys.argv[2:], verbosity=0, interactive=False, skip_checks=True)
    print(json.dumps(sent))


if __name__ == "__main__":
    main()
