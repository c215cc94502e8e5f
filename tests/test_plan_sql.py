"""`migration_plan --sql` says statement for statement what a run then sends."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, migrations, models
from django.db.migrations.executor import MigrationExecutor

from migration_tools.backends import for_connection
from tests.helpers import (
    Project,
    changes_tables,
    foreign_key,
    is_clear,
    model,
    nothing,
    plan,
    plan_text,
    refusal,
    sql,
)
from tests.settings import ENGINE

pytestmark = changes_tables

IX = models.Index(fields=["size"], name="ix_size")
CHECK = models.CheckConstraint(condition=models.Q(size__gte=0), name="size_not_negative")


def write_nasty(project: Project) -> None:
    """What cannot be collected ahead of time: each step looks at what an earlier one made."""
    add, alter, run = migrations.AddField, migrations.AlterField, project.migration
    run(
        "0001_initial",
        model("Owner", name=models.CharField(max_length=20, db_index=True)),
        model(
            "Item",
            sku=models.CharField(max_length=20),
            code=models.IntegerField(default=7),
            owner=foreign_key("shop.owner", null=True),
        ),
    )
    run("0002_together", migrations.AlterUniqueTogether("item", {("sku", "code")}))
    run("0003_off", migrations.AlterUniqueTogether("item", set()))
    run(
        "0004_on_off",
        migrations.AlterUniqueTogether("item", {("sku", "code")}),
        migrations.AlterUniqueTogether("item", set()),
    )
    run("0005_rename", migrations.RenameModel("Item", "Thing"))
    run(
        "0006_rename_more",
        migrations.RenameField("thing", "sku", "label"),
        migrations.AlterModelTable("thing", "shop_stuff"),
        alter("thing", "label", models.CharField(max_length=30, unique=True)),
    )
    run("0007_drop", migrations.RemoveField("thing", "owner"))
    run(
        "0008_key",
        add("thing", "size", models.IntegerField(default=0)),
        add("thing", "holder", foreign_key("shop.owner", null=True)),
        migrations.AddIndex("thing", IX),
    )
    run("0009_index", migrations.RemoveIndex("thing", "ix_size"))
    run(
        "0010_index_check",
        migrations.AddIndex("thing", IX),
        migrations.AddConstraint("thing", CHECK),
    )
    run(
        "0011_key_off",
        alter("thing", "holder", foreign_key("shop.owner", db_constraint=False, null=True)),
    )
    run(
        "0012_many",
        add("thing", "owners", models.ManyToManyField("shop.owner", related_name="many")),
        alter("owner", "name", models.CharField(max_length=20, unique=True)),
        migrations.RunPython(nothing, nothing),
    )
    run("0013_raw", migrations.RunSQL("CREATE TABLE raw_t (a INTEGER)", "DROP TABLE raw_t"))
    run("0014_gone", migrations.RemoveConstraint("thing", "size_not_negative"))


def run_for_real(*target: Any) -> list[str]:
    """The statements of a run by Django's executor, as they reach the cursor."""
    seen: list[str] = []
    literal = for_connection(connection).literal
    left_out = (
        r"\s*(SELECT|SHOW|SAVEPOINT|RELEASE|ROLLBACK|BEGIN)\b|PRAGMA [^=]*$|.*django_migrations"
    )

    def note(execute: Callable[..., Any], text: Any, params: Any, many: bool, context: Any) -> Any:
        if not re.match(left_out, str(text), re.I):
            seen.append(str(text) if params is None else str(text) % tuple(map(literal, params)))
        return execute(text, params, many, context)

    executor = MigrationExecutor(connection)
    with connection.execute_wrapper(note):
        executor.migrate([target])
    return seen


def told(report: Any) -> list[str]:
    return [
        statement["sql"]
        for step in report["steps"]
        for statement in step["statements"]
        if statement["sql"]
    ]


