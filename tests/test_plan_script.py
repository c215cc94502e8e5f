"""`migration_plan --format sql` writes a script that does what `migrate` does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db import connections
from pytest_django import DjangoDbBlocker

from tests.twins import database, process, records, state


def test_a_script_does_what_migrate_does(
    tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    """The cars, forwards from nothing and back to nothing, by the script and by `migrate`."""
    with (
        django_db_blocker.unblock(),
        database("script", file=tmp_path / "a") as by_script,
        database("run", file=tmp_path / "b") as by_run,
    ):
        scripted, run = (str(connections[a].settings_dict["NAME"]) for a in (by_script, by_run))
        for name in (scripted, run):
            assert process("migrate", "contenttypes", name=name).code == 0
        for target in ("0003", "0001", "zero"):
            told = process("migration_plan", "Cars", target, "--format", "sql", name=scripted)
            assert (told.code, told.err) == (0, "")
            for statement in statements(told.out):
                with connections[by_script].cursor() as cursor:
                    cursor.execute(statement)
            done = process("migrate", "Cars", target, name=run)
            assert done.code == 0, done.err
            assert sorted(records(by_script)) == sorted(records(by_run))
            assert tables(by_script) == tables(by_run)


def statements(script: str) -> list[str]:
    lines = [line for line in script.splitlines() if not line.startswith("--")]
    return [text.strip() for text in "\n".join(lines).split(";\n") if text.strip()]


def tables(alias: str) -> dict[str, Any]:
    """Without those that `migrate` fills when it is done."""
    left_out = ("django_migrations", "django_content_type", "auth_permission")
    return {table: told for table, told in state(alias).items() if table not in left_out}
