"""Columns that a stored generated column is computed from: changed, renamed, dropped."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import models
from django.db.migrations import operations as ops
from django.db.migrations.operations.base import Operation
from django.db.models import F

from tests.helpers import Project, model
from tests.steps import Case, integer, judge, names, rows_of, text

ROWS = rows_of("shop_item", size=[1, 40000, None], name=["a", "7", None])
DECIMAL = models.DecimalField(max_digits=7, decimal_places=2, null=True)


def computed(expression: Any = None, field: Any = None) -> Any:
    return models.GeneratedField(
        expression=F("size") + 1 if expression is None else expression,
        output_field=field or integer(),
        db_persist=True,
    )


def item(made: Any = None, **fields: Any) -> list[Operation]:
    given = {"size": integer(null=True), "name": text(null=True), **fields}
    return [model("Item", **given, twice=made or computed())]


def alter(field: Any, name: str = "size") -> list[Operation]:
    return [ops.AlterField("Item", name, field)]


BIG, SMALL = models.BigIntegerField(null=True), models.SmallIntegerField(null=True)
PLAIN = [model("Item", size=integer(null=True), name=text(null=True))]
ADDED = ops.AddField("Item", "twice", computed())
#: Django 5.2 drops columns with CASCADE there.
DROPPED = {"postgresql, Django 5": ["MT306"]}

CASES: dict[str, Case] = {
    "to a narrower type": Case(item(), alter(SMALL), rows_of("shop_item", size=[1], name=["a"])),
    "to text": Case(item(), alter(text(null=True)), ROWS),
    "NULL is forbidden": Case(item(), alter(integer(default=3)), ROWS),
    "NULL is filled with what is too great": Case(item(), alter(integer(default=2**31 - 1)), ROWS),
    "rounded to what is too great": Case(
        item(computed(F("size") * 2, models.SmallIntegerField()), size=DECIMAL),
        alter(integer(null=True)),
        rows_of("shop_item", size=["16383.5"], name=["a"]),
    ),
    "dropped": Case(item(), [ops.RemoveField("Item", "size")], ROWS, codes=DROPPED),
    "dropped after it": Case(
        item(), [ops.RemoveField("Item", "twice"), ops.RemoveField("Item", "size")], ROWS
    ),
    "renamed": Case(item(), [ops.RenameField("Item", "size", "length")], ROWS),
    "dropped, and it had an index": Case(
        item(size=integer(null=True, db_index=True)),
        [ops.RemoveField("Item", "size")],
        ROWS,
        codes=DROPPED,
    ),
    "made in the plan, changed": Case(PLAIN, [ADDED, *alter(BIG)], ROWS),
    "made in the plan, dropped": Case(
        PLAIN, [ADDED, ops.RemoveField("Item", "size")], ROWS, codes=DROPPED
    ),
    "made in the plan, dropped with its index": Case(
        [model("Item", size=integer(null=True, db_index=True), name=text(null=True))],
        [ADDED, ops.RemoveField("Item", "size")],
        ROWS,
        codes=DROPPED,
    ),
    "made in the plan, dropped after it": Case(
        PLAIN,
        [
            ADDED,
            ops.RenameField("Item", "twice", "double"),
            ops.RemoveField("Item", "double"),
            ops.RemoveField("Item", "size"),
        ],
        ROWS,
    ),
    "made in the plan, renamed": Case(
        PLAIN, [ADDED, ops.RenameField("Item", "size", "length")], ROWS
    ),
    "made in the plan, filled": Case(PLAIN, [ADDED, *alter(integer(default=2**31 - 1))], ROWS),
}


@pytest.mark.parametrize("name", names(CASES))
def test_step(project: Project, name: str) -> None:
    judge(project, CASES[name], name)
