"""Foreign keys that are violated already, or that a step leaves pointing to nothing."""

from __future__ import annotations

import pytest
from django.db import connection, models
from django.db.migrations import operations as ops
from django.db.migrations.operations.base import Operation

from migration_tools.backends import for_connection
from tests.helpers import Project, foreign_key, model, plan, sql, told
from tests.steps import Case, here, integer, judge, names, rows_of, text

PAIR = [
    model("Maker", name=text(unique=True)),
    model("Item", size=integer(null=True), maker=foreign_key("shop.Maker", null=True)),
]
OTHER = [model("Other", size=integer(null=True))]
ROWS = {
    **rows_of("shop_maker", name=["m"]),
    **rows_of("shop_item", size=[1, 2], maker_id=[1, None]),
}
NO_ROWS = {**rows_of("shop_maker", name=["m"]), **rows_of("shop_item", size=[1], maker_id=[None])}
NAMED = [
    model("Maker", name=text(unique=True)),
    model("Item", maker=foreign_key("shop.Maker", null=True, to_field="name")),
]
NAMED_ROWS = {**rows_of("shop_maker", name=["m"]), **rows_of("shop_item", maker_id=["m", None])}
IN_THE_WAY = {"mysql": ["MT116"], "mariadb": ["MT116"], "sqlite": ["MT109"], "": []}
CASCADE = {"postgresql": ["MT306"]}
#: Django 5.2 drops columns with CASCADE there.
NEEDED = {"postgresql, Django 5": [], "": ["MT116"]}
CASCADES = {"postgresql, Django 5": ["MT306"]}
DELETED: list[Operation] = [ops.DeleteModel("Maker")]


def orphan(table: str = "shop_item", maker: str = "99") -> dict[str, list[str]]:
    """A row that points to nothing; only one engine lets somebody in whose checks are off."""
    return {
        "sqlite": [
            "PRAGMA foreign_keys = OFF",
            f"INSERT INTO {table} (id, maker_id) VALUES (9, {maker})",
            "PRAGMA foreign_keys = ON",
        ]
    }


ONLY = ("sqlite",)

# The database's own ON DELETE CASCADE, of Django 6.1: no step deletes rows one by one, so none is
# removed by it.
CASCADING: dict[str, Case] = {}
if hasattr(models, "DB_CASCADE"):
    CASCADING["delete a model whose rows would take others along"] = Case(
        [
            model("Maker", name=text()),
            model("Item", maker=models.ForeignKey("shop.Maker", models.DB_CASCADE, null=True)),
        ],
        DELETED,
        {**rows_of("shop_maker", name=["m"]), **rows_of("shop_item", maker_id=[1, None])},
        blocked=IN_THE_WAY,
        codes=CASCADE,
    )

