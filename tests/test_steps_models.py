"""Models and fields that go, come back, are renamed or swapped: what goes along, what stays."""

from __future__ import annotations

import pytest
from django.db import models
from django.db.migrations import operations as ops
from django.db.models import F, Q

from tests.helpers import Project, foreign_key, key, model
from tests.steps import Case, integer, judge, names, rows_of, text

ITEM = [model("Item", size=integer(null=True), name=text())]
ROWS = rows_of("shop_item", size=[1, None, 3], name=["a", "b", "c"])
TAGGED = [model("Tag", name=text()), model("Item", tags=models.ManyToManyField("shop.Tag"))]
LINKS = {
    **rows_of("shop_tag", name=["x", "y"]),
    "shop_item": {"id": [1, 2]},
    **rows_of("shop_item_tags", item_id=[1, 1, 2], tag_id=[1, 2, 2]),
}
THROUGH = [
    model("Tag", name=text()),
    model("Item", size=integer(null=True)),
    model("Link", item=foreign_key("shop.Item"), tag=foreign_key("shop.Tag")),
    ops.AddField("Item", "tags", models.ManyToManyField("shop.Tag", through="shop.Link")),
]
LINKED = {
    **rows_of("shop_tag", name=["x"]),
    **rows_of("shop_item", size=[1]),
    **rows_of("shop_link", item_id=[1], tag_id=[1]),
}
POINTER = models.OneToOneField(
    "shop.Item",
    models.CASCADE,
    parent_link=True,
    primary_key=True,
    serialize=False,
    auto_created=True,
)
HEIRS = [
    *ITEM,
    ops.CreateModel("Car", [("item_ptr", POINTER), ("doors", integer())], bases=("shop.item",)),
]
INHERITED = {**ROWS, "shop_car": {"item_ptr_id": [2], "doors": [4]}}
SELF = [model("Item", friends=models.ManyToManyField("self"))]
INDEXED = [
    model("Item", size=integer(null=True, db_index=True), name=text(unique=True, null=True)),
    ops.AddIndex("Item", models.Index(fields=["size", "name"], name="of_both")),
]
DOUBLE = models.GeneratedField(
    expression=F("size") * 2, output_field=models.IntegerField(), db_persist=True
)
GENERATED = [model("Item", size=integer(null=True), twice=DOUBLE)]
SIZED = rows_of("shop_item", size=[1, None, 3])
POSITIVE = models.CheckConstraint(condition=Q(size__gt=0), name="positive")
CHECKED = [*ITEM, ops.AddConstraint("Item", POSITIVE)]
PAIRED = [
    model("Item", {"unique_together": {("size", "name")}}, size=integer(null=True), name=text())
]
UNMANAGED = [*ITEM, model("Raw", {"managed": False, "db_table": "shop_raw"}, size=integer())]
RAW = ["CREATE TABLE shop_raw (id integer, size integer)", "INSERT INTO shop_raw VALUES (1, 2)"]

