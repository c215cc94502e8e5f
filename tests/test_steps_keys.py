"""Foreign keys that are new, go or point elsewhere; primary keys that change, and keys to them."""

from __future__ import annotations

import uuid

import pytest
from django.db import models
from django.db.migrations import operations as ops

from tests.helpers import Project, foreign_key, model
from tests.steps import Case, integer, judge, names, rows_of, text

MAKERS = [model("Maker", name=text(), code=text(unique=True)), model("Other", name=text())]
MADE = {
    **rows_of("shop_maker", name=["m", "n"], code=["10", "20"]),
    **rows_of("shop_other", name=["o"]),
}
PLAIN = [*MAKERS, model("Item", maker=models.BigIntegerField(null=True))]
KEYED = [*MAKERS, model("Item", maker=foreign_key("shop.Maker", null=True))]
CODED = [*MAKERS, model("Item", maker=text(null=True))]


def plain(*makers: object) -> dict:
    return {**MADE, **rows_of("shop_item", maker=list(makers))}


def keyed(*makers: object) -> dict:
    return {**MADE, **rows_of("shop_item", maker_id=list(makers))}


def altered(field: models.Field, name: str = "maker") -> list:
    return [ops.AlterField("Item", name, field)]


def key(to: str = "shop.Maker", **options: object) -> models.Field:
    return foreign_key(to, null=True, **options)