CASES: dict[str, Case] = {
    "delete a model that others point to": Case(
        PAIR, DELETED, ROWS, blocked=IN_THE_WAY, codes=CASCADE
    ),
    "delete a model that others point to, without rows that do": Case(
        PAIR,
        DELETED,
        NO_ROWS,
        blocked={"mysql": ["MT116"], "mariadb": ["MT116"], "": []},
        codes=CASCADE,
    ),
    **CASCADING,
    "delete a model after the field that pointed to it": Case(
        PAIR, [ops.RemoveField("Item", "maker"), *DELETED], ROWS
    ),
    "delete a model after the model that pointed to it": Case(
        PAIR, [ops.DeleteModel("Item"), *DELETED], ROWS
    ),
    "delete a model before the model that pointed to it": Case(
        PAIR,
        [*DELETED, ops.DeleteModel("Item")],
        ROWS,
        blocked={"mysql": ["MT116"], "mariadb": ["MT116"], "": []},
        codes=CASCADE,
    ),
    "delete a model after its key became a number": Case(
        PAIR,
        [
            ops.AlterField(
                "Item", "maker", models.BigIntegerField(null=True, db_column="maker_id")
            ),
            *DELETED,
        ],
        ROWS,
    ),
    "delete a model after its key lost its constraint": Case(
        PAIR,
        [
            ops.AlterField(
                "Item", "maker", foreign_key("shop.Maker", null=True, db_constraint=False)
            ),
            *DELETED,
        ],
        ROWS,
    ),
    "delete a model, after a rename, that others point to": Case(
        PAIR,
        [ops.RenameModel("Maker", "Firm"), ops.DeleteModel("Firm")],
        ROWS,
        blocked=IN_THE_WAY,
        # Elsewhere the key goes along, and Django then cannot render its models.
        only=("sqlite", "mariadb", "mysql"),
    ),
    "delete a model that points to itself": Case(
        [model("Item", parent=foreign_key("self", null=True))],
        [ops.DeleteModel("Item")],
        rows_of("shop_item", parent_id=[1, 1]),
    ),
    "delete a model that a new one points to": Case(
        # Keys of new tables are made when the step ends.
        [*OTHER, model("Maker", name=text())],
        [model("Item", maker=foreign_key("shop.Maker")), *DELETED],
        rows_of("shop_other", size=[1]),
    ),
    "delete the target of a many-to-many field": Case(
        [model("Tag", name=text()), model("Item", tags=models.ManyToManyField("shop.Tag"))],
        [ops.DeleteModel("Tag")],
        {
            **rows_of("shop_tag", name=["x"]),
            "shop_item": {"id": [1]},
            **rows_of("shop_item_tags", item_id=[1], tag_id=[1]),
        },
        blocked=IN_THE_WAY,
        codes=CASCADE,
    ),
    "remove the field that keys point to": Case(
        NAMED,
        [ops.RemoveField("Maker", "name")],
        NAMED_ROWS,
        blocked=NEEDED,
        codes=CASCADES,
    ),
    "remove the field that keys point to, without rows": Case(
        NAMED, [ops.RemoveField("Maker", "name")], {}, blocked=NEEDED, codes=CASCADES
    ),
    "remove the field that a removed key pointed to": Case(
        NAMED, [ops.RemoveField("Item", "maker"), ops.RemoveField("Maker", "name")], NAMED_ROWS
    ),
    "an orphan elsewhere": Case(
        [*PAIR, *OTHER],
        [ops.AddField("Other", "x", integer(null=True))],
        ROWS,
        by_hand=orphan(),
        blocked={"sqlite": ["MT115"], "": []},
    ),
    "an orphan in a table that Django does not know": Case(
        [*PAIR, *OTHER],
        [ops.AlterModelOptions("Other", {"verbose_name": "x"})],
        ROWS,
        by_hand={
            "sqlite": [
                "PRAGMA foreign_keys = OFF",
                "CREATE TABLE shop_raw (id integer, maker_id integer REFERENCES shop_maker (id))",
                "INSERT INTO shop_raw VALUES (9, 99)",
                "PRAGMA foreign_keys = ON",
            ]
        },
        blocked=["MT115"],
        only=ONLY,
    ),
    "an orphan before the way back": Case(
        PAIR,
        [ops.AddField("Maker", "x", integer(null=True))],
        ROWS,
        backwards=True,
        by_hand=orphan(),
        blocked=["MT115"],
        only=ONLY,
    ),
    "an orphan in a table that is deleted": Case(
        PAIR, [ops.DeleteModel("Item")], ROWS, by_hand=orphan(), only=ONLY
    ),
    "an orphan in a column that is removed": Case(
        PAIR, [ops.RemoveField("Item", "maker")], ROWS, by_hand=orphan(), only=ONLY
    ),
    "an orphan in a key that becomes a number": Case(
        PAIR,
        [ops.AlterField("Item", "maker", models.BigIntegerField(null=True, db_column="maker_id"))],
        ROWS,
        by_hand=orphan(),
        only=ONLY,
    ),
    "an orphan in a table that is renamed": Case(
        PAIR,
        [ops.RenameModel("Item", "Thing")],
        ROWS,
        by_hand=orphan(),
        blocked=["MT115"],
        only=ONLY,
    ),
    "an orphan whose target is deleted": Case(
        PAIR, DELETED, ROWS, by_hand=orphan(), blocked=["MT109"], only=ONLY
    ),
    "a key to a column that is not unique": Case(
        [*PAIR, *OTHER],
        [ops.AddField("Other", "x", integer(null=True))],
        ROWS,
        by_hand=["CREATE TABLE shop_raw (id integer, size integer REFERENCES shop_item (size))"],
        blocked=["MT115"],
        only=ONLY,
    ),
    "a key to a table that is not there": Case(
        [*PAIR, *OTHER],
        [ops.AddField("Other", "x", integer(null=True))],
        ROWS,
        by_hand=["CREATE TABLE shop_raw (id integer, size integer REFERENCES gone (size))"],
        only=ONLY,
    ),
}


@pytest.mark.parametrize("name", names(CASES))
def test_step(project: Project, name: str) -> None:
    judge(project, CASES[name], name)


def test_the_rows_are_named(project: Project) -> None:
    project.migration("0001_initial", *PAIR)
    project.migration("0002_step", *OTHER)
    with project.installed():
        project.migrate("shop", "0001")
        for statement in here(orphan()):
            sql(statement)
        findings = told(plan("shop", "0002"), "findings")
        unseen = told(plan("shop", "0002", count_timeout=0), "findings")
    if not for_connection(connection).checks_all_keys:
        assert findings == unseen == []
        return
    assert [finding["rows"] for finding in findings] == [1]
    assert sql(findings[0]["query"].rstrip(";")) == [(9, 99)]
    # Nobody looked, so nobody knows; the step cannot destroy anything by failing here.
    assert [found["code"] for found in unseen] == ["MT308"]
