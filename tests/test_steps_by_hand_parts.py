"""Indexes, checks, keys and defaults that no migration made, and what becomes of them."""

from __future__ import annotations

import pytest
from django.db import models
from django.db.migrations import operations as ops

from tests.helpers import Project, foreign_key, model
from tests.steps import Case, integer, judge, names, rows_of, text
from tests.test_steps_by_hand import DROPPED, GONE, ITEM, MY, NARROW, REMADE, ROWS, VIEW, WIDER

TWICE = "ALTER TABLE shop_item ADD COLUMN twice integer GENERATED ALWAYS AS (size * 2)"
RAW = (
    "CREATE TABLE shop_raw (id integer, item_id bigint, "
    "FOREIGN KEY (item_id) REFERENCES shop_item (id))"
)
BY_HAND = "ALTER TABLE shop_item ADD CONSTRAINT by_hand "

CASES: dict[str, Case] = {
    "an index, and the table is made anew": Case(
        ITEM, [WIDER], ROWS, by_hand=["CREATE INDEX by_hand ON shop_item (size)"], codes=REMADE
    ),
    "an index of Django's, and the table is made anew": Case(
        [
            model("Item", size=integer(null=True, db_index=True), name=text(unique=True)),
            ops.AddIndex("Item", models.Index(fields=["size", "name"], name="of_both")),
        ],
        [WIDER],
        ROWS,
    ),
    "an index of the column": Case(
        ITEM,
        [GONE],
        ROWS,
        by_hand=["CREATE INDEX by_hand ON shop_item (size)"],
        blocked={"sqlite": ["MT117"], "": []},
    ),
    "an index of several columns": Case(
        ITEM,
        [GONE],
        ROWS,
        by_hand=["CREATE INDEX by_hand ON shop_item (name, size)"],
        blocked={"sqlite": ["MT117"], "": []},
        codes={"postgresql": ["MT306"]},
    ),
    "a unique index of several columns": Case(
        ITEM,
        [GONE],
        ROWS,
        by_hand=["CREATE UNIQUE INDEX by_hand ON shop_item (name, size)"],
        blocked={"sqlite": ["MT117"], "mariadb": ["MT116"], "": []},
        codes={"postgresql": ["MT306"]},
    ),
    "a unique index that shrinks to repeated values": Case(
        ITEM,
        [GONE],
        rows_of("shop_item", size=[1, 2], name=["a", "a"]),
        by_hand=["CREATE UNIQUE INDEX by_hand ON shop_item (name, size)"],
        blocked={"sqlite": ["MT117"], "mariadb": ["MT116"], "mysql": ["MT108"], "": []},
        codes={"postgresql": ["MT306"]},
    ),
    "fields that are unique together, removed in order": Case(
        [
            model(
                "Item",
                {"unique_together": {("size", "name")}},
                size=integer(null=True),
                name=text(),
            )
        ],
        [ops.AlterUniqueTogether("Item", set()), GONE],
        ROWS,
    ),
    "a unique constraint, removed in order": Case(
        [
            *ITEM,
            ops.AddConstraint("Item", models.UniqueConstraint(fields=["size", "name"], name="u")),
        ],
        [ops.RemoveConstraint("Item", "u"), GONE],
        ROWS,
    ),
    "an index by hand, and it is gone when the column goes": Case(
        ITEM,
        [WIDER, GONE],
        ROWS,
        by_hand=["CREATE INDEX by_hand ON shop_item (size, name)"],
        codes={"sqlite": ["MT306"], "postgresql": ["MT306"]},
    ),
    "a field that loses its index, and then goes": Case(
        [model("Item", size=integer(null=True, db_index=True), name=text())],
        [ops.AlterField("Item", "size", integer(null=True)), GONE],
        ROWS,
    ),
    "a key that is removed beside another field": Case(
        [
            model("Maker", name=text()),
            model(
                "Item",
                maker=foreign_key("shop.Maker", null=True),
                size=integer(null=True),
                name=text(),
            ),
        ],
        [ops.RemoveField("Item", "maker"), GONE],
        ROWS,
    ),
    "a view of a table that is deleted, and another table is made anew": Case(
        [*ITEM, model("Other", name=text())],
        [ops.DeleteModel("Item"), ops.AlterField("Other", "name", text(30))],
        ROWS,
        by_hand=VIEW,
        blocked={"sqlite": ["MT117"], "": []},
        codes={"postgresql": ["MT306"], "": ["MT307"]},
    ),
    "a check of the column": Case(
        ITEM,
        [GONE],
        ROWS,
        by_hand={
            "sqlite": [],
            "": [f"{BY_HAND} CHECK (size > 0)"],
        },
    ),
    "a check of several columns": Case(
        ITEM,
        [GONE],
        ROWS,
        by_hand={
            "sqlite": [],
            "": [f"{BY_HAND} CHECK (size > 0 OR name > '')"],
        },
        blocked={"mariadb": ["MT116"], "mysql": ["MT116"], "": []},
        codes={"postgresql": ["MT306"]},
    ),
    "a check, and the column is renamed": Case(
        ITEM,
        [ops.RenameField("Item", "size", "length")],
        ROWS,
        by_hand={
            "sqlite": [],
            "": [f"{BY_HAND} CHECK (size > 0)"],
        },
        blocked={"mysql": ["MT116"], "": []},
    ),
    "a check of Django's, and the column is renamed": Case(
        [
            *ITEM,
            ops.AddConstraint(
                "Item", models.CheckConstraint(condition=models.Q(size__gt=0), name="p")
            ),
        ],
        [ops.RenameField("Item", "size", "length")],
        ROWS,
        blocked={"mysql": ["MT116"], "": []},
    ),
    "a key to the table": Case(
        ITEM,
        [ops.DeleteModel("Item")],
        ROWS,
        by_hand=[
            RAW,
            "INSERT INTO shop_raw VALUES (1, 1)",
        ],
        blocked={"sqlite": ["MT109"], "postgresql": [], "": ["MT116"]},
        codes={"postgresql": ["MT306"]},
    ),
    "a key to a primary key that changes": Case(
        ITEM,
        [ops.AlterField("Item", "id", models.AutoField(primary_key=True))],
        ROWS,
        by_hand=[
            RAW,
        ],
        blocked={"mariadb": ["MT116"], "mysql": ["MT116"], "": []},
    ),
    "a key from a column that no migration made a key": Case(
        [
            model("Maker", name=text()),
            model("Item", maker=models.BigIntegerField(null=True), size=integer()),
        ],
        [ops.RemoveField("Item", "maker")],
        {**rows_of("shop_maker", name=["m"]), **rows_of("shop_item", maker=[1], size=[1])},
        by_hand={
            "sqlite": [],
            "": [f"{BY_HAND} FOREIGN KEY (maker) REFERENCES shop_maker (id)"],
        },
        blocked={"mariadb": ["MT116"], "mysql": ["MT116"], "": []},
        codes={"postgresql": ["MT306"]},
    ),
    "a table that inherits from it": Case(
        # Its rows are the table's as well, and are counted with it.
        ITEM,
        [ops.DeleteModel("Item")],
        ROWS,
        by_hand=[
            "CREATE TABLE heir () INHERITS (shop_item)",
            "INSERT INTO heir (id, size, name) VALUES (9, 5, 'z')",
        ],
        codes=["MT306"],
        only=("postgresql",),
    ),
    "a default, and the type changes": Case(
        ITEM,
        [NARROW],
        ROWS,
        by_hand={"": ["ALTER TABLE shop_item ALTER COLUMN size SET DEFAULT 7"], "sqlite": []},
        codes={"mariadb": ["MT306"], "mysql": ["MT306"]},
    ),
    "a default that Django left, and the type changes": Case(
        [
            *ITEM,
            ops.AddField("Item", "note", models.TextField(default="x"), preserve_default=False),
        ],
        [ops.AlterField("Item", "note", models.TextField(null=True))],
        rows_of("shop_item", size=[1], name=["a"], note=["n"]),
    ),
    "a comment, and the type changes": Case(
        ITEM,
        [NARROW],
        ROWS,
        by_hand=["ALTER TABLE shop_item MODIFY size integer NULL COMMENT 'by hand'"],
        codes=["MT306"],
        only=MY,
    ),
    "a default, and another column changes": Case(
        ITEM,
        [WIDER],
        ROWS,
        by_hand={"": ["ALTER TABLE shop_item ALTER COLUMN size SET DEFAULT 7"], "sqlite": []},
    ),
    "a generated column of the column": Case(
        ITEM,
        [GONE],
        ROWS,
        by_hand={"postgresql": [f"{TWICE} STORED"], "": [TWICE]},
        blocked={"sqlite": ["MT117"], "postgresql, Django 5": [], "": ["MT116"]},
        codes=DROPPED,
    ),
    "a generated column, and its base changes": Case(
        ITEM,
        [NARROW],
        ROWS,
        by_hand={"postgresql": [f"{TWICE} STORED"], "": [TWICE]},
        blocked={"postgresql": ["MT116"], "": []},
        codes=REMADE,
    ),
}


@pytest.mark.parametrize("name", names(CASES))
def test_step(project: Project, name: str) -> None:
    judge(project, CASES[name], name)