CASES: dict[str, Case] = {
    "a new key with a default that is there": Case(
        [*MAKERS, model("Item", size=integer())],
        [ops.AddField("Item", "maker", foreign_key("shop.Maker", default=1))],
        {**MADE, **rows_of("shop_item", size=[1])},
    ),
    "a new key with a default that is not there": Case(
        [*MAKERS, model("Item", size=integer())],
        [ops.AddField("Item", "maker", foreign_key("shop.Maker", default=99))],
        {**MADE, **rows_of("shop_item", size=[1])},
    ),
    "a new key with a default that is not there, no row": Case(
        [*MAKERS, model("Item", size=integer())],
        [ops.AddField("Item", "maker", foreign_key("shop.Maker", default=99))],
        MADE,
    ),
    "a new key without a value": Case(
        [*MAKERS, model("Item", size=integer())],
        [ops.AddField("Item", "maker", key())],
        {**MADE, **rows_of("shop_item", size=[1])},
    ),
    "numbers become a key": Case(PLAIN, altered(key(db_column="maker")), plain(1, 2, None)),
    "numbers become a key, one is an orphan": Case(
        PLAIN, altered(key(db_column="maker")), plain(1, 3, None)
    ),
    "numbers become a key, renamed": Case(PLAIN, altered(key()), plain(1, None)),
    "numbers become a key, renamed, an orphan": Case(PLAIN, altered(key()), plain(1, 9)),
    "numbers become a one-to-one key": Case(
        PLAIN,
        altered(models.OneToOneField("shop.Maker", models.CASCADE, null=True, db_column="maker")),
        plain(1, 2),
    ),
    "numbers become a one-to-one key, twice the same": Case(
        PLAIN,
        altered(models.OneToOneField("shop.Maker", models.CASCADE, null=True, db_column="maker")),
        plain(1, 1),
    ),
    "codes become a key to a field": Case(
        CODED, altered(key(to_field="code", db_column="maker")), plain("10", None)
    ),
    "codes become a key to a field, an orphan": Case(
        CODED, altered(key(to_field="code", db_column="maker")), plain("10", "30")
    ),
    "a key becomes numbers": Case(
        KEYED, altered(models.BigIntegerField(null=True, db_column="maker_id")), keyed(1, None)
    ),
    "a key becomes text": Case(
        KEYED, altered(text(null=True, db_column="maker_id")), keyed(1, None)
    ),
    "a key points elsewhere": Case(KEYED, altered(key("shop.Other")), keyed(1, None)),
    "a key points elsewhere, an orphan": Case(KEYED, altered(key("shop.Other")), keyed(1, 2)),
    "a key points to another field": Case(
        KEYED,
        altered(key(to_field="code")),
        keyed(1, 2),
    ),
    "a key loses its constraint": Case(KEYED, altered(key(db_constraint=False)), keyed(1, None)),
    "a key gets its constraint": Case(
        [*MAKERS, model("Item", maker=key(db_constraint=False))], altered(key()), keyed(1, None)
    ),
    "a key gets its constraint, an orphan": Case(
        [*MAKERS, model("Item", maker=key(db_constraint=False))], altered(key()), keyed(1, 9)
    ),
    "a key becomes one to one": Case(
        KEYED, altered(models.OneToOneField("shop.Maker", models.CASCADE, null=True)), keyed(1, 2)
    ),
    "a key becomes one to one, twice the same": Case(
        KEYED, altered(models.OneToOneField("shop.Maker", models.CASCADE, null=True)), keyed(1, 1)
    ),
    "a key that was one to one": Case(
        [
            *MAKERS,
            model("Item", maker=models.OneToOneField("shop.Maker", models.CASCADE, null=True)),
        ],
        altered(key()),
        keyed(1, 2),
    ),
    "a key that must not be NULL": Case(KEYED, altered(foreign_key("shop.Maker")), keyed(1, None)),
    "a key that must not be NULL, with a default": Case(
        KEYED, altered(foreign_key("shop.Maker", default=2)), keyed(1, None)
    ),
    "a key that must not be NULL, the default an orphan": Case(
        KEYED, altered(foreign_key("shop.Maker", default=99)), keyed(1, None)
    ),
    "a key that must not be NULL, the default an orphan, no NULL": Case(
        KEYED, altered(foreign_key("shop.Maker", default=99)), keyed(1, 2)
    ),
    "a key without an index": Case(KEYED, altered(key(db_index=False)), keyed(1, None)),
    "a key removed": Case(KEYED, [ops.RemoveField("Item", "maker")], keyed(1, None)),
    "a one-to-one key removed": Case(
        [
            *MAKERS,
            model("Item", maker=models.OneToOneField("shop.Maker", models.CASCADE, null=True)),
        ],
        [ops.RemoveField("Item", "maker")],
        keyed(1, None),
    ),
    "a key renamed": Case(KEYED, [ops.RenameField("Item", "maker", "firm")], keyed(1, None)),
    "a primary key that grows": Case(
        [
            ops.CreateModel(
                "Maker", [("id", models.AutoField(primary_key=True)), ("name", text())]
            ),
            model(
                "Item", maker=key(), makers=models.ManyToManyField("shop.Maker", related_name="x")
            ),
        ],
        [ops.AlterField("Maker", "id", models.BigAutoField(primary_key=True))],
        {
            **rows_of("shop_maker", name=["m"]),
            **rows_of("shop_item", maker_id=[1]),
            **rows_of("shop_item_makers", item_id=[1], maker_id=[1]),
        },
    ),
    "a primary key that shrinks": Case(
        KEYED,
        [ops.AlterField("Maker", "id", models.AutoField(primary_key=True))],
        keyed(1, 2, None),
    ),
    "a primary key that shrinks too much": Case(
        KEYED,
        [ops.AlterField("Maker", "id", models.AutoField(primary_key=True))],
        {
            "shop_maker": {"id": [2**40], "name": ["m"], "code": ["1"]},
            **rows_of("shop_item", maker_id=[2**40]),
        },
    ),
    "a primary key that becomes text": Case(
        KEYED,
        [ops.AlterField("Maker", "id", models.CharField(max_length=9, primary_key=True))],
        keyed(1, None),
    ),
    "a primary key that becomes text that is too short": Case(
        KEYED,
        [ops.AlterField("Maker", "id", models.CharField(max_length=1, primary_key=True))],
        {
            "shop_maker": {"id": [12, 3], "name": ["m", "n"], "code": ["1", "2"]},
            **rows_of("shop_item", maker_id=[12, 3]),
        },
        by="code",
    ),
    "a primary key that becomes a UUID": Case(
        [model("Maker", name=text())],
        [ops.AlterField("Maker", "id", models.UUIDField(primary_key=True, default=uuid.uuid4))],
        rows_of("shop_maker", name=["m"]),
        only=("sqlite", "postgresql"),
    ),
    "another field becomes the primary key": Case(
        [model("Maker", name=text(unique=True))],
        [
            ops.RemoveField("Maker", "id"),
            ops.AlterField("Maker", "name", text(primary_key=True)),
        ],
        {"shop_maker": {"id": [7, 9], "name": ["m", "n"]}},
        by="name",
    ),
    "a many-to-many field that points elsewhere": Case(
        [*MAKERS, model("Item", makers=models.ManyToManyField("shop.Maker"))],
        [ops.AlterField("Item", "makers", models.ManyToManyField("shop.Other"))],
        {
            **MADE,
            "shop_item": {"id": [1]},
            **rows_of("shop_item_makers", item_id=[1], maker_id=[1]),
        },
    ),
    "a many-to-many field that points elsewhere, an orphan": Case(
        [*MAKERS, model("Item", makers=models.ManyToManyField("shop.Maker"))],
        [ops.AlterField("Item", "makers", models.ManyToManyField("shop.Other"))],
        {
            **MADE,
            "shop_item": {"id": [1]},
            **rows_of("shop_item_makers", item_id=[1], maker_id=[2]),
        },
    ),
    "a many-to-many field becomes a key": Case(
        [*MAKERS, model("Item", makers=models.ManyToManyField("shop.Maker"))],
        [ops.AlterField("Item", "makers", key())],
        {**MADE, "shop_item": {"id": [1]}},
        blocked=["MT110"],
    ),
    "a key becomes a many-to-many field": Case(
        KEYED, altered(models.ManyToManyField("shop.Maker")), keyed(1), blocked=["MT110"]
    ),
    "a many-to-many field gets a table of another name": Case(
        [*MAKERS, model("Item", makers=models.ManyToManyField("shop.Maker"))],
        [
            ops.AlterField(
                "Item", "makers", models.ManyToManyField("shop.Maker", db_table="shop_links")
            )
        ],
        {
            **MADE,
            "shop_item": {"id": [1]},
            **rows_of("shop_item_makers", item_id=[1], maker_id=[1]),
        },
    ),
}


@pytest.mark.parametrize("name", names(CASES))
def test_step(project: Project, name: str) -> None:
    judge(project, CASES[name], name)