CASES: dict[str, Case] = {
    # --- models that go
    "delete the model with a many-to-many field": Case(TAGGED, [ops.DeleteModel("Item")], LINKS),
    "delete a model with a many-to-many field to itself": Case(
        SELF,
        [ops.DeleteModel("Item")],
        {
            "shop_item": {"id": [1, 2]},
            **rows_of("shop_item_friends", from_item_id=[1], to_item_id=[2]),
        },
    ),
    "delete both ends of a many-to-many field": Case(
        TAGGED,
        [ops.RemoveField("Item", "tags"), ops.DeleteModel("Tag"), ops.DeleteModel("Item")],
        LINKS,
    ),
    "delete a through model and its field": Case(
        THROUGH, [ops.RemoveField("Item", "tags"), ops.DeleteModel("Link")], LINKED
    ),
    "delete an inheriting model": Case(HEIRS, [ops.DeleteModel("Car")], INHERITED),
    "delete an inheriting model and its parent": Case(
        HEIRS, [ops.DeleteModel("Car"), ops.DeleteModel("Item")], INHERITED
    ),
    "delete the parent of an inheriting model": Case(
        HEIRS,
        [ops.DeleteModel("Item")],
        INHERITED,
        blocked={"sqlite": ["MT109"], "postgresql": [], "": ["MT116"]},
        codes={"postgresql": ["MT306"]},
    ),
    "delete a proxy": Case(
        [*ITEM, ops.CreateModel("Thing", [], options={"proxy": True}, bases=("shop.item",))],
        [ops.DeleteModel("Thing")],
        ROWS,
    ),
    "delete an unmanaged model": Case(UNMANAGED, [ops.DeleteModel("Raw")], ROWS, by_hand=RAW),
    "a model is no longer managed": Case(
        ITEM, [ops.AlterModelOptions("Item", {"managed": False})], ROWS
    ),
    "a model is no longer managed, and then deleted": Case(
        ITEM, [ops.AlterModelOptions("Item", {"managed": False}), ops.DeleteModel("Item")], ROWS
    ),
    "a swappable model, not swapped": Case(
        [model("Item", {"swappable": "SHOP_ITEM_MODEL"}, size=integer(null=True))],
        [ops.DeleteModel("Item")],
        SIZED,
    ),
    "a model deleted in the state only": Case(
        ITEM, [ops.SeparateDatabaseAndState(state_operations=[ops.DeleteModel("Item")])], ROWS
    ),
    "a model deleted in the database only": Case(
        ITEM, [ops.SeparateDatabaseAndState(database_operations=[ops.DeleteModel("Item")])], ROWS
    ),
    "a model deleted and made again": Case(ITEM, [ops.DeleteModel("Item"), *ITEM], ROWS),
    "the way back of a new model": Case(
        [model("Other", size=integer())], ITEM, ROWS, backwards=True
    ),
    "the way back of a new many-to-many field": Case(
        [model("Tag", name=text()), model("Item", size=integer(null=True))],
        [ops.AddField("Item", "tags", models.ManyToManyField("shop.Tag"))],
        {**LINKS, **rows_of("shop_item", size=[1, 2])},
        backwards=True,
    ),
    # --- fields that go
    "remove a many-to-many field": Case(TAGGED, [ops.RemoveField("Item", "tags")], LINKS),
    "remove a many-to-many field and add it again": Case(
        TAGGED,
        [
            ops.RemoveField("Item", "tags"),
            ops.AddField("Item", "tags", models.ManyToManyField("shop.Tag")),
        ],
        LINKS,
    ),
    "remove an indexed field": Case(
        INDEXED, [ops.RemoveIndex("Item", "of_both"), ops.RemoveField("Item", "size")], ROWS
    ),
    "remove an indexed field, its index left": Case(
        INDEXED, [ops.RemoveField("Item", "size")], ROWS
    ),
    "remove a plain field, its index left": Case(
        [*ITEM, ops.AddIndex("Item", models.Index(fields=["size", "name"], name="of_both"))],
        [ops.RemoveField("Item", "size")],
        ROWS,
        blocked={"sqlite": ["MT117"], "": []},
    ),
    "remove a unique field": Case(INDEXED, [ops.RemoveField("Item", "name")], ROWS),
    "remove a generated field": Case(GENERATED, [ops.RemoveField("Item", "twice")], SIZED),
    "remove the base of a generated field": Case(
        GENERATED,
        [ops.RemoveField("Item", "size")],
        SIZED,
        blocked={"sqlite": ["MT117"], "postgresql, Django 5": [], "": ["MT116"]},
        codes={"postgresql, Django 5": ["MT306"]},
    ),
    "remove a generated field and its base": Case(
        GENERATED, [ops.RemoveField("Item", "twice"), ops.RemoveField("Item", "size")], SIZED
    ),
    "change the base of a generated field": Case(
        GENERATED,
        [ops.AlterField("Item", "size", models.BigIntegerField(null=True))],
        SIZED,
        blocked={"postgresql": ["MT116"], "": []},
    ),
    "rename the base of a generated field": Case(
        GENERATED,
        [ops.RenameField("Item", "size", "length")],
        SIZED,
        blocked={"mysql": ["MT116"], "": []},
    ),
    "remove a field with a check": Case(
        CHECKED,
        [ops.RemoveConstraint("Item", "positive"), ops.RemoveField("Item", "size")],
        rows_of("shop_item", size=[1, None], name=["a", "b"]),
    ),
    "remove a field in the state only": Case(
        ITEM,
        [ops.SeparateDatabaseAndState(state_operations=[ops.RemoveField("Item", "size")])],
        ROWS,
    ),
    # --- names
    "rename a model with links": Case(TAGGED, [ops.RenameModel("Item", "Thing")], LINKS),
    "rename the target of links": Case(TAGGED, [ops.RenameModel("Tag", "Label")], LINKS),
    "rename a model, its links, and remove them": Case(
        TAGGED,
        [
            ops.RenameModel("Item", "Thing"),
            ops.RenameField("Thing", "tags", "labels"),
            ops.RemoveField("Thing", "labels"),
        ],
        LINKS,
    ),
    "rename a model with another one's key": Case(
        [model("Maker", name=text()), model("Item", maker=foreign_key("shop.Maker", null=True))],
        [ops.RenameModel("Maker", "Firm"), ops.RemoveField("Item", "maker")],
        {**rows_of("shop_maker", name=["m"]), **rows_of("shop_item", maker_id=[1])},
    ),
    "rename a table, and rename it back": Case(
        ITEM, [ops.AlterModelTable("Item", "shop_x"), ops.AlterModelTable("Item", None)], ROWS
    ),
    "rename a table twice, then remove a field": Case(
        ITEM,
        [
            ops.AlterModelTable("Item", "shop_x"),
            ops.RenameModel("Item", "Thing"),
            ops.AlterModelTable("Thing", "shop_y"),
            ops.RemoveField("Thing", "size"),
        ],
        ROWS,
    ),
    "remove a field, then rename the table": Case(
        ITEM, [ops.RemoveField("Item", "size"), ops.RenameModel("Item", "Thing")], ROWS
    ),
    "swap two tables, then delete one": Case(
        [model("Item", size=integer(null=True), name=text()), model("Other", size=integer())],
        [
            ops.RenameModel("Item", "Third"),
            ops.RenameModel("Other", "Item"),
            ops.RenameModel("Third", "Other"),
            ops.DeleteModel("Other"),
        ],
        {**ROWS, **rows_of("shop_other", size=[7])},
    ),
    "swap two columns, then remove one": Case(
        [model("Item", a=integer(null=True), b=integer(null=True))],
        [
            ops.RenameField("Item", "a", "c"),
            ops.RenameField("Item", "b", "a"),
            ops.RenameField("Item", "c", "b"),
            ops.RemoveField("Item", "b"),
        ],
        rows_of("shop_item", a=[1, 2], b=[3, None]),
    ),
    "rename a column, then alter it": Case(
        ITEM,
        [
            ops.RenameField("Item", "size", "length"),
            ops.AlterField("Item", "length", models.BigIntegerField(null=True)),
        ],
        ROWS,
    ),
    "give a column another name": Case(
        ITEM, [ops.AlterField("Item", "size", integer(null=True, db_column="length"))], ROWS
    ),
    "rename a model in its letter case": Case(
        ITEM, [ops.RenameModel("Item", "ITEM")], ROWS, blocked=["MT110"]
    ),
    "rename an index": Case(INDEXED, [ops.RenameIndex("Item", "both", old_name="of_both")], ROWS),
    # --- constraints that go
    "fields no longer unique together": Case(
        PAIRED, [ops.AlterUniqueTogether("Item", set())], ROWS
    ),
    "a check that goes": Case(
        CHECKED,
        [ops.RemoveConstraint("Item", "positive")],
        rows_of("shop_item", size=[1, None], name=["a", "b"]),
    ),
    "an index that goes": Case(INDEXED, [ops.RemoveIndex("Item", "of_both")], ROWS),
    "a field no longer unique": Case(
        INDEXED, [ops.AlterField("Item", "name", text(null=True))], ROWS
    ),
    "a through model for links that had none": Case(
        TAGGED,
        [
            model("Link", item=foreign_key("shop.Item"), tag=foreign_key("shop.Tag")),
            ops.AlterField("Item", "tags", models.ManyToManyField("shop.Tag", through="shop.Link")),
        ],
        LINKS,
        blocked=["MT110"],
    ),
    "order with respect to": Case(
        [model("Maker", name=text()), model("Item", maker=foreign_key("shop.Maker"))],
        [ops.AlterOrderWithRespectTo("Item", "maker")],
        {**rows_of("shop_maker", name=["m"]), **rows_of("shop_item", maker_id=[1])},
    ),
    "a generated field": Case(
        [model("Item", size=integer(null=True))], [ops.AddField("Item", "twice", DOUBLE)], SIZED
    ),
    "a composite primary key": Case(
        [ops.CreateModel("Item", [key(), ("size", integer()), ("name", text())])],
        [
            ops.RemoveField("Item", "id"),
            ops.AddField("Item", "pk", models.CompositePrimaryKey("size", "name")),
        ],
        {"shop_item": {"id": [7, 9], "size": [1, 2], "name": ["a", "b"]}},
        by="name",
    ),
}


@pytest.mark.parametrize("name", names(CASES))
def test_step(project: Project, name: str) -> None:
    judge(project, CASES[name], name)
