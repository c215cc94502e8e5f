"""Whole steps, judged by the engine: models, columns, constraints and keys, there and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from django.db import models
from django.db.migrations import operations as ops
from django.db.migrations.operations.base import Operation

from tests.helpers import Project, foreign_key, model
from tests.steps import Case, Rows, ids, integer, judge, names, text

ITEM = [model("Item", size=integer(null=True), name=text())]
SIZES = {"shop_item": {"id": ids(4), "size": [1, None, 3, None], "name": list("abca")}}
EMPTY: Mapping[str, Rows] = {}
#: On these no condition is made for a unique constraint, and so no constraint.
NO_CONDITIONS = {"mariadb": ["MT303"], "mysql": ["MT303"]}
NO_NULLS = {"shop_item": {"id": ids(2), "size": [1, 2], "name": ["a", "b"]}}

TAGGED = [
    model("Tag", name=text()),
    model("Item", size=integer(null=True), tags=models.ManyToManyField("shop.Tag")),
]
LINKS = {
    "shop_tag": {"id": ids(2), "name": ["x", "y"]},
    "shop_item": {"id": ids(2), "size": [1, 2]},
    "shop_item_tags": {"id": ids(3), "item_id": [1, 1, 2], "tag_id": [1, 2, 2]},
}
LINK = model(
    "Link", item=foreign_key("shop.Item"), tag=foreign_key("shop.Tag"), since=integer(default=1)
)
THROUGH = [
    model("Tag", name=text()),
    model("Item", size=integer(null=True)),
    LINK,
    ops.AddField("Item", "tags", models.ManyToManyField("shop.Tag", through="shop.Link")),
]
THROUGH_ROWS = {
    "shop_tag": {"id": ids(1), "name": ["x"]},
    "shop_item": {"id": ids(1), "size": [1]},
    "shop_link": {"id": ids(1), "item_id": [1], "tag_id": [1], "since": [7]},
}
PARENT_LINK = models.OneToOneField(
    "shop.Item",
    models.CASCADE,
    parent_link=True,
    primary_key=True,
    serialize=False,
    auto_created=True,
)
HEIRS = [
    *ITEM,
    ops.CreateModel("Car", [("item_ptr", PARENT_LINK), ("doors", integer())], bases=("shop.item",)),
]
HEIRS_ROWS = {**NO_NULLS, "shop_car": {"item_ptr_id": [2], "doors": [4]}}
KEYS = [model("Maker", name=text()), model("Item", maker=models.BigIntegerField(null=True))]


def keyed(*values: int | None) -> Mapping[str, Rows]:
    return {
        "shop_maker": {"id": ids(2), "name": ["m", "n"]},
        "shop_item": {"id": ids(len(values)), "maker": list(values)},
    }


def altered(name: str, new: models.Field[Any, Any]) -> list[Operation]:
    return [ops.AlterField("Item", name, new)]


def unique(*fields: str, **options: Any) -> list[Operation]:
    constraint = models.UniqueConstraint(*fields, name="only_one", **options)
    return [ops.AddConstraint("Item", constraint)]


def check(condition: models.Q) -> list[Operation]:
    return [ops.AddConstraint("Item", models.CheckConstraint(condition=condition, name="sane"))]


def added(new: models.Field[Any, Any]) -> list[Operation]:
    return [ops.AddField("Item", "extra", new)]


CASES: dict[str, Case] = {
    "drop a column": Case(ITEM, [ops.RemoveField("Item", "size")], SIZES),
    "drop a column that is all NULL": Case(
        ITEM,
        [ops.RemoveField("Item", "size")],
        {"shop_item": {"id": [1], "size": [None], "name": ["a"]}},
    ),
    "drop a column of an empty table": Case(ITEM, [ops.RemoveField("Item", "size")], EMPTY),
    "drop a column with a default": Case(
        [model("Item", size=integer(default=5))],
        [ops.RemoveField("Item", "size")],
        {"shop_item": {"id": ids(3), "size": [5, 6, 5]}},
    ),
    "drop a column with a default, other letters": Case(
        [model("Item", name=text(default="A"))],
        [ops.RemoveField("Item", "name")],
        {"shop_item": {"id": ids(4), "name": ["A", "a", "A ", "Á"]}},
    ),
    "drop a column that may be blank": Case(
        [model("Item", name=text(blank=True))],
        [ops.RemoveField("Item", "name")],
        {"shop_item": {"id": ids(3), "name": ["", " ", "x"]}},
    ),
    "drop a column without a default": Case(
        [model("Item", size=integer(), name=text())],
        [ops.RemoveField("Item", "size"), ops.RemoveField("Item", "name")],
        {"shop_item": {"id": ids(3), "size": [0, 1, 2], "name": ["", " ", "x"]}},
    ),
    "drop a model": Case(ITEM, [ops.DeleteModel("Item")], SIZES),
    "drop an empty model": Case(ITEM, [ops.DeleteModel("Item")], EMPTY),
    "drop a model with its links": Case(TAGGED, [ops.DeleteModel("Item")], LINKS),
    "drop a many-to-many field": Case(TAGGED, [ops.RemoveField("Item", "tags")], LINKS),
    "drop a field with a through model": Case(
        THROUGH, [ops.RemoveField("Item", "tags")], THROUGH_ROWS
    ),
    "drop a through model": Case(
        THROUGH, [ops.RemoveField("Item", "tags"), ops.DeleteModel("Link")], THROUGH_ROWS
    ),
    "drop an inheriting model": Case(HEIRS, [ops.DeleteModel("Car")], HEIRS_ROWS),
    "rename, then drop": Case(
        ITEM, [ops.RenameField("Item", "size", "length"), ops.RemoveField("Item", "length")], SIZES
    ),
    "rename the model, then drop": Case(
        ITEM, [ops.RenameModel("Item", "Thing"), ops.RemoveField("Thing", "size")], SIZES
    ),
    "only rename": Case(
        ITEM, [ops.RenameModel("Item", "Thing"), ops.RenameField("Thing", "size", "length")], SIZES
    ),
    "swap two names": Case(
        [model("Item", a=integer(), b=integer())],
        [
            ops.RenameField("Item", "a", "c"),
            ops.RenameField("Item", "b", "a"),
            ops.RenameField("Item", "c", "b"),
        ],
        {"shop_item": {"id": ids(2), "a": [1, 2], "b": [3, 4]}},
    ),
    "born and dropped": Case(
        ITEM, [ops.AddField("Item", "x", integer(default=1)), ops.RemoveField("Item", "x")], SIZES
    ),
    "forbid NULL over NULLs": Case(ITEM, altered("size", integer()), SIZES),
    "forbid NULL without NULLs": Case(ITEM, altered("size", integer()), NO_NULLS),
    "forbid NULL with a default": Case(ITEM, altered("size", integer(default=9)), SIZES),
    "forbid NULL in text that may be blank": Case(
        [model("Item", name=text(null=True))],
        altered("name", text(blank=True)),
        {"shop_item": {"id": ids(2), "name": ["a", None]}},
    ),
    "unique over NULLs with a default": Case(
        ITEM, altered("size", integer(default=9, unique=True)), SIZES
    ),
    "unique over repeated values": Case(ITEM, altered("name", text(unique=True)), SIZES),
    "unique over NULLs": Case(ITEM, altered("size", integer(null=True, unique=True)), SIZES),
    "unique while values are shortened": Case(
        [model("Item", price=models.DecimalField(max_digits=6, decimal_places=2, unique=True))],
        altered("price", models.DecimalField(max_digits=6, decimal_places=1, unique=True)),
        {"shop_item": {"id": ids(2), "price": ["1.01", "1.04"]}},
    ),
    "unique together": Case(ITEM, [ops.AlterUniqueTogether("Item", {("size", "name")})], SIZES),
    "unique together over repetitions": Case(
        ITEM,
        [ops.AlterUniqueTogether("Item", {("size", "name")})],
        {"shop_item": {"id": ids(3), "size": [1, 1, 2], "name": ["a", "a", "a"]}},
    ),
    "unique constraint": Case(ITEM, unique(fields=["name"]), SIZES),
    "unique constraint with a condition": Case(
        ITEM, unique(fields=["name"], condition=models.Q(size__gt=1)), SIZES, codes=NO_CONDITIONS
    ),
    "unique constraint with a condition, violated": Case(
        ITEM, unique(fields=["name"], condition=models.Q(id__gt=0)), SIZES, codes=NO_CONDITIONS
    ),
    "unique expression": Case(
        ITEM,
        unique(models.F("name").desc(), "size"),
        {"shop_item": {"id": ids(2), "size": [1, 1], "name": ["a", "a"]}},
        codes={"mariadb": ["MT303"]},
    ),
    "check that holds": Case(ITEM, check(models.Q(size__gt=0)), SIZES),
    "check that is violated": Case(ITEM, check(models.Q(size__gt=1)), SIZES),
    "check after a rename": Case(
        ITEM,
        [ops.RenameField("Item", "size", "length"), *check(models.Q(length__gt=1))],
        SIZES,
    ),
    "check of text with a percent sign": Case(ITEM, check(models.Q(name__contains="%")), SIZES),
    "foreign key over orphans": Case(
        KEYS,
        altered("maker", foreign_key("shop.Maker", null=True, db_column="maker")),
        keyed(1, 3, None),
    ),
    "foreign key without orphans": Case(
        KEYS,
        altered("maker", foreign_key("shop.Maker", null=True, db_column="maker")),
        keyed(1, 2, None),
    ),
    "foreign key without a constraint": Case(
        KEYS,
        altered(
            "maker",
            foreign_key("shop.Maker", null=True, db_column="maker", db_constraint=False),
        ),
        keyed(1, 3),
    ),
    "foreign key to a new model": Case(
        ITEM,
        [
            model("Shelf", name=text()),
            *altered("size", foreign_key("shop.Shelf", null=True, db_column="size")),
        ],
        NO_NULLS,
    ),
    "NOT NULL column without a default": Case(
        ITEM, added(integer()), NO_NULLS, codes={"mariadb": ["MT302"], "mysql": ["MT302"]}
    ),
    "NOT NULL column without a default, no rows": Case(ITEM, added(integer()), EMPTY),
    "NOT NULL date without a default": Case(
        ITEM, added(models.DateField()), NO_NULLS, codes={"mariadb": ["MT302"]}
    ),
    "NOT NULL key without a default": Case(ITEM, added(foreign_key("shop.Item")), NO_NULLS),
    "NOT NULL column with a default": Case(ITEM, added(integer(default=1)), NO_NULLS),
    "unique column with a default": Case(ITEM, added(integer(default=1, unique=True)), NO_NULLS),
    "unique column with a default, one row": Case(
        ITEM,
        added(integer(default=1, unique=True)),
        {"shop_item": {"id": [1], "size": [1], "name": ["a"]}},
    ),
    "unique column without values": Case(ITEM, added(integer(null=True, unique=True)), NO_NULLS),
    "two conversions of one column": Case(
        [model("Item", price=models.DecimalField(max_digits=7, decimal_places=3))],
        [
            *altered("price", models.DecimalField(max_digits=7, decimal_places=1)),
            *altered("price", integer()),
        ],
        {"shop_item": {"id": ids(4), "price": ["1.25", "2.000", "3.96", "0.04"]}},
    ),
}


@pytest.mark.parametrize("name", names(CASES))
def test_step(project: Project, name: str) -> None:
    judge(project, CASES[name], name)
