"""Columns that somebody dropped by hand: refused by most engines, made anew by one."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import models
from django.db.migrations import operations as ops
from django.db.models import Q

from tests.helpers import Project, foreign_key, model
from tests.settings import ENGINE
from tests.steps import Case, integer, judge, names, rows_of, text

DROPPED = ["ALTER TABLE shop_item DROP COLUMN size"]
MADE_ANEW = {"sqlite": ["MT309"], "": []}


def without(*step: Any, rows: int = 2, field: Any = None, **more: Any) -> Case:
    """The step over a table whose column ``size`` is gone."""
    return Case(
        [model("Item", size=field or integer(null=True), name=text(null=True))],
        list(step),
        rows_of("shop_item", size=[None] * rows, name=["a", None][:rows]),
        by_hand=DROPPED,
        **more,
    )


def alter(field: models.Field[Any, Any]) -> ops.AlterField:
    return ops.AlterField("Item", "size", field)


CASES: dict[str, Case] = {
    "it gets another type": without(alter(text(null=True)), codes=MADE_ANEW),
    "it gets a check": without(alter(models.PositiveIntegerField(null=True)), codes=MADE_ANEW),
    "it may be NULL no longer": without(alter(integer(default=5)), codes=MADE_ANEW),
    "it becomes unique": without(alter(integer(null=True, unique=True)), codes=MADE_ANEW),
    "it becomes unique, of one row": without(
        alter(integer(null=True, unique=True)), rows=1, codes=MADE_ANEW
    ),
    "it becomes a document": without(alter(models.JSONField(null=True)), codes=MADE_ANEW),
    "it becomes a key": without(
        alter(foreign_key("shop.Item", null=True, db_column="size")), codes=MADE_ANEW
    ),
    "it is renamed": without(ops.RenameField("Item", "size", "width")),
    "it is removed": without(ops.RemoveField("Item", "size"), blocked=["MT112"]),
}
#: Where the engine makes the table anew, whatever the step changes.
OTHERS: dict[str, Case] = {
    "another column comes": without(
        ops.AddField("Item", "more", integer(default=5)), codes=["MT309"]
    ),
    "another column changes": without(
        ops.AlterField("Item", "name", text(50, default="b")), codes=["MT309"]
    ),
    "a check comes": without(
        ops.AddConstraint("Item", models.CheckConstraint(condition=Q(size="size"), name="named")),
        field=text(null=True),
        codes=["MT309"],
    ),
    "a check comes that it violates": without(
        ops.AddConstraint("Item", models.CheckConstraint(condition=Q(size="big"), name="named")),
        field=text(null=True),
        codes=["MT309"],
    ),
    "another column changes, and it was a document": without(
        ops.AlterField("Item", "name", text(50, default="b")),
        field=models.JSONField(null=True),
        codes=["MT309"],
    ),
    "it changes twice": without(alter(text(null=True)), alter(text(3, null=True)), codes=["MT309"]),
}
if ENGINE == "sqlite":
    CASES |= OTHERS


@pytest.mark.parametrize("name", names(CASES))
def test_step(project: Project, name: str) -> None:
    judge(project, CASES[name], name)
