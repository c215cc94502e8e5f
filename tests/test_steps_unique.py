"""New unique keys, under the engine's own idea of equality, and indexes that cannot be made."""

from __future__ import annotations

import datetime
import random
from typing import Any

import pytest
from django.db import models
from django.db.migrations import operations as ops
from django.db.migrations.operations.base import Operation
from django.db.models import F, Q, UniqueConstraint
from django.db.models.functions import Lower

from tests.helpers import Project, model
from tests.steps import Case, Rows, integer, judge, names, rows_of, text

ITEM = [model("Item", size=integer(null=True), name=text(null=True))]
NOISE = random.Random(1)  # nothing to compress
LETTERS = [chr(code) for code in range(0x4E00, 0x9FFF)]
LONG = 400  # utf8mb4 letters do not fit into a key of 3072 bytes twice


def five() -> int:
    return 5


AMOUNT = {"max_digits": 5, "decimal_places": 1}
PRICE = models.DecimalField(null=True, **AMOUNT)
PRICED = models.DecimalField(default=5, **AMOUNT)
CALLED = models.DecimalField(default=five, **AMOUNT)


def named(*values: str | None) -> dict[str, Rows]:
    return dict(rows_of("shop_item", name=list(values)))


def sized(*values: int | None) -> dict[str, Rows]:
    return dict(rows_of("shop_item", size=list(values)))


def unique(*expressions: Any, **options: Any) -> list[Operation]:
    return [ops.AddConstraint("Item", UniqueConstraint(*expressions, name="only_one", **options))]


def index(*expressions: Any, **options: Any) -> list[Operation]:
    return [ops.AddIndex("Item", models.Index(*expressions, name="quick", **options))]


def field(new: models.Field[Any, Any]) -> list[Operation]:
    return [ops.AlterField("Item", "name", new)]


UNIQUE_NAME = field(text(null=True, unique=True))
#: No such constraint is made there, and nobody says so.
UNMADE = ["MT303"]
ON_MY = {"mariadb": UNMADE, "mysql": UNMADE}
MADE_ON_PG = {"postgresql": [], "": UNMADE}
INDEXED = {"": ["MT118"], "sqlite": [], "postgresql": []}

