"""What others have to wait for: as measured on each engine (locks, rewrites, scans)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, migrations, models
from django.db.migrations.operations.base import Operation

from migration_tools.schema import waiting
from tests.helpers import (
    Project,
    changes_tables,
    codes,
    foreign_key,
    insert,
    model,
    plan,
    plan_text,
    sql,
    told,
)
from tests.settings import ENGINE

pytestmark = changes_tables


def alter(field: models.Field[Any, Any]) -> Operation:
    return migrations.AlterField("item", "size", field)


#: operation: what PostgreSQL, MariaDB and MySQL do.
CASES: dict[str, tuple[Operation, str, str, str]] = {
    "smaller integer": (
        alter(models.SmallIntegerField()),
        "shop_item ACCESS EXCLUSIVE rewrites builds",
        "shop_item SHARED COPY rewrites",
        "shop_item SHARED COPY rewrites",
    ),
    "bigger integer": (
        alter(models.BigIntegerField()),
        "shop_item ACCESS EXCLUSIVE rewrites builds",
        "shop_item SHARED COPY rewrites",
        "shop_item SHARED COPY rewrites",
    ),
    "longer text": (
        migrations.AlterField("item", "color", models.CharField(max_length=20, null=True)),
        "shop_item ACCESS EXCLUSIVE",
        "shop_item INSTANT",
        "shop_item INPLACE",
    ),
    "not null": (
        migrations.AlterField("item", "color", models.CharField(max_length=9, default="")),
        "shop_item ACCESS EXCLUSIVE scans",
        "shop_item INSTANT INPLACE",
        "shop_item INSTANT INPLACE",
    ),
    "index": (
        migrations.AddIndex("item", models.Index(fields=["size"], name="ix")),
        "shop_item SHARE builds",
        "shop_item INPLACE builds",
        "shop_item INPLACE builds",
    ),
    "index gone": (
        migrations.AlterField("item", "code", models.IntegerField(null=True)),
        "shop_item ACCESS EXCLUSIVE",
        "shop_item INPLACE",
        "shop_item INPLACE",
    ),
    "unique": (
        migrations.AlterField("item", "size", models.IntegerField(unique=True)),
        "shop_item ACCESS EXCLUSIVE builds",
        "shop_item INPLACE",
        "shop_item INPLACE",
    ),
    "check": (
        migrations.AddConstraint(
            "item", models.CheckConstraint(condition=models.Q(size__gt=0), name="ck")
        ),
        "shop_item ACCESS EXCLUSIVE scans",
        "shop_item SHARED COPY rewrites",
        "shop_item SHARED COPY rewrites",
    ),
    "foreign key": (
        migrations.AddField("item", "owner", foreign_key("shop.owner", null=True)),
        "shop_item ACCESS EXCLUSIVE builds, shop_owner SHARE ROW EXCLUSIVE",
        "shop_item SHARED COPY rewrites",
        "shop_item SHARED COPY rewrites",
    ),
    "column": (
        migrations.AddField("item", "more", models.IntegerField(null=True)),
        "shop_item ACCESS EXCLUSIVE",
        "shop_item INSTANT",
        "shop_item INSTANT",
    ),
    "table dropped": (
        migrations.DeleteModel("Item"),
        "shop_item ACCESS EXCLUSIVE",
        "shop_item INSTANT",
        "shop_item INSTANT",
    ),
    "new table with a key": (
        model("Part", owner=foreign_key("shop.owner")),
        "shop_owner SHARE ROW EXCLUSIVE",
        "",
        "",
    ),
}
PLACE = {"postgresql": 0, "mariadb": 1, "mysql": 2}


def write_shop(project: Project, *operations: Operation) -> None:
    project.migration(
        "0001_initial",
        model("Owner", name=models.CharField(max_length=9)),
        model(
            "Item",
            size=models.IntegerField(),
            color=models.CharField(max_length=9, null=True),
            code=models.IntegerField(null=True, db_index=True),
            holder=models.BigIntegerField(null=True),
        ),
    )
    project.migration("0002_change", *operations)


def touched(report: Any) -> str:
    facts = ("rewrites", "scans", "builds")
    told: dict[str, dict[str, None]] = {}
    for step in report["steps"]:
        for statement in step["statements"]:
            for lock in statement["locks"]:
                words = [lock["lock"], lock["how"], *(fact for fact in facts if lock[fact])]
                told.setdefault(lock["table"], {}).update(dict.fromkeys(filter(None, words)))
    return ", ".join(" ".join([table, *words]) for table, words in sorted(told.items()))


@pytest.mark.skipif(ENGINE == "sqlite", reason="on SQLite a writer has the whole file")
@pytest.mark.parametrize("what", CASES)
def test_as_measured(project: Project, what: str) -> None:
    operation, *expected = CASES[what]
    write_shop(project, operation)
    with project.installed():
        project.migrate("shop", "0001")
        assert touched(plan("shop", sql=True)) == expected[PLACE[ENGINE]]


def test_nothing_is_told_of_this_engine(project: Project) -> None:
    if ENGINE == "sqlite":
        write_shop(project, alter(models.BigIntegerField()))
        with project.installed():
            project.migrate("shop", "0001")
            assert touched(plan("shop", sql=True)) == ""


@pytest.mark.skipif(ENGINE == "sqlite", reason="on SQLite a writer has the whole file")
def test_findings_by_the_size_of_the_table(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_shop(project, alter(models.BigIntegerField()))
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_item", size=[1] * 30)
        sql("ANALYZE shop_item" if connection.vendor == "postgresql" else "ANALYZE TABLE shop_item")
        assert codes(plan("shop", sql=True)) == ["MT350 info"]
        assert codes(plan("shop")) == []
        text = plan_text("shop", sql=True)
        monkeypatch.setattr(waiting, "MANY", 20)
        assert codes(plan("shop", sql=True)) == ["MT350 warning"]
    assert "info: ~30 rows of " in text
    assert " are written anew; nobody can " in text


#: Code and table, where writers wait for a key, for "not null" and for an index.
WAITS = {
    "postgresql": [
        ("MT353", "shop_item"),
        ("MT354", "shop_owner"),
        ("MT351", "shop_item"),
        ("MT352", "shop_item"),
    ],
    # The key is made by writing the table anew; for the rest nobody has to wait.
    "mariadb": [("MT350", "shop_item")],
    "mysql": [("MT350", "shop_item")],
}


@pytest.mark.skipif(ENGINE == "sqlite", reason="on SQLite a writer has the whole file")
def test_reading_building_and_looking_up(project: Project) -> None:
    referring = foreign_key("shop.owner", null=True, db_column="holder", db_index=False)
    key = migrations.AlterField("item", "holder", referring)
    write_shop(project, key, CASES["not null"][0], CASES["index"][0])
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_owner", id=[1], name=["a"])
        insert("shop_item", size=[1] * 3, color=["x"] * 3)
        for table in ("shop_item", "shop_owner"):
            sql(f"ANALYZE {'' if connection.vendor == 'postgresql' else 'TABLE'} {table}")
        found = told(plan("shop", sql=True), "findings")
    assert [(f["code"], f["table"]) for f in found] == WAITS[ENGINE]
