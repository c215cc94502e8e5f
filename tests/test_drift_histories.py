"""Drift of histories that are more than operations on models: nothing is told that is none."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, migrations, models

from tests.helpers import Project, changes_tables, model, record_applied, sql
from tests.run_commands import answer
from tests.test_drift import drift, told

pytestmark = changes_tables

CODE = """
from django.db import connection, migrations, models

{code}

class Migration(migrations.Migration):
    dependencies = [("shop", "{after}")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop, atomic=False)]
"""
INDEX = "CREATE INDEX by_code ON shop_item (size)"
BY_EDITOR = f"""
def forwards(apps, editor):
    table = apps.get_model("shop", "item")._meta.db_table
    editor.execute(f"{INDEX.replace("shop_item", "{table}")}")
"""
BY_METHOD = """
def forwards(apps, editor):
    item = apps.get_model("shop", "item")
    editor.add_index(item, models.Index(fields=["size"], name="by_code"))
"""
BY_CURSOR = f"""
def helper():
    with connection.cursor() as cursor:
        cursor.execute("{INDEX}")

def forwards(apps, editor):
    helper()
"""
REACHING_OUT = """
import pathlib, socket, subprocess

def forwards(apps, editor):
    for reach in (
        lambda: pathlib.Path({file!r}).write_text("x"),
        lambda: subprocess.run(["touch", {file!r} + "2"]),
        lambda: socket.create_connection(("127.0.0.1", {port})).close(),
    ):
        try:
            reach()
        except PermissionError:
            pass
    editor.execute({index!r})
"""
FAILING = f"""
def forwards(apps, editor):
    if apps.get_model("shop", "item").objects.get().size:
        editor.execute("{INDEX}")
"""


def write_code(project: Project, code: str) -> None:
    project.migration("0001_initial", model("Item", size=models.IntegerField()))
    project.source("0002_code", CODE.format(code=code, after="0001_initial"))


@pytest.mark.parametrize(
    "code", [BY_EDITOR, BY_METHOD, BY_CURSOR], ids=["editor", "method", "cursor"]
)
def test_what_python_code_makes_by_sql_is_expected(project: Project, code: str) -> None:
    write_code(project, code)
    with project.installed():
        project.migrate()
        report = drift()
        assert (report["differences"], report["compared_with"]) == ([], "replay")
        sql(f"DROP INDEX by_code{' ON shop_item' if connection.vendor == 'mysql' else ''}")
        assert told(drift()) == [("shop_item", "index", "missing")]


def test_python_code_reaches_nothing_but_the_shadow(project: Project) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        file = project.folder / "reached"
        port = server.getsockname()[1]
        write_code(project, REACHING_OUT.format(file=str(file), port=port, index=INDEX))
        with project.installed():
            project.migrate()
            server.accept()[0].close()
            reached = [file, file.with_name("reached2")]
            for path in reached:
                path.unlink()  # the run itself has made them
            assert drift()["differences"] == []
        assert not any(path.exists() for path in reached)
        with pytest.raises(TimeoutError):
            server.accept()


def test_code_that_needs_rows_leaves_the_rest_as_it_is(project: Project) -> None:
    write_code(project, FAILING)
    more = migrations.AddField("item", "b", models.IntegerField(null=True))
    project.migration("0003_more", more, after=[("shop", "0002_code")])
    with project.installed():
        project.migrate("shop", "0001")
        sql("INSERT INTO shop_item (size) VALUES (1)")
        project.migrate()
        assert told(drift()) == [("shop_item", "index", "extra")]
        assert drift()["differences"][0]["cause"] == (
            "made by hand, or by SQL that is in no migration; or by the Python code of "
            "shop.0002_code where it found rows: the shadow has none"
        )


@pytest.mark.engine_neutral
def test_what_code_takes_away_where_there_are_rows_names_the_code(project: Project) -> None:
    dropping = """
def forwards(apps, editor):
    if apps.get_model("shop", "item").objects.exists():
        editor.execute("DROP INDEX by_code")
