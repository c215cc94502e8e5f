"""What hangs on a table that no migration made: columns, views, triggers, indexes, checks, keys."""

from __future__ import annotations

import pytest
from django.db import models
from django.db.migrations import operations as ops

from tests.helpers import Project, model, nothing, plan, sql, told
from tests.steps import Case, integer, judge, names, rows_of, text

ITEM = [model("Item", size=integer(null=True), name=text())]
ROWS = rows_of("shop_item", size=[1, None], name=["a", "b"])
WIDER = ops.AlterField("Item", "name", text(30))
NARROW = ops.AlterField("Item", "size", models.BigIntegerField(null=True))
GONE = ops.RemoveField("Item", "size")
VIEW = ["CREATE VIEW shop_view AS SELECT size FROM shop_item"]
OTHER_VIEW = ["CREATE VIEW shop_view AS SELECT name FROM shop_item"]
EXTRA = ["ALTER TABLE shop_item ADD COLUMN extra integer", "UPDATE shop_item SET extra = id"]
FUNCTION = (
    "CREATE OR REPLACE FUNCTION shop_nothing() RETURNS trigger LANGUAGE plpgsql "
    "AS 'BEGIN RETURN NEW; END'"
)
ON_UPDATE = (
    "CREATE TRIGGER shop_trigger AFTER UPDATE %s ON shop_item FOR EACH ROW "
    "EXECUTE FUNCTION shop_nothing()"
)
TRIGGER = {
    "sqlite": ["CREATE TRIGGER shop_trigger AFTER UPDATE ON shop_item BEGIN SELECT 1; END"],
    "postgresql": [FUNCTION, ON_UPDATE % ""],
    "": ["CREATE TRIGGER shop_trigger BEFORE INSERT ON shop_item FOR EACH ROW SET NEW.name = 'x'"],
}
TRIGGER_OF_SIZE = {
    "sqlite": [],
    "postgresql": [FUNCTION, ON_UPDATE % "OF size"],
    "": ["CREATE TRIGGER broken_trigger BEFORE INSERT ON shop_item FOR EACH ROW SET NEW.size = 1"],
}
REMADE = {"sqlite": ["MT306"]}
MY = ("mariadb", "mysql")
ON_PG = ("postgresql",)
#: Django 5.2 drops columns with CASCADE there.
DROPPED = {"postgresql, Django 5": ["MT306"]}
VIEW_BREAKS = {"mariadb": ["MT307"], "mysql": ["MT307"]}
VIEW_REFUSES = {"sqlite": ["MT117"], "postgresql": ["MT116"], "": []}

