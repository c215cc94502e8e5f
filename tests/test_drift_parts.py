"""Drift of what Django's introspection does not tell: expressions, conditions, methods, options."""

from __future__ import annotations

import pytest
from django.db import connection, migrations, models
from django.db.models.functions import Lower

from tests.helpers import Project, changes_tables, foreign_key, model, sql
from tests.run_commands import answer
from tests.settings import ENGINE
from tests.test_drift import found_and_mended, rewritten

pytestmark = changes_tables

F, Q = models.F, models.Q


def write_shop(project: Project) -> None:
    project.migration("0001_initial", model("Owner"), model("Other"))
    project.migration(
        "0002_item",
        model(
            "Item",
            {"db_table_comment": "all of them"},
            size=models.IntegerField(db_index=True),
            color=models.CharField(max_length=10, null=True),
            code=models.IntegerField(unique=True),
            second=models.BigIntegerField(null=True),
            total=models.GeneratedField(
                expression=F("size") + F("code"),
                output_field=models.IntegerField(),
                db_persist=True,
            ),
            owner=foreign_key("shop.owner"),
        ),
        *(
            migrations.AddConstraint("item", constraint)
            for constraint in (
                models.CheckConstraint(condition=Q(size__gt=0), name="size_above"),
                models.UniqueConstraint(fields=["size"], condition=Q(code__gt=3), name="partly"),
            )
        ),
        *(
            migrations.AddIndex("item", index)
            for index in (
                models.Index(fields=["-second"], name="ix_desc"),
                models.Index(Lower("color"), name="ix_lower"),
            )
        ),
    )