CASES: dict[str, Case] = {
    **{
        f"unique text: {what}": Case(ITEM, UNIQUE_NAME, named(*values))
        for what, values in {
            "letter case": ("a", "A"),
            "an accent": ("e", "é"),
            "a blank at the end": ("a", "a "),
            "a blank before": ("a", " a"),
            "two faces": ("😀", "😁"),
            "sharp s": ("ß", "ss"),
            "composed or not": ("é", "e\u0301"),
            "the same": ("a", "a"),
            "NULL twice": (None, None),
            "empty twice": ("", ""),
            "empty and blank": ("", " "),
            "kana": ("は", "ば"),
            "no row": (),
        }.items()
    },
    "unique long text": Case(
        [model("Item", name=models.CharField(max_length=1000))],
        field(models.CharField(max_length=1000, unique=True)),
        named("a", "b"),
        blocked={"mysql": ["MT118"], "": []},
    ),
    "unique text without a length": Case(
        [model("Item", name=models.TextField())],
        field(models.TextField(unique=True)),
        named("a", "b"),
        blocked={"mysql": ["MT118"], "": []},
    ),
    "unique text without a length, no row": Case(
        [model("Item", name=models.TextField())],
        field(models.TextField(unique=True)),
        {},
        blocked={"mysql": ["MT118"], "": []},
    ),
    "unique text of 255": Case(
        [model("Item", name=models.CharField(max_length=255))],
        field(models.CharField(max_length=255, unique=True)),
        named("a", "b"),
    ),
    "long texts together": Case(
        [model("Item", name=text(LONG), label=text(LONG))],
        [ops.AlterUniqueTogether("Item", {("name", "label")})],
        rows_of("shop_item", name=["a"], label=["b"]),
        blocked={"mysql": ["MT118"], "": []},
    ),
    "unique numbers": Case(
        ITEM,
        [ops.AlterField("Item", "size", integer(unique=True, null=True))],
        sized(1, 2, None, None),
    ),
    "unique with a condition, NULL in it": Case(
        ITEM,
        unique(fields=["name"], condition=Q(size__gt=0)),
        rows_of("shop_item", size=[1, None, 1], name=["a", "a", None]),
        codes=ON_MY,
    ),
    "unique with a condition that is met twice": Case(
        ITEM,
        unique(fields=["name"], condition=Q(size__gt=0)),
        rows_of("shop_item", size=[1, 2], name=["a", "a"]),
        codes=ON_MY,
    ),
    "unique expression": Case(
        ITEM, unique(Lower("name")), named("a", "A"), codes={"mariadb": UNMADE}
    ),
    "unique expression, distinct": Case(
        ITEM, unique(Lower("name")), named("a", "b", None, None), codes={"mariadb": UNMADE}
    ),
    "unique and including": Case(
        ITEM,
        unique(fields=["name"], include=["size"]),
        rows_of("shop_item", size=[1, 2], name=["a", "a"]),
        codes=MADE_ON_PG,
    ),
    "unique and deferrable": Case(
        ITEM,
        unique(fields=["name"], deferrable=models.Deferrable.DEFERRED),
        named("a", "a"),
        codes=MADE_ON_PG,
    ),
    "unique and NULL is one value": Case(
        ITEM, unique(fields=["name"], nulls_distinct=False), named(None, None), codes=MADE_ON_PG
    ),
    "unique, NULL is one value, once": Case(
        ITEM, unique(fields=["name"], nulls_distinct=False), named(None, "a"), codes=MADE_ON_PG
    ),
    "unique together with NULL": Case(
        ITEM,
        [ops.AlterUniqueTogether("Item", {("size", "name")})],
        rows_of("shop_item", size=[1, 1], name=[None, None]),
    ),
    "unique together, letter case": Case(
        ITEM,
        [ops.AlterUniqueTogether("Item", {("size", "name")})],
        rows_of("shop_item", size=[1, 1], name=["a", "A"]),
    ),
    "unique in the way back": Case(
        [model("Item", name=text(unique=True))],
        field(text()),
        named("a", "a"),
        backwards=True,
    ),
    "unique after a rename": Case(
        ITEM,
        [ops.RenameField("Item", "name", "label"), ops.AlterUniqueTogether("Item", {("label",)})],
        named("a", "a"),
    ),
    "unique after values were filled": Case(
        ITEM,
        [
            ops.AlterField("Item", "size", integer(default=1)),
            ops.AlterUniqueTogether("Item", {("size", "name")}),
        ],
        rows_of("shop_item", size=[1, None], name=["a", "a"]),
    ),
    "index of long text": Case(
        [model("Item", name=models.CharField(max_length=1000))],
        index(fields=["name"]),
        named("a"),
    ),
    "index of text without a length": Case(
        [model("Item", name=models.TextField())],
        index(fields=["name"]),
        named("a"),
        blocked={"mysql": ["MT118"], "": []},
    ),
    "field with an index, text without a length": Case(
        [model("Item", name=models.TextField())],
        field(models.TextField(db_index=True)),
        named("a"),
        blocked={"mysql": ["MT118"], "": []},
    ),
    "index of JSON": Case(
        [model("Item", name=models.JSONField(null=True))],
        index(fields=["name"]),
        named('{"a": 1}'),
        blocked={"mysql": ["MT118"], "": []},
    ),
    "index of text that the engine cannot hold": Case(
        [model("Item", name=models.TextField())],
        index(fields=["name"]),
        named("".join(NOISE.choices(LETTERS, k=20000))),
        blocked={"postgresql": ["MT118"], "mysql": ["MT118"], "": []},
    ),
    "index of text that compresses well": Case(
        [model("Item", name=models.TextField())],
        index(fields=["name"]),
        named("a" * 20000),
        blocked={"mysql": ["MT118"], "": []},
    ),
    "unique of a new field with a default": Case(
        ITEM,
        [
            ops.AddField("Item", "label", text(default="x")),
            ops.AlterUniqueTogether("Item", {("label", "name")}),
        ],
        named("a", "a"),
    ),
    "unique of a new field with a default, other values": Case(
        ITEM,
        [
            ops.AddField("Item", "label", text(default="x")),
            ops.AlterUniqueTogether("Item", {("label", "name")}),
        ],
        named("a", "b"),
    ),
    "unique of a new field without values": Case(
        ITEM,
        [
            ops.AddField("Item", "label", text(null=True)),
            ops.AlterUniqueTogether("Item", {("label", "name")}),
        ],
        named("a", "a"),
    ),
    "check of a new field with a default": Case(
        ITEM,
        [
            ops.AddField("Item", "count", integer(default=0)),
            ops.AddConstraint("Item", models.CheckConstraint(condition=Q(count__gt=0), name="p")),
        ],
        named("a"),
    ),
    "check of a new field with a default, no row": Case(
        ITEM,
        [
            ops.AddField("Item", "count", integer(default=0)),
            ops.AddConstraint("Item", models.CheckConstraint(condition=Q(count__gt=0), name="p")),
        ],
        {},
    ),
    "check of a new date with a default": Case(
        ITEM,
        [
            ops.AddField("Item", "day", models.DateField(default=datetime.date(2020, 1, 1))),
            ops.AddConstraint(
                "Item",
                models.CheckConstraint(condition=Q(day__gt=datetime.date(2019, 1, 1)), name="p"),
            ),
        ],
        named("a"),
    ),
    "the default is there already, and becomes unique": Case(
        ITEM,
        [ops.AlterField("Item", "size", integer(unique=True, default=1))],
        sized(1, None),
    ),
    "one NULL gets a default of its own, and becomes unique": Case(
        ITEM,
        [ops.AlterField("Item", "size", integer(unique=True, default=9))],
        sized(1, None),
    ),
    **{
        f"unique together, {what}": Case(
            [model("Item", options, size=PRICE, name=text(null=True))],
            [ops.AlterField("Item", "size", new)],
            rows_of("shop_item", size=sizes, name=["a", "a"]),
        )
        for options in ({"unique_together": {("size", "name")}},)
        for what, new, sizes in [
            ("numbers that are rounded to one", integer(null=True), ["1.1", "1.2"]),
            ("numbers that are rounded to two", integer(null=True), ["1.1", "2.2"]),
            ("NULLs that are filled", PRICED, [None, None]),
            ("a NULL that is filled with what is there", PRICED, [None, "5"]),
            ("a NULL that is filled", PRICED, [None, "6"]),
            ("NULLs that are filled by a call", CALLED, [None, None]),
            ("a NULL that is filled by a call", CALLED, [None, "6"]),
        ]
    },
    "index expression that divides by zero": Case(
        ITEM,
        index(10 / F("size")),
        sized(1, 0),
        codes={"mariadb": UNMADE},
    ),
    "index expression that does not": Case(
        ITEM, index(10 / F("size")), sized(1, None), codes={"mariadb": UNMADE}
    ),
    "index with a condition": Case(
        # Where there are no conditions, the index is of all rows.
        ITEM,
        index(fields=["name"], condition=Q(size__gt=0)),
        sized(1),
    ),
}


@pytest.mark.parametrize("name", names(CASES))
def test_step(project: Project, sql_mode: str, name: str) -> None:
    judge(project, CASES[name], name)