CASES: dict[str, Case] = {
    "a column, and the table is made anew": Case(ITEM, [NARROW], ROWS, by_hand=EXTRA),
    "a column, and a renamed table is made anew": Case(
        ITEM,
        [ops.RenameModel("Item", "Thing"), ops.AlterField("Thing", "name", text(30))],
        ROWS,
        by_hand=EXTRA,
    ),
    "a column, and another is added": Case(
        ITEM, [ops.AddField("Item", "x", integer(null=True))], ROWS, by_hand=EXTRA
    ),
    "a column, and another with a default is added": Case(
        ITEM, [ops.AddField("Item", "x", integer(default=1))], ROWS, by_hand=EXTRA
    ),
    "a column, and another is renamed": Case(
        ITEM, [ops.RenameField("Item", "size", "length")], ROWS, by_hand=EXTRA
    ),
    "a column, and another is dropped": Case(ITEM, [GONE], ROWS, by_hand=EXTRA),
    "a column, and an indexed one is dropped": Case(
        [model("Item", size=integer(null=True, db_index=True), name=text())],
        [GONE],
        ROWS,
        by_hand=EXTRA,
    ),
    "a column, and two steps make the table anew": Case(ITEM, [WIDER, NARROW], ROWS, by_hand=EXTRA),
    "a column, after another was dropped": Case(ITEM, [GONE, WIDER], ROWS, by_hand=EXTRA),
    "a column, and a check": Case(
        ITEM,
        [
            ops.AddConstraint(
                "Item", models.CheckConstraint(condition=models.Q(size__gt=0), name="p")
            )
        ],
        ROWS,
        by_hand=EXTRA,
    ),
    "a column, and a unique constraint": Case(
        ITEM,
        [ops.AddConstraint("Item", models.UniqueConstraint(fields=["name"], name="once"))],
        ROWS,
        by_hand=EXTRA,
    ),
    "a column, and fields that become unique together": Case(
        ITEM, [ops.AlterUniqueTogether("Item", {("size", "name")})], ROWS, by_hand=EXTRA
    ),
    "a column, and choices that change": Case(
        ITEM,
        [ops.AlterField("Item", "size", integer(null=True, choices=[(1, "one")]))],
        ROWS,
        by_hand=EXTRA,
    ),
    "a column of links, and the field is altered": Case(
        [
            model("Tag", name=text()),
            model("Item", tags=models.ManyToManyField("shop.Tag")),
        ],
        [ops.RenameField("Item", "tags", "labels")],
        {
            **rows_of("shop_tag", name=["x"]),
            "shop_item": {"id": [1]},
            **rows_of("shop_item_tags", item_id=[1], tag_id=[1]),
        },
        by_hand=["ALTER TABLE shop_item_tags ADD COLUMN extra integer DEFAULT 3"],
    ),
    "a view of the table": Case(
        ITEM,
        [ops.DeleteModel("Item")],
        ROWS,
        by_hand=VIEW,
        codes={"postgresql": ["MT306"], "": ["MT307"]},
    ),
    "a view of the table, and a view of that": Case(
        ITEM,
        [ops.DeleteModel("Item")],
        ROWS,
        by_hand=[*VIEW, "CREATE VIEW shop_second AS SELECT * FROM shop_view"],
        codes={"postgresql": ["MT306"] * 2, "": ["MT307"] * 2},
    ),
    "a view of the column": Case(
        ITEM,
        [GONE],
        ROWS,
        by_hand=VIEW,
        blocked={**VIEW_REFUSES, "postgresql, Django 5": []},
        codes={**VIEW_BREAKS, **DROPPED},
    ),
    "a view of another column": Case(ITEM, [GONE], ROWS, by_hand=OTHER_VIEW, blocked=[]),
    "a view of a column that changes": Case(
        ITEM, [NARROW], ROWS, by_hand=VIEW, blocked=VIEW_REFUSES
    ),
    "a view of a column beside one that changes": Case(
        ITEM, [NARROW], ROWS, by_hand=OTHER_VIEW, blocked={"sqlite": ["MT117"], "": []}
    ),
    "a view, and NULL is forbidden": Case(
        ITEM,
        [ops.AlterField("Item", "size", integer(default=3))],
        ROWS,
        by_hand=VIEW,
        blocked={"sqlite": ["MT117"], "": []},
    ),
    "a view, and the column is renamed": Case(
        ITEM, [ops.RenameField("Item", "size", "length")], ROWS, by_hand=VIEW, codes=VIEW_BREAKS
    ),
    "a view, and the table is renamed": Case(
        ITEM, [ops.RenameModel("Item", "Thing")], ROWS, by_hand=VIEW, codes=VIEW_BREAKS
    ),
    "a view that is broken already": Case(
        [*ITEM, model("Other", size=integer(null=True))],
        [NARROW],
        ROWS,
        by_hand={
            "sqlite": ["CREATE VIEW shop_view AS SELECT x FROM gone"],
            "": ["CREATE VIEW shop_view AS SELECT size FROM shop_other"],
        },
        blocked={"sqlite": ["MT117"], "": []},
    ),
    "a view of another table, made on the way": Case(
        [*ITEM, model("Other", size=integer(null=True))],
        [
            ops.RunSQL("CREATE VIEW shop_view AS SELECT size FROM shop_other", "SELECT 1"),
            ops.RenameField("Item", "size", "length"),
        ],
        ROWS,
        blocked=[],
    ),
    "a view with the column's name in a text": Case(
        ITEM,
        [ops.AddField("Item", "x", integer(null=True)), GONE],
        ROWS,
        by_hand=["CREATE VIEW shop_view AS SELECT 'size, shop_item' AS label"],
        blocked=[],
    ),
    "a trigger, and the table is made anew": Case(
        ITEM, [WIDER], ROWS, by_hand=TRIGGER, codes=REMADE
    ),
    "a trigger, and another column is dropped": Case(ITEM, [GONE], ROWS, by_hand=TRIGGER),
    "a trigger of the column": Case(
        ITEM,
        [GONE],
        ROWS,
        by_hand=TRIGGER_OF_SIZE,
        blocked={"postgresql": ["MT116"], "postgresql, Django 5": [], "": []},
        codes={**VIEW_BREAKS, **DROPPED},
    ),
    "a trigger of a column that changes": Case(
        ITEM, [NARROW], ROWS, by_hand=TRIGGER_OF_SIZE, blocked={"postgresql": ["MT116"], "": []}
    ),
    "a rule of the column": Case(
        ITEM,
        [NARROW],
        ROWS,
        by_hand=[
            "CREATE RULE shop_rule AS ON UPDATE TO shop_item WHERE NEW.size > 5 DO ALSO NOTHING"
        ],
        blocked=["MT116"],
        only=ON_PG,
    ),
    "a policy of the column": Case(
        ITEM,
        [NARROW],
        ROWS,
        by_hand=["CREATE POLICY shop_policy ON shop_item USING (size > 0)"],
        blocked=["MT116"],
        only=ON_PG,
    ),
}


@pytest.mark.parametrize("name", names(CASES))
def test_step(project: Project, name: str) -> None:
    judge(project, CASES[name], name)


def test_what_hangs_after_python_code_may_be_gone_by_then(project: Project) -> None:
    """So it is told, and the plan is not refused for it."""
    project.migration("0001_initial", *ITEM)
    project.migration("0002_step", ops.RunPython(nothing, ops.RunPython.noop), GONE)
    with project.installed():
        project.migrate("shop", "0001")
        for statement in VIEW:
            sql(statement)
        found = [f for f in told(plan("shop"), "findings") if f["code"] != "MT201"]
    assert {f["severity"] for f in found} == {"warning"}
    assert all(f["message"].endswith("an earlier step may drop it") for f in found)
