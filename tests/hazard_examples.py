"""For each hazard the smallest judged case that meets it: the example on its page.

``ON``: the engines that meet it with these rows, by their names in tests/settings.py.
"""

from __future__ import annotations

from django.db import models
from django.db.migrations import operations as ops
from django.db.migrations.operations.base import Operation
from django.db.models import F, Q

from tests.helpers import foreign_key, model, nothing
from tests.odd_operations import CountsRows, LooksAtItsEditor
from tests.steps import Case, integer, rows_of, text

ALL = ("sqlite", "postgresql", "mariadb", "mysql")
SERVERS = ALL[1:]
MYSQLS = ALL[2:]
ITEM = [model("Item", size=integer(null=True), name=text())]
ROWS = rows_of("shop_item", size=[1, None, 700000], name=["a", "b", "b"])
TRANSACTIONAL = ALL[:2]


def alter(field: models.Field, name: str = "size") -> list[Operation]:
    return [ops.AlterField("Item", name, field)]


def constraint(made: models.BaseConstraint) -> list[Operation]:
    return [ops.AddConstraint("Item", made)]


def five() -> int:
    return 5


EXAMPLES: dict[str, tuple[Case, tuple[str, ...]]] = {
    "MT102": (Case(ITEM, alter(integer()), ROWS), ALL),
    "MT103": (Case(ITEM, [ops.AddField("Item", "weight", integer())], ROWS), TRANSACTIONAL),
    "MT104": (Case(ITEM, alter(models.SmallIntegerField(null=True)), ROWS), SERVERS),
    "MT105": (
        Case(
            [model("Item", name=text(20))],
            alter(text(3), "name"),
            rows_of("shop_item", name=["abcd", "ab"]),
        ),
        SERVERS,
    ),
    "MT106": (
        Case(
            [model("Item", name=text(20))],
            alter(integer(), "name"),
            rows_of("shop_item", name=["12", "a dozen"]),
        ),
        SERVERS,
    ),
    "MT107": (
        Case(ITEM, constraint(models.CheckConstraint(condition=Q(size__lt=9), name="low")), ROWS),
        ALL,
    ),
    "MT108": (
        Case(ITEM, constraint(models.UniqueConstraint(fields=["name"], name="once")), ROWS),
        ALL,
    ),
    "MT109": (
        Case(
            [model("Maker", name=text()), model("Item", maker=integer(null=True))],
            alter(foreign_key("shop.Maker", null=True, db_column="maker"), "maker"),
            {
                **rows_of("shop_maker", name=["m"]),
                **rows_of("shop_item", maker=[1, 7, None]),
            },
        ),
        ALL,
    ),
    "MT101": (Case(ITEM, [ops.RunPython(nothing)], ROWS, backwards=True), ALL),
    "MT110": (
        Case(
            [model("Tag", name=text()), model("Item", tags=models.ManyToManyField("shop.Tag"))],
            alter(integer(), "tags"),
            rows_of("shop_tag", name=["x"]),
        ),
        ALL,
    ),
    "MT111": (
        Case(ITEM, [ops.DeleteModel("Item")], ROWS, by_hand=["DROP TABLE shop_item"]),
        ALL,
    ),
    "MT112": (
        Case(ITEM, alter(integer()), ROWS, by_hand=["ALTER TABLE shop_item DROP COLUMN size"]),
        SERVERS,
    ),
    "MT113": (
        Case(ITEM, [model("Tag")], ROWS, by_hand=["CREATE TABLE shop_tag (id integer)"]),
        ALL,
    ),
    "MT114": (
        Case(
            ITEM,
            [ops.AddField("Item", "weight", integer(null=True))],
            ROWS,
            by_hand=["ALTER TABLE shop_item ADD COLUMN weight integer"],
        ),
        SERVERS,
    ),
    "MT116": (
        Case(
            ITEM,
            alter(models.BigIntegerField(null=True)),
            ROWS,
            by_hand=["CREATE VIEW sizes AS SELECT size FROM shop_item"],
        ),
        ("postgresql",),
    ),
    "MT119": (
        Case(
            ITEM,
            [
                ops.AddField(
                    "Item",
                    "share",
                    models.GeneratedField(
                        expression=F("size"),
                        output_field=models.SmallIntegerField(),
                        db_persist=True,
                    ),
                )
            ],
            ROWS,
        ),
        SERVERS,
    ),
    "MT301": (
        Case(
            [model("Item", price=models.DecimalField(max_digits=9, decimal_places=3))],
            alter(integer(), "price"),
            rows_of("shop_item", price=[12.345, 1]),
        ),
        ("sqlite",),
    ),
    "MT306": (
        Case(
            ITEM,
            [ops.DeleteModel("Item")],
            ROWS,
            by_hand=["CREATE VIEW sizes AS SELECT size FROM shop_item"],
            codes=("MT306",),
        ),
        ("postgresql",),
    ),
    "MT307": (
        Case(
            ITEM,
            [ops.RemoveField("Item", "size")],
            ROWS,
            by_hand=["CREATE VIEW sizes AS SELECT size FROM shop_item"],
            codes=("MT307",),
        ),
        MYSQLS,
    ),
    "MT330": (
        Case(
            ITEM,
            [ops.RunSQL("DELETE FROM shop_item WHERE size < 0", ops.RunSQL.noop)],
            ROWS,
            backwards=True,
            codes=("MT330",),
        ),
        ALL,
    ),
    "MT302": (
        Case(ITEM, [ops.AddField("Item", "weight", integer())], ROWS, codes=("MT302",)),
        MYSQLS,
    ),
    "MT305": (
        Case(
            [model("Item", size=integer(null=True, unique=True), name=text())],
            [ops.RemoveField("Item", "size")],
            by_hand=[
                "DROP TABLE shop_item",
                "CREATE TABLE shop_item (id integer PRIMARY KEY, name varchar(20) NOT NULL)",
                "INSERT INTO shop_item VALUES (1, 'a')",
            ],
            codes=("MT305",),
        ),
        ("sqlite",),
    ),
    "MT309": (
        Case(
            ITEM,
            alter(text()),
            ROWS,
            by_hand=["ALTER TABLE shop_item DROP COLUMN size"],
            codes=("MT309",),
        ),
        ("sqlite",),
    ),
    "MT303": (
        Case(
            ITEM,
            constraint(
                models.UniqueConstraint(fields=["size"], condition=Q(name="a"), name="some")
            ),
            ROWS,
            codes=("MT303",),
        ),
        MYSQLS,
    ),
    "MT115": (
        Case(
            [model("Maker", name=text()), model("Item", maker=foreign_key("shop.Maker"))],
            [ops.AddField("Maker", "since", integer(null=True))],
            rows_of("shop_maker", name=["m"]),
            by_hand=[
                "PRAGMA foreign_keys = OFF",
                "INSERT INTO shop_item (id, maker_id) VALUES (1, 7)",
                "PRAGMA foreign_keys = ON",
            ],
        ),
        ("sqlite",),
    ),
    "MT117": (
        Case(
            ITEM,
            [ops.RemoveField("Item", "size")],
            ROWS,
            by_hand=["CREATE VIEW sizes AS SELECT size FROM shop_item"],
        ),
        ("sqlite",),
    ),
    "MT118": (
        Case(
            [model("Item", name=models.TextField())],
            alter(models.TextField(unique=True), "name"),
            rows_of("shop_item", name=["a", "b"]),
        ),
        ("mysql",),
    ),
    "MT201": (
        Case(ITEM, [ops.RunPython(nothing, nothing)], ROWS, opaque=True, codes=("MT201",)),
        ALL,
    ),
    "MT202": (
        Case(
            ITEM,
            [ops.RunSQL("DELETE FROM shop_item WHERE id IN (SELECT 0)", ops.RunSQL.noop)],
            ROWS,
            opaque=True,
            codes=("MT202",),
        ),
        ALL,
    ),
    "MT203": (Case(ITEM, [CountsRows("shop_item")], ROWS, opaque=True, codes=("MT203",)), ALL),
    "MT205": (Case(ITEM, [LooksAtItsEditor()], ROWS, opaque=True, codes=("MT205",)), ALL),
    "MT304": (
        Case(
            [
                model("Item", size=integer(null=True)),
                *constraint(models.CheckConstraint(condition=Q(size__lt=9), name="low")),
            ],
            alter(integer(default=five)),
            rows_of("shop_item", size=[1, 2]),
            codes=("MT304",),
        ),
        ALL,
    ),
}
