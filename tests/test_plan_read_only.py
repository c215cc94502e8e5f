"""``migration_plan`` needs no right to write, and writes nothing where it could."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, migrations, models

from tests.helpers import (
    Project,
    changes_tables,
    codes,
    insert,
    is_clear,
    losses,
    model,
    nothing,
    plan,
    quote,
    snapshot,
    sql,
)
from tests.settings import ENGINE

pytestmark = changes_tables

READER = "migration_tools_reader"
TARGETS = [("shop", "zero"), ("shop", "0001"), ()]


def write_shop(project: Project) -> None:
    """Every kind of question is asked of it: rows, values, keys, checks, code."""
    project.migration(
        "0001_initial",
        model(
            "Item",
            code=models.IntegerField(),
            price=models.DecimalField(max_digits=8, decimal_places=3),
            color=models.CharField(max_length=9, null=True),
        ),
    )
    project.migration(
        "0002_changes",
        migrations.AddField("item", "size", models.IntegerField(default=1)),
        migrations.AlterField("item", "code", models.IntegerField(unique=True)),
        migrations.RunPython(nothing, nothing),
    )
    project.migration(
        "0003_more",
        migrations.AlterField("item", "price", models.IntegerField()),
        migrations.AlterField("item", "color", models.CharField(max_length=3)),
        migrations.AddConstraint(
            "item", models.CheckConstraint(condition=models.Q(size__lt=0), name="size_negative")
        ),
        migrations.RunSQL("DELETE FROM shop_item"),
        migrations.DeleteModel("Item"),
    )


@contextlib.contextmanager
def reader(*tables: str) -> Iterator[dict[str, str]]:
    """A user who may only read, all tables or some, as the environment of a process."""
    database = quote(str(connection.settings_dict["NAME"]))
    if connection.vendor == "postgresql":
        user, name = READER, f"{READER}_{ENGINE}"
        sql(f"CREATE ROLE {name} LOGIN PASSWORD '{user}'")
        for table in tables or ("ALL TABLES IN SCHEMA public",):
            sql(f"GRANT SELECT ON {quote(table) if tables else table} TO {name}")
        drop = [f"DROP OWNED BY {name}", f"DROP ROLE {name}"]
    else:
        name = f"{READER}_{ENGINE}"[:32]
        account = f"'{name}'@'%'"
        sql(f"CREATE USER {account} IDENTIFIED BY '{READER}'")
        for table in tables or ("*",):
            sql(f"GRANT SELECT ON {database}.{quote(table) if tables else table} TO {account}")
        drop = [f"DROP USER {account}"]
    try:
        yield {"MIGRATION_TOOLS_DB_USER": name, "MIGRATION_TOOLS_DB_PASSWORD": READER}
    finally:
        for statement in drop:
            sql(statement)


def test_no_right_to_write_is_needed(project: Project) -> None:
    write_shop(project)
    if ENGINE == "sqlite":
        the_file_stays_as_it_is(project)
    else:
        a_user_may_only_read(project)


def a_user_may_only_read(project: Project) -> None:
    with project.installed():
        project.migrate("shop", "0002")
        insert("shop_item", code=[1, 2], price=[1, "2.5"], color=["red", None], size=[1, 2])
        expected = [plan(*target) for target in TARGETS]
    before = snapshot()
    with reader() as environment:
        # The user can do nothing else, or this test shows nothing.
        denied = project.manage("migrate", "shop", "0001", environment=environment)
        assert denied.returncode != 0
        for target, report in zip(TARGETS, expected, strict=True):
            done = project.manage(
                "migration_plan", *target, "--format", "json", environment=environment
            )
            assert (done.returncode, done.stderr) == (0, "")
            assert json.loads(done.stdout) == report
    assert snapshot() == before
    assert losses(expected[0])[-1] == ("table", "shop_item", None, 2, None)


def the_file_stays_as_it_is(project: Project) -> None:
    file = project.folder / "site.sqlite3"
    entry = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file)}}
    assert project.manage("migrate", "shop", "0002", databases=entry).returncode == 0
    with contextlib.closing(sqlite3.connect(file)) as database, database:
        database.execute("INSERT INTO shop_item (code, price, color, size) VALUES (1, 2, 'x', 3)")
    before = file.read_bytes(), file.stat().st_mtime_ns, listing(project.folder)
    for target in TARGETS:
        done = project.manage("migration_plan", *target, "--format", "json", databases=entry)
        assert (done.returncode, done.stderr) == (0, "")
        assert losses(json.loads(done.stdout)) != []
    assert (file.read_bytes(), file.stat().st_mtime_ns, listing(project.folder)) == before


def listing(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.rglob("*") if "__pycache__" not in path.parts)


# --- a user who may not even read everything --------------------------------------------------


def write_secret(project: Project) -> None:
    project.migration(
        "0001_initial",
        model("Open", color=models.CharField(max_length=9, null=True)),
        model("Secret", color=models.CharField(max_length=9, null=True)),
    )
    project.migration(
        "0002_gone",
        migrations.RemoveField("secret", "color"),
        migrations.AddField("secret", "size", models.IntegerField(null=True)),
        migrations.RemoveField("open", "color"),
        migrations.DeleteModel("Secret"),
    )


@pytest.mark.skipif(ENGINE == "sqlite", reason="SQLite knows no users")
def test_a_table_that_may_not_be_read(project: Project) -> None:
    """What is in it is unknown, which is not nothing; the other tables are counted."""
    write_secret(project)
    with project.installed():
        project.migrate("shop", "0001")
    insert("shop_open", color=["red", None])
    insert("shop_secret", color=["blue"])
    with reader("django_migrations", "shop_open") as environment:
        forwards, backwards = (
            project.manage("migration_plan", *target, "--format", "json", environment=environment)
            for target in (["shop"], ["shop", "zero"])
        )
        checked = project.manage(
            "migration_plan", "shop", "zero", "--check", environment=environment
        )
    assert (forwards.stderr, backwards.stderr) == ("", "")
    assert losses(json.loads(forwards.stdout)) == [
        ("column", "shop_secret", "color", None, None),
        ("column", "shop_open", "color", 2, 1),
        ("table", "shop_secret", None, None, None),
    ]
    assert codes(json.loads(forwards.stdout)) == []
    assert losses(json.loads(backwards.stdout)) == [
        ("table", "shop_secret", None, None, None),
        ("table", "shop_open", None, 2, None),
    ]
    assert checked.returncode == 3
    assert "an unknown number of rows" in checked.stdout


@pytest.mark.skipif(ENGINE == "sqlite", reason="SQLite knows no users")
def test_a_history_that_may_not_be_read(project: Project) -> None:
    """Nothing would be taken as applied, which is a guess."""
    write_secret(project)
    with reader("auth_user") as environment:
        done = project.manage("migration_plan", "shop", environment=environment)
    assert (done.returncode, done.stdout) == (1, "")
    assert is_clear(done.stderr.removesuffix("\n")), done.stderr
    assert "django_migrations" in done.stderr
