"""Names that have to be quoted: what is counted, and the queries that are printed, are right."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connection, migrations, models

from tests.apps.odd_names import ACCENTED, CUSTOMERS, CYRILLIC, DOTTED, LONGEST, ORDERS, PAIRS
from tests.helpers import (
    Project,
    changes_tables,
    codes,
    insert,
    losses,
    model,
    plan,
    plan_text,
    quote,
    sql,
    told,
)
from tests.settings import ENGINE

pytestmark = changes_tables

NAMES = {
    "blanks": "two  blanks",
    "capitals": "CaPitals",
    "reserved": "select",
    "apostrophe": "it's",
    "longest": "n" * 60 + "End",
    "letters": "größe цена 値",
    "percent": "100% of %s and %(x)s",
    "dot": "a.b",
    "comment": "a; -- /* b",
    "brackets": "(a) [b] {c} {rows}",
    "backslash": "a\\b",
    "quote of others": '"' if ENGINE in ("mariadb", "mysql") else "`",
}


def write_shop(project: Project, table: str, column: str) -> None:
    """The same steps for every name: each kind of count, and each kind of query."""
    text = models.CharField(max_length=20, null=True, db_column=column)
    project.migration(
        "0001_initial",
        model(
            "Item",
            {"db_table": table},
            text=text,
            size=models.IntegerField(db_column=f"{column[:60]} 2"),
        ),
    )
    project.migration(
        "0002_keys",
        migrations.AddConstraint(
            "item", models.UniqueConstraint(fields=["text", "size"], name="unique_pair")
        ),
        migrations.AddConstraint(
            "item", models.CheckConstraint(condition=models.Q(size__lt=3), name="size_small")
        ),
        migrations.AlterField(
            "item", "text", models.CharField(max_length=20, unique=True, db_column=column)
        ),
    )
    project.migration("0003_gone", migrations.RemoveField("item", "text"))


@pytest.mark.parametrize("kind", NAMES)
def test_names(project: Project, kind: str) -> None:
    name = table = column = NAMES[kind]
    second = f"{column[:60]} 2"
    write_shop(project, table, column)
    with project.installed():
        with connection.cursor() as cursor:
            # Not by the migration: Django itself stumbles over some of these names.
            cursor.execute(
                f"CREATE TABLE {quote(table)} (id integer PRIMARY KEY, "
                f"{quote(column)} varchar(20), {quote(second)} integer)"
            )
        project.migrate("shop", "0001", fake=True)
        insert(
            table,
            id=[1, 2, 3, 4],
            **{column: ["a", "a", "b", None], second: [1, 1, 2, 3]},
        )
        found = told(plan("shop", "0002"), "findings")
        check = ("MT107", table, None, 1)
        if "%" in name:  # Django cannot make this check, so whether it would hold is not known
            check = ("MT304", table, None, 4)
        assert [tuple(f[k] for k in ("code", "table", "column", "rows")) for f in found] == [
            ("MT108", table, f"{column}, {second}", 1),
            check,
            ("MT102", table, column, 1),
            ("MT108", table, column, 1),
        ]
        listed = {f["query"]: [row[0] for row in sql(f["query"])] for f in found if f["query"]}
        checked = [[4]] if check[0] == "MT107" else []
        assert sorted(listed.values()) == [[1, 2], [1, 2], [4], *checked]
        assert losses(plan("shop")) == [("column", table, column, 4, 3)]
        assert losses(plan("shop", "zero")) == [("table", table, None, 4, None)]
        assert f"loses 4 rows of {quote(table)}" in plan_text("shop", "zero")


def test_a_history_of_odd_names(project: Project) -> None:
    with project.installed("tests.apps.odd_names"):
        project.migrate("odd_names", "0002")
        forwards, backwards = plan("odd_names"), plan("odd_names", "zero")
        by_hand = {
            table: sql(f"SELECT COUNT(*) FROM {quote(table)}")[0][0]
            for table in (CUSTOMERS, ORDERS, PAIRS, LONGEST)
        }
        assert by_hand == {CUSTOMERS: 1, ORDERS: 3, PAIRS: 3, LONGEST: 1}
        found = {
            (kind, table, column): (rows, values)
            for kind, table, column, rows, values in losses(forwards)
        }
        assert found["column", ORDERS, LONGEST] == found["column", ORDERS, DOTTED] == (3, 2)
        if ENGINE != "sqlite":
            assert found["values", ORDERS, ACCENTED] == (3, 3)
        assert codes(forwards) == (["MT301 warning"] if ENGINE == "sqlite" else [])
        for report in (forwards, backwards):
            dropped = {loss[1]: loss[3] for loss in losses(report) if loss[0] == "table"}
            assert dropped == by_hand
        # Its price is unique now, and stays so: nothing is said of it.
        assert CYRILLIC not in json.dumps(told(forwards, "findings"), ensure_ascii=False)


# --- tables that bring their own quotes -------------------------------------------------------

QUALIFIED = {
    "sqlite": ['"elsewhere"."thing"', 'elsewhere"."thing', '"thing"'],
    "postgresql": ['"elsewhere"."thing"', 'elsewhere"."thing', '"thing"'],
    "mariadb": ["`{other}`.`thing`", "{other}`.`thing", "`thing`"],
    "mysql": ["`{other}`.`thing`", "{other}`.`thing", "`thing`"],
}


@contextlib.contextmanager
def elsewhere() -> Iterator[str]:
    """Another schema, or what the engine calls a database; its name."""
    name = "elsewhere"
    make, drop = f"CREATE SCHEMA {name}", f"DROP SCHEMA {name} CASCADE"
    if connection.vendor == "sqlite":
        make, drop = f"ATTACH ':memory:' AS {name}", f"DETACH {name}"
    elif connection.vendor == "mysql":
        name = f"{connection.settings_dict['NAME']}_elsewhere"
        make, drop = f"CREATE DATABASE {quote(name)}", f"DROP DATABASE {quote(name)}"
    sql(make)
    try:
        yield name
    finally:
        sql(drop)


@pytest.mark.parametrize("written", QUALIFIED[ENGINE])
def test_tables_of_another_schema(project: Project, written: str) -> None:
    with elsewhere() as other:
        table = written.format(other=other)
        project.migration(
            "0001_initial",
            model("Thing", {"db_table": table}, name=models.CharField(max_length=20, null=True)),
        )
        project.migration(
            "0002_full", migrations.AlterField("thing", "name", models.CharField(max_length=20))
        )
        project.migration("0003_gone", migrations.RemoveField("thing", "name"))
        with project.installed():
            project.migrate("shop", "0001")
            insert(table, name=["a", None, "b"])
            report = plan("shop")
            assert losses(report) == [("column", table, "name", 3, 2)]
            (finding,) = told(report, "findings")
            assert (finding["code"], finding["rows"]) == ("MT102", 1)
            assert len(sql(finding["query"])) == 1
            assert losses(plan("shop", "zero")) == [("table", table, None, 3, None)]
            estimated = plan("shop", "zero", count_timeout=0)
            assert [loss["exactness"] for loss in told(estimated, "losses")] != ["exact"]
            project.migrate("shop", "zero")


def test_a_table_of_the_same_name_elsewhere_is_another(project: Project) -> None:
    with elsewhere() as other:
        sql(f"CREATE TABLE {quote(other)}.{quote('thing')} (id integer)")
        project.migration("0001_initial", model("Thing", {"db_table": "thing"}))
        with project.installed():
            assert codes(plan("shop")) == []


# --- a quote of the engine's own, which Django does not double: no statement with it can run ------

OWN_QUOTE = "`" if ENGINE in ("mariadb", "mysql") else '"'
BROKEN = f"we{OWN_QUOTE}ird"


def doubled(name: str) -> str:
    return f"{OWN_QUOTE}{name.replace(OWN_QUOTE, OWN_QUOTE * 2)}{OWN_QUOTE}"


@contextlib.contextmanager
def shop_with(project: Project, table: str, column: str, *, written: str = "") -> Iterator[None]:
    """A table made by hand, whose name the project may write otherwise; 0002 drops its column."""
    text = models.CharField(max_length=20, null=True, db_column=column)
    project.migration("0001_initial", model("Item", {"db_table": written or table}, text=text))
    project.migration("0002_gone", migrations.RemoveField("item", "text"))
    with project.installed():
        sql(f"CREATE TABLE {doubled(table)} (id integer, {doubled(column)} varchar(20))")
        try:
            sql(f"INSERT INTO {doubled(table)} VALUES (1, 'a'), (2, NULL)")
            project.migrate("shop", "0001", fake=True)
            yield
        finally:
            sql(f"DROP TABLE {doubled(table)}")


def test_a_table_that_no_statement_can_name_blocks_the_plan(project: Project) -> None:
    with shop_with(project, BROKEN, "text"):
        for target in (), ("zero",):
            report = plan("shop", *target)
            assert (losses(report), codes(report)) == ([], ["MT111 blocker"])
        with pytest.raises(DatabaseError):
            project.migrate("shop")


def test_a_column_that_no_statement_can_name_is_not_taken_for_empty(project: Project) -> None:
    with shop_with(project, "shop_item", BROKEN):
        (loss,) = told(plan("shop"), "losses")
        assert (loss["column"], loss["exactness"], loss["values"]) == (BROKEN, "unknown", None)
        assert losses(plan("shop", "zero")) == [("table", "shop_item", None, 2, None)]


def test_a_name_that_brings_doubled_quotes_is_counted(project: Project) -> None:
    table = doubled(BROKEN)
    with shop_with(project, BROKEN, "text", written=table):
        assert losses(plan("shop")) == [("column", table, "text", 2, 1)]


GIVEN: dict[str, migrations.operations.base.Operation] = {
    "table": migrations.CreateModel(
        "Other", [("id", models.AutoField(primary_key=True))], {"db_table": BROKEN}
    ),
    "column of a table": migrations.CreateModel(
        "Other", [("id", models.AutoField(primary_key=True, db_column=BROKEN))]
    ),
    "column": migrations.AddField("Item", "size", models.IntegerField(null=True, db_column=BROKEN)),
    "renamed table": migrations.AlterModelTable("Item", BROKEN),
    "renamed column": migrations.AlterField(
        "Item", "text", models.CharField(max_length=20, null=True, db_column=BROKEN)
    ),
    "index": migrations.AddIndex("Item", models.Index(fields=["text"], name=BROKEN)),
    "unique": migrations.AddConstraint(
        "Item", models.UniqueConstraint(fields=["text"], name=BROKEN)
    ),
    "check": migrations.AddConstraint(
        "Item", models.CheckConstraint(condition=models.Q(text="a"), name=BROKEN)
    ),
}


@pytest.mark.parametrize("kind", GIVEN)
@pytest.mark.parametrize("rows", [0, 1])
def test_a_name_that_cannot_be_given_blocks_the_plan(
    project: Project, kind: str, rows: int
) -> None:
    text = models.CharField(max_length=20, null=True)
    project.migration("0001_initial", model("Item", text=text))
    project.migration("0002_name", GIVEN[kind])
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_item", text=["a"] * rows)
        (finding,) = told(plan("shop"), "findings")
        assert (finding["code"], finding["severity"]) == ("MT110", "blocker")
        assert f"the name {BROKEN} holds the character" in finding["message"]
        with pytest.raises(DatabaseError):
            project.migrate("shop")