"""
    write_code(project, BY_METHOD)
    project.source("0003_drop", CODE.format(code=dropping, after="0002_code"))
    project.migration("0004_other", model("Other"), after=[("shop", "0003_drop")])
    with project.installed():
        project.migrate("shop", "0002")
        sql("INSERT INTO shop_item (size) VALUES (1)")
        project.migrate()
        (difference,) = drift()["differences"]
        assert (difference["name"], difference["way"]) == ("by_code", "missing")
        named = "shop.0002_code, shop.0003_drop where it found rows: the shadow has none"
        assert difference["cause"].endswith(f"; or by the Python code of {named}")
        # Of code that does not speak of the table, no more is known than that it is there.
        sql("ALTER TABLE shop_other ADD COLUMN more integer")
        (other,) = (d for d in drift()["differences"] if d["table"] == "shop_other")
        assert other["cause"] == (
            "made by hand, or by the Python code of shop.0002_code, shop.0003_drop"
        )


DEFAULT = """
from django.db import migrations, models
import django.db.models.deletion

def first():
    from django.db import connection
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM shop_owner")
        return cursor.fetchone()[0]

def fill(apps, editor):
    apps.get_model("shop", "owner").objects.create(id=4)

class Migration(migrations.Migration):
    dependencies = [("shop", "0002_raw")]
    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddField("item", "owner", models.ForeignKey(
            "shop.owner", django.db.models.deletion.CASCADE, default=first)),
        migrations.AlterField("item", "size", models.IntegerField(default=first)),
    ]
"""


def test_a_default_that_reads_rows(project: Project) -> None:
    project.migration("0001_initial", model("Item", size=models.TextField()), model("Owner"))
    raw = "CREATE INDEX by_sql ON shop_item (id)"
    project.migration("0002_raw", migrations.RunSQL(raw, migrations.RunSQL.noop))
    project.source("0003_default", DEFAULT)
    with project.installed():
        project.migrate()
        report = drift()
        assert (report["differences"], report["notes"]) == ([], [])
        assert report["compared_with"] == "replay"


def write_squashed(project: Project, *more: Any) -> None:
    """``more``: in the replaced migrations and in the squashed one alike."""
    size = models.IntegerField(null=True)
    project.migration("0001_initial", model("Item"))
    project.migration("0002_size", migrations.AddField("item", "size", size), *more)
    project.migration(
        "0001_squashed",
        model("Item", size=size),
        *more,
        after=[],
        replaces=[("shop", "0001_initial"), ("shop", "0002_size")],
    )
    project.migration(
        "0003_rest",
        migrations.AlterField("item", "size", models.BigIntegerField(null=True)),
        after=[("shop", "0001_squashed")],
    )


@pytest.mark.parametrize("raw", [False, True], ids=["models", "replay"])
@pytest.mark.parametrize("state", ["fresh", "from before", "half", "all but its own row"])
def test_a_squashed_history(project: Project, state: str, raw: bool) -> None:
    index = migrations.RunSQL("CREATE INDEX by_sql ON shop_item (size)", migrations.RunSQL.noop)
    write_squashed(project, *([index] if raw else []))
    replaced = [("shop", "0001_initial"), ("shop", "0002_size")]
    with project.installed():
        if state == "half":
            project.migrate()
            project.migrate("shop", "zero")
            project.remove("0001_squashed")
            project.remove("0003_rest")
            project.migrate("shop", "0001_initial")
            write_again(project, *([index] if raw else []))
        else:
            project.migrate()
        if state == "from before":
            record_applied(("shop", "0001_squashed"), applied=False)
        if state == "all but its own row":
            record_applied(*replaced, applied=False)
            record_applied(*replaced)
        report = drift()
        assert report["differences"] == []
        assert report["notes"] == []
        replayed = raw and state != "half"  # where the raw SQL is not applied yet
        assert report["compared_with"] == ("replay" if replayed else "models")
        sql("ALTER TABLE shop_item ADD COLUMN more integer")
        assert told(drift()) == [("shop_item", "column", "extra")]


def write_again(project: Project, *more: Any) -> None:
    project._last.clear()
    write_squashed(project, *more)


def test_an_application_that_is_named_is_looked_at_alone(project: Project) -> None:
    write_code(project, BY_EDITOR)
    with project.installed("Cars"):
        project.migrate()
        sql("ALTER TABLE shop_item ADD COLUMN more integer")
        assert "no difference" in answer("migration_diff", "Cars", live=True)
        assert "1 difference" in answer("migration_diff", "shop", live=True)