ITEM = "ALTER TABLE shop_item"
KEY = "ADD CONSTRAINT {key} FOREIGN KEY (owner_id) REFERENCES"
#: what: {(kind, way), ...}, and the statements on each engine that has such a thing.
Drifts = dict[str, tuple[set[tuple[str, str]], dict[str, list[str]]]]
DRIFTS: Drifts = {
    "check of another condition": (
        {("check", "extra"), ("check", "missing")},
        {
            "sqlite": rewritten('CHECK ("size" > 0)', 'CHECK ("size" > 1)'),
            "postgresql": [
                f"{ITEM} DROP CONSTRAINT size_above",
                f"{ITEM} ADD CONSTRAINT size_above CHECK (size > 1)",
            ],
            "mariadb": [
                f"{ITEM} DROP CONSTRAINT size_above",
                f"{ITEM} ADD CONSTRAINT size_above CHECK (size > 1)",
            ],
            "mysql": [
                f"{ITEM} DROP CHECK size_above",
                f"{ITEM} ADD CONSTRAINT size_above CHECK (size > 1)",
            ],
        },
    ),
    "check that is not looked at": (
        {("check", "extra"), ("check", "missing")},
        {
            "mysql": [f"{ITEM} ALTER CHECK size_above NOT ENFORCED"],
            "postgresql": [
                f"{ITEM} DROP CONSTRAINT size_above",
                f"{ITEM} ADD CONSTRAINT size_above CHECK (size > 0) NOT VALID",
            ],
        },
    ),
    "unique of another condition": (
        {("unique", "extra"), ("unique", "missing")},
        {
            "sqlite": [
                "DROP INDEX partly",
                "CREATE UNIQUE INDEX partly ON shop_item (size) WHERE code > 4",
            ],
        },
    ),
    "unique index of another condition": (
        {("index", "extra"), ("index", "missing")},
        {
            "postgresql": [
                "DROP INDEX partly",
                "CREATE UNIQUE INDEX partly ON shop_item (size) WHERE code > 4",
            ],
        },
    ),
    "generated of another expression": (
        {("column", "changed")},
        {
            "sqlite": rewritten('("size" + "code")', '("size" - "code")'),
            "postgresql": [
                f"{ITEM} DROP COLUMN total",
                f"{ITEM} ADD COLUMN total integer GENERATED ALWAYS AS (size - code) STORED",
            ],
            "mariadb": [f"{ITEM} MODIFY total integer GENERATED ALWAYS AS (size - code) STORED"],
            "mysql": [f"{ITEM} MODIFY total integer GENERATED ALWAYS AS (size - code) STORED"],
        },
    ),
    "generated no more": (
        {("column", "changed")},
        {
            "sqlite": rewritten('GENERATED ALWAYS AS (("size" + "code")) STORED', ""),
            "postgresql": [f"{ITEM} ALTER total DROP EXPRESSION"],
            "mariadb": [f"{ITEM} MODIFY total integer NULL"],
            "mysql": [f"{ITEM} MODIFY total integer NULL"],
        },
    ),
    "key to another table": (
        {("foreign key", "extra"), ("foreign key", "missing")},
        {
            "sqlite": rewritten('REFERENCES "shop_owner"', 'REFERENCES "shop_other"'),
            "postgresql": [
                f"{ITEM} DROP CONSTRAINT {{key}}",
                f"{ITEM} {KEY} shop_other (id) DEFERRABLE INITIALLY DEFERRED",
            ],
            "mariadb": [f"{ITEM} DROP FOREIGN KEY {{key}}", f"{ITEM} {KEY} shop_other (id)"],
            "mysql": [f"{ITEM} DROP FOREIGN KEY {{key}}", f"{ITEM} {KEY} shop_other (id)"],
        },
    ),
    "key that is not deferred": (
        {("foreign key", "extra"), ("foreign key", "missing")},
        {
            "sqlite": rewritten('("id") DEFERRABLE INITIALLY DEFERRED', '("id")'),
            "postgresql": [f"{ITEM} ALTER CONSTRAINT {{key}} NOT DEFERRABLE"],
        },
    ),
    "key that was added": (
        # An index comes with it, where none is there that begins with the column.
        {("foreign key", "extra")} | ({("index", "extra")} if ENGINE == "mysql" else set()),
        {
            "sqlite": rewritten(
                '"second" bigint NULL', '"second" bigint REFERENCES shop_other(id)'
            ),
            "postgresql": [f"{ITEM} ADD FOREIGN KEY (second) REFERENCES shop_other (id)"],
            "mariadb": [f"{ITEM} ADD FOREIGN KEY (second) REFERENCES shop_other (id)"],
            "mysql": [f"{ITEM} ADD FOREIGN KEY (second) REFERENCES shop_other (id)"],
        },
    ),
    "index turned round": (
        {("index", "extra"), ("index", "missing")},
        {
            "sqlite": ["DROP INDEX ix_desc", "CREATE INDEX ix_desc ON shop_item (second)"],
            "postgresql": ["DROP INDEX ix_desc", "CREATE INDEX ix_desc ON shop_item (second)"],
            "mariadb": [
                "DROP INDEX ix_desc ON shop_item",
                "CREATE INDEX ix_desc ON shop_item (second)",
            ],
            "mysql": [
                "DROP INDEX ix_desc ON shop_item",
                "CREATE INDEX ix_desc ON shop_item (second)",
            ],
        },
    ),
    "index of another expression": (
        {("index", "extra"), ("index", "missing")},
        {
            "sqlite": ["DROP INDEX ix_lower", "CREATE INDEX ix_lower ON shop_item (upper(color))"],
            "postgresql": [
                "DROP INDEX ix_lower",
                "CREATE INDEX ix_lower ON shop_item (upper(color))",
            ],
            "mysql": [
                "DROP INDEX ix_lower ON shop_item",
                "CREATE INDEX ix_lower ON shop_item ((upper(color)))",
            ],
        },
    ),
    "index with more columns in it": (
        {("index", "extra"), ("index", "missing")},
        {
            "postgresql": [
                "DROP INDEX ix_desc",
                "CREATE INDEX ix_desc ON shop_item (second DESC) INCLUDE (size)",
            ],
        },
    ),
    "index of a part of a text": (
        {("index", "extra")},
        {
            "postgresql": ["CREATE INDEX by_hand ON shop_item (color varchar_pattern_ops)"],
            "mariadb": ["CREATE INDEX by_hand ON shop_item (color(3))"],
            "mysql": ["CREATE INDEX by_hand ON shop_item (color(3))"],
        },
    ),
    "index that is not seen": (
        {("index", "extra"), ("index", "missing")},
        {
            "postgresql": [
                "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_desc'::regclass"
            ],
            "mariadb": [f"{ITEM} ALTER INDEX ix_desc IGNORED"],
            "mysql": [f"{ITEM} ALTER INDEX ix_desc INVISIBLE"],
        },
    ),
    "comment of the table": (
        {("option", "changed")},
        {
            "postgresql": ["COMMENT ON TABLE shop_item IS 'others'"],
            "mariadb": [f"{ITEM} COMMENT = 'others'"],
            "mysql": [f"{ITEM} COMMENT = 'others'"],
        },
    ),
    "comment that went": (
        {("option", "missing" if connection.vendor == "postgresql" else "changed")},
        {
            "postgresql": ["COMMENT ON TABLE shop_item IS NULL"],
            "mariadb": [f"{ITEM} COMMENT = ''"],
            "mysql": [f"{ITEM} COMMENT = ''"],
        },
    ),
    "character set": (
        # The other engine says of each column what it is, also where it follows its table.
        {("option", "changed")} | ({("column", "changed")} if ENGINE == "mysql" else set()),
        {
            "mariadb": [f"{ITEM} CONVERT TO CHARACTER SET latin1"],
            "mysql": [
                f"{ITEM} MODIFY color varchar(10) CHARACTER SET latin1",
                f"{ITEM} CHARSET latin1",
            ],
        },
    ),
    "identity that takes no value": (
        {("column", "changed")},
        {"postgresql": [f"{ITEM} ALTER id SET GENERATED ALWAYS"]},
    ),
    "primary key": (
        {("primary key", "missing")},
        {"postgresql": [f"{ITEM} DROP CONSTRAINT shop_item_pkey"]},
    ),
}


@pytest.mark.parametrize("what", [what for what, told in DRIFTS.items() if ENGINE in told[1]])
def test_found_and_mended(project: Project, what: str) -> None:
    found, by_engine = DRIFTS[what]
    write_shop(project)
    with project.installed():
        project.migrate()
        found_and_mended({("shop_item", *one) for one in found}, by_engine[ENGINE])


def test_what_django_never_makes_is_listed_and_no_drift(project: Project) -> None:
    write_shop(project)
    body = {
        "sqlite": "BEGIN SELECT 1; END",
        "postgresql": "EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "mysql": "SET @a = 1",
    }[connection.vendor]
    with project.installed("django.contrib.contenttypes", "django.contrib.auth"):
        project.migrate()
        sql("CREATE VIEW shop_view AS SELECT size FROM shop_item")
        sql(f"CREATE TRIGGER shop_trigger BEFORE UPDATE ON shop_item FOR EACH ROW {body}")
        sql("CREATE TABLE shop_more (a integer)")
        text = answer("migration_diff", live=True)
    assert "no difference" in text
    for told in ("view shop_view", "trigger shop_trigger on shop_item", "table shop_more"):
        assert f"    {told}\n" in text