@pytest.mark.parametrize("start", ["zero", "0001_initial", "0005_rename", "0009_index"])
def test_nasty_cases_forwards_and_backwards(project: Project, start: str) -> None:
    write_nasty(project)
    first = None if start == "zero" else start
    with project.installed():
        if first:
            project.migrate("shop", first)
        forwards = plan("shop", sql=True)
        assert forwards["sql"] == {"source": "clone", "exact": True, "reason": None, "error": None}
        done = run_for_real("shop", "0014_gone")
        assert told(forwards) == done
        assert len(done) > 3
        backwards = plan("shop", start, sql=True)
        assert backwards["sql"]["exact"]
        done = run_for_real("shop", first)
        assert told(backwards) == done
        assert len(done) > 3


def test_cars_forwards_and_backwards(project: Project) -> None:
    with project.installed("Cars"):
        for target, name in (
            ("0003", "0003_specs_color_owner"),
            ("0001", "0001_initial"),
            ("zero", None),
        ):
            report = plan("Cars", target, sql=True)
            assert report["sql"]["exact"]
            done = run_for_real("Cars", name)
            assert told(report) == done
            assert len(done) > (3 if name else 0)


def test_python_is_named_and_not_run(project: Project) -> None:
    write_nasty(project)
    with project.installed():
        text = plan_text("shop", sql=True)
    assert "-- Python code, not run: nothing (" in text
    assert "1 part is Python code" in text


def test_a_step_that_stops_is_told(project: Project) -> None:
    project.migration("0001_initial", model("Item", size=models.IntegerField()))
    project.migration("0002_broken", migrations.RunSQL("ALTER TABLE nowhere ADD a integer"))
    project.migration("0003_more", migrations.AddField("item", "b", models.IntegerField(null=True)))
    with project.installed():
        report = plan("shop", sql=True)
        text = plan_text("shop", format="sql")
    assert [step["statements"] is None for step in report["steps"]] == [False, False, True]
    assert "nowhere" in report["sql"]["error"]
    assert not report["sql"]["exact"]
    assert "-- The plan stops here: " in text
    assert "-- Not reached: shop.0003_more" in text
    assert "'0002_broken'" not in text


def test_another_beginning_is_replayed(project: Project) -> None:
    write_nasty(project)
    with project.installed():
        project.migrate("shop", "0002")
        report = plan("shop", "0009", start="0001", sql=True)
        assert report["sql"]["source"] == "replay"
        project.migrate("shop", "0001")
        assert told(report) == run_for_real("shop", "0009_index")


def test_one_script_is_for_one_database() -> None:
    message = refusal(
        "migration_plan", all_databases=True, databases=["default", "x"], format="sql"
    )
    assert is_clear(message)


def test_offline(project: Project) -> None:
    write_nasty(project)
    with project.installed():
        if ENGINE == "sqlite":
            assert "CREATE TABLE" in plan_text("shop", "0003", start="zero", offline=True, sql=True)
        else:
            message = refusal("migration_plan", "shop", "0003", offline=True, sql=True)
            assert is_clear(message)
            assert "--offline" in message


DEFAULT = """
from django.db import connection, migrations, models

def first():
    with connection.cursor() as cursor:
        cursor.execute("SELECT size FROM shop_item")
        return cursor.fetchone()[0]

class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.AddField("item", "more", models.IntegerField(default=first))]
"""


def test_a_default_that_looks_for_rows_is_unknown(project: Project) -> None:
    """No value is invented, and what comes after it is told."""
    project.migration("0001_initial", model("Item", size=models.IntegerField()))
    project.source("0002_default", DEFAULT)
    project.migration("0003_gone", migrations.DeleteModel("Item"), after=[("shop", "0002_default")])
    with project.installed():
        project.migrate("shop", "0001")
        sql("INSERT INTO shop_item (size) VALUES (4711)")
        report = plan("shop", sql=True)
        done = run_for_real("shop", "0003_gone")
    (code,) = [s["python"] for step in report["steps"] for s in step["statements"] if s["python"]]
    assert code.startswith("first, the default of shop.Item.more, which looks for rows (")
    ours = [text for text in told(report) if not text.endswith("DROP DEFAULT")]
    theirs = [text for text in done if not text.endswith("DROP DEFAULT")]
    assert ours == [re.sub(r"DEFAULT 4711 ", "", text).replace("4711", "NULL") for text in theirs]
    assert "4711" in "".join(done)
