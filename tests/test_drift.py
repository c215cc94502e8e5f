"""Drift: nothing on a database that migrations made, and every change that was made by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, migrations, models

from tests.helpers import Project, changes_tables, foreign_key, model, quote, sql
from tests.run_commands import answer
from tests.zoo import write_zoo

pytestmark = changes_tables

CONTRIB = [
    f"django.contrib.{name}"
    for name in ("contenttypes", "auth", "sessions", "sites", "admin", "redirects", "flatpages")
]


def drift(*points: str) -> Any:
    return json.loads(answer("migration_diff", *points, live=True, format="json"))


def told(report: Any) -> list[tuple[str, str, str]]:
    return [(d["table"], d["kind"], d["way"]) for d in report["differences"]]


def test_nothing_on_what_migrations_made(project: Project) -> None:
    """Fresh, and when everything was taken back and made again."""
    write_zoo(project)
    with project.installed(*CONTRIB, "Cars", "Inspections"):
        project.migrate()
        report = drift()
        assert (report["differences"], report["others"], report["notes"]) == ([], [], [])
        project.migrate("shop", "zero")
        assert drift()["differences"] == []
        project.migrate("shop")
        assert drift()["differences"] == []
        project.migrate("shop", "0002")
        assert drift()["differences"] == []
        project.migrate("Cars", "0001")
        assert drift()["differences"] == []


def test_nothing_on_what_migrate_safe_took_back_and_made_again(project: Project) -> None:
    """What it keeps meanwhile is told as its own."""
    write_zoo(project)
    project.write("shop/models.py")
    kept: list[int] = []
    options: dict[str, Any] = {"interactive": False, "verbosity": 0, "allow_data_loss": True}
    with project.installed(*CONTRIB, "Cars", "Inspections"):
        project.migrate()
        sql("INSERT INTO shop_target (code) VALUES ('a')")
        for target in (("shop", "0005"), ("Cars", "0001"), ("shop", "zero"), ("shop",), ("Cars",)):
            call_command("migrate_safe", *target, **options)
            report = drift()
            assert (report["differences"], report["notes"]) == ([], [])
            assert {extra["kind"] for extra in report["others"]} <= {"archive of migrate_safe"}
            kept.append(len(report["others"]))
    assert kept[0] > 0
    assert kept[-1] == 0


def test_what_raw_sql_made_is_expected(project: Project) -> None:
    project.migration("0001_initial", model("Item", size=models.IntegerField()))
    project.migration(
        "0002_raw",
        migrations.RunSQL("CREATE INDEX by_sql ON shop_item (size)", migrations.RunSQL.noop),
    )
    with project.installed():
        project.migrate()
        report = drift()
        assert (report["differences"], report["compared_with"]) == ([], "replay")
        sql(f"DROP INDEX by_sql{' ON shop_item' if connection.vendor == 'mysql' else ''}")
        assert told(drift()) == [("shop_item", "index", "missing")]


# --- what somebody did by hand ----------------------------------------------------------------


def write_shop(project: Project) -> None:
    project.migration("0001_initial", model("Owner", name=models.CharField(max_length=20)))
    project.migration(
        "0002_item",
        model(
            "Item",
            size=models.IntegerField(db_index=True),
            price=models.DecimalField(max_digits=8, decimal_places=2),
            color=models.CharField(max_length=10, null=True),
            code=models.IntegerField(unique=True),
            stock=models.IntegerField(db_default=5),
            told=models.IntegerField(null=True, db_comment="said"),
            owner=foreign_key("shop.owner"),
        ),
        migrations.AddConstraint(
            "item", models.CheckConstraint(condition=models.Q(size__gt=0), name="size_above_0")
        ),
        migrations.AddIndex(
            "item",
            models.Index(fields=["stock"], name="ix_where", condition=models.Q(stock__gt=1)),
        ),
    )


def rewritten(old: str, new: str) -> list[str]:
    """SQLite: the table made anew, from its own text with something else in it."""
    return [f"REWRITE {old} TO {new}"]


def rewrite(old: str, new: str) -> None:
    texts = sql("SELECT sql FROM sqlite_master WHERE tbl_name = 'shop_item' AND sql NOT NULL")
    (table,), *indexes = sorted(texts, key=lambda row: "INDEX" in row[0])
    columns = ", ".join(row[1] for row in sql("PRAGMA table_info(shop_item)"))
    sql("PRAGMA foreign_keys = OFF")
    assert old in table
    sql(table.replace(old, new).replace("shop_item", "other", 1))
    sql(f"INSERT INTO other ({columns}) SELECT {columns} FROM shop_item")
    sql("DROP TABLE shop_item")
    sql("ALTER TABLE other RENAME TO shop_item")
    for (index,) in indexes:
        sql(index)
    sql("PRAGMA foreign_keys = ON")


ITEM = "ALTER TABLE shop_item"
CASCADES = (
    f"{ITEM} ADD CONSTRAINT {{key}} FOREIGN KEY (owner_id) REFERENCES shop_owner (id) "
    "ON DELETE CASCADE"
)
#: what: (kind, way), and the statements on SQLite, PostgreSQL, MySQL and MariaDB.
DRIFTS: dict[str, tuple[tuple[str, str], list[str], list[str], list[str]]] = {
    "column gone": (
        ("column", "missing"),
        [f"{ITEM} DROP COLUMN color"],
        [f"{ITEM} DROP COLUMN color"],
        [f"{ITEM} DROP COLUMN color"],
    ),
    "column added": (
        ("column", "extra"),
        [f"{ITEM} ADD COLUMN more integer"],
        [f"{ITEM} ADD COLUMN more integer"],
        [f"{ITEM} ADD COLUMN more integer"],
    ),
    "type": (
        ("column", "changed"),
        rewritten('"price" decimal', '"price" real'),
        [f"{ITEM} ALTER price TYPE double precision"],
        [f"{ITEM} MODIFY price double NOT NULL"],
    ),
    "length": (
        ("column", "changed"),
        rewritten("varchar(10)", "varchar(12)"),
        [f"{ITEM} ALTER color TYPE varchar(12)"],
        [f"{ITEM} MODIFY color varchar(12)"],
    ),
    "null": (
        ("column", "changed"),
        rewritten('"color" varchar(10) NULL', '"color" varchar(10) NOT NULL'),
        [f"{ITEM} ALTER color SET NOT NULL"],
        [f"{ITEM} MODIFY color varchar(10) NOT NULL"],
    ),
    "not null": (
        ("column", "changed"),
        rewritten('"price" decimal NOT NULL', '"price" decimal NULL'),
        [f"{ITEM} ALTER price DROP NOT NULL"],
        [f"{ITEM} MODIFY price decimal(8,2) NULL"],
    ),
    "default": (
        ("column", "changed"),
        rewritten("DEFAULT 5", "DEFAULT 6"),
        [f"{ITEM} ALTER stock SET DEFAULT 6"],
        [f"{ITEM} ALTER stock SET DEFAULT 6"],
    ),
    "default gone": (
        ("column", "changed"),
        rewritten("DEFAULT 5", ""),
        [f"{ITEM} ALTER stock DROP DEFAULT"],
        [f"{ITEM} ALTER stock DROP DEFAULT"],
    ),
    "collation": (
        ("column", "changed"),
        rewritten("varchar(10)", "varchar(10) COLLATE NOCASE"),
        [f'{ITEM} ALTER color TYPE varchar(10) COLLATE "C"'],
        [f"{ITEM} MODIFY color varchar(10) COLLATE utf8mb4_bin"],
    ),
    "comment": (
        ("column", "changed"),
        [],
        ["COMMENT ON COLUMN shop_item.told IS 'other'"],
        [f"{ITEM} MODIFY told int COMMENT 'other'"],
    ),
    "identity": (
        ("column", "changed"),
        rewritten("AUTOINCREMENT", ""),
        [f"{ITEM} ALTER id DROP IDENTITY"],
        [
            "SET foreign_key_checks = 0",
            f"{ITEM} MODIFY id bigint NOT NULL",
            "SET foreign_key_checks = 1",
        ],
    ),
    "index gone": (
        ("index", "missing"),
        ["DROP INDEX {index}"],
        ["DROP INDEX {index}"],
        ["DROP INDEX {index} ON shop_item"],
    ),
    "index added": (
        ("index", "extra"),
        ["CREATE INDEX by_hand ON shop_item (price)"],
        ["CREATE INDEX by_hand ON shop_item (price)"],
        ["CREATE INDEX by_hand ON shop_item (price)"],
    ),
    "index of two, turned round": (
        ("index", "extra"),
        ["CREATE INDEX by_hand ON shop_item (price DESC, size)"],
        ["CREATE INDEX by_hand ON shop_item (price DESC, size)"],
        ["CREATE INDEX by_hand ON shop_item (price DESC, size)"],
    ),
    "condition": (
        ("index", "extra, missing"),
        ["DROP INDEX ix_where", "CREATE INDEX ix_where ON shop_item (stock) WHERE stock > 2"],
        ["DROP INDEX ix_where", "CREATE INDEX ix_where ON shop_item (stock) WHERE stock > 2"],
        [],
    ),
    "method": (
        ("index", "extra"),
        [],
        ["CREATE INDEX by_hand ON shop_item USING hash (price)"],
        [],
    ),
    "unique added": (
        ("unique", "extra"),
        ["CREATE UNIQUE INDEX by_hand ON shop_item (price)"],
        [f"{ITEM} ADD CONSTRAINT by_hand UNIQUE (price)"],
        ["CREATE UNIQUE INDEX by_hand ON shop_item (price)"],
    ),
    "unique gone": (
        ("unique", "missing"),
        rewritten("integer NOT NULL UNIQUE", "integer NOT NULL"),
        [f"{ITEM} DROP CONSTRAINT {{unique}}"],
        ["DROP INDEX {unique} ON shop_item"],
    ),
    "check added": (
        ("check", "extra"),
        rewritten('"price" decimal', '"price" decimal CHECK (price > 1)'),
        [f"{ITEM} ADD CONSTRAINT by_hand CHECK (price > 1)"],
        [f"{ITEM} ADD CONSTRAINT by_hand CHECK (price > 1)"],
    ),
    "check gone": (
        ("check", "missing"),
        rewritten(', CONSTRAINT "size_above_0" CHECK ("size" > 0)', ""),
        [f"{ITEM} DROP CONSTRAINT size_above_0"],
        [f"{ITEM} DROP CONSTRAINT size_above_0"],
    ),
    "key gone": (
        ("foreign key", "missing"),
        rewritten(' REFERENCES "shop_owner" ("id") DEFERRABLE INITIALLY DEFERRED', ""),
        [f"{ITEM} DROP CONSTRAINT {{key}}"],
        [f"{ITEM} DROP FOREIGN KEY {{key}}"],
    ),
    "key that cascades": (
        ("foreign key", "extra, missing"),
        rewritten('("id") DEFERRABLE', '("id") ON DELETE CASCADE DEFERRABLE'),
        [
            f"{ITEM} DROP CONSTRAINT {{key}}",
            f"{CASCADES} DEFERRABLE INITIALLY DEFERRED",
        ],
        [
            f"{ITEM} DROP FOREIGN KEY {{key}}",
            CASCADES,
        ],
    ),
    "table gone": (
        ("table", "missing"),
        ["DROP TABLE shop_item"],
        ["DROP TABLE shop_item"],
        ["DROP TABLE shop_item"],
    ),
    "sequence of nobody": (
        ("column", "changed"),
        [],
        [
            f"{ITEM} ALTER id DROP IDENTITY",
            "CREATE SEQUENCE loose",
            f"{ITEM} ALTER id SET DEFAULT nextval('loose')",
        ],
        [],
    ),
}


def names() -> dict[str, str]:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "shop_item").items()
    return {
        "index": next(n for n, c in found if c["columns"] == ["size"] and c["index"]),
        "unique": next(n for n, c in found if c["columns"] == ["code"] and c["unique"]),
        "key": next(n for n, c in found if c["foreign_key"]),
    }


def found_and_mended(expected: set[tuple[str, str, str]], statements: list[str]) -> None:
    """Of what the statements change; and nothing is left of it when the suggested SQL was run."""
    assert drift()["differences"] == []
    known = names()
    for statement in statements:
        if statement.startswith("REWRITE "):
            rewrite(*statement.removeprefix("REWRITE ").split(" TO "))
        else:
            sql(statement.format(**{name: quote(told) for name, told in known.items()}))
    report = drift()
    assert {(d["table"], d["kind"], d["way"]) for d in report["differences"]} == expected
    assert all(d["cause"] and d["sql"] for d in report["differences"])
    for difference in report["differences"]:
        for statement in difference["sql"]:
            if not statement.startswith("--"):
                sql(statement)
    assert drift()["differences"] == []


@pytest.mark.parametrize("what", DRIFTS)
def test_found_and_mended(project: Project, what: str) -> None:
    (kind, ways), *by_engine = DRIFTS[what]
    statements = by_engine[("sqlite", "postgresql", "mysql").index(connection.vendor)]
    if not statements:  # there is no such thing on this engine
        return
    write_shop(project)
    found = {("shop_item", kind, way.split()[-1]) for way in ways.split(", ")}
    with project.installed():
        project.migrate()
        found_and_mended(found, statements)
    if connection.vendor == "postgresql":
        sql("DROP SEQUENCE IF EXISTS loose")
