"""Generated columns that come, change, and stand on columns that change."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import models
from django.db.migrations import operations as ops
from django.db.models import F
from django.db.models.functions import Upper

from tests.helpers import Project, model
from tests.steps import Case, integer, judge, names, rows_of, text


def computed(expression: Any, field: Any = None, *, persist: bool = True, **more: Any) -> Any:
    return models.GeneratedField(
        expression=expression, output_field=field or integer(), db_persist=persist, **more
    )


DOUBLE, TRIPLE = F("size") * 2, F("size") * 3
SIZED = rows_of("shop_item", size=[1, 1, None])
DIFFERENT = rows_of("shop_item", size=[1, 2, None])
NAMED = rows_of("shop_item", size=[1, 2], name=["a", "b"])


def having(field: Any) -> list[Any]:
    return [model("Item", size=integer(null=True), name=text(null=True), twice=field)]


BARE = [model("Item", size=integer(null=True))]

CASES: dict[str, Case] = {
    "its expression changes": Case(
        having(computed(DOUBLE)),
        [ops.AlterField("Item", "twice", computed(TRIPLE))],
        SIZED,
        blocked=["MT110"],
    ),
    "its expression changes, no row": Case(
        having(computed(DOUBLE)), [ops.AlterField("Item", "twice", computed(TRIPLE))], {}
    ),
    "it is no longer stored": Case(
        having(computed(DOUBLE)),
        [ops.AlterField("Item", "twice", computed(DOUBLE, persist=False))],
        SIZED,
        blocked=["MT110"],
    ),
    "it becomes a column of its own": Case(
        having(computed(DOUBLE)),
        [ops.AlterField("Item", "twice", integer(null=True))],
        SIZED,
        blocked=["MT110"],
    ),
    "it is removed and made anew": Case(
        having(computed(DOUBLE)),
        [ops.RemoveField("Item", "twice"), ops.AddField("Item", "twice", computed(TRIPLE))],
        SIZED,
    ),
    "its text gets longer": Case(
        having(computed(Upper("name"), text(20))),
        [ops.AlterField("Item", "twice", computed(Upper("name"), text(40)))],
        NAMED,
    ),
    "its text gets shorter": Case(
        having(computed(Upper("name"), text(20))),
        [ops.AlterField("Item", "twice", computed(Upper("name"), text(5)))],
        NAMED,
    ),
    "its text gets too short": Case(
        having(computed(Upper("name"), text(20))),
        [ops.AlterField("Item", "twice", computed(Upper("name"), text(2)))],
        rows_of("shop_item", name=["a", "abc"]),
    ),
    "its number gets wider": Case(
        having(computed(DOUBLE)),
        [ops.AlterField("Item", "twice", computed(DOUBLE, models.BigIntegerField()))],
        SIZED,
    ),
    "its number becomes text": Case(
        having(computed(DOUBLE)),
        [ops.AlterField("Item", "twice", computed(DOUBLE, text(20)))],
        SIZED,
    ),
    "its removal is taken back": Case(
        having(computed(DOUBLE)), [ops.RemoveField("Item", "twice")], SIZED, backwards=True
    ),
    "its base may be NULL no longer": Case(
        having(computed(DOUBLE)),
        [ops.AlterField("Item", "size", integer(default=3))],
        SIZED,
    ),
    "its base gets a default": Case(
        having(computed(DOUBLE)),
        [ops.AlterField("Item", "size", integer(null=True, db_default=3))],
        SIZED,
    ),
    "unique, of what repeats": Case(
        BARE, [ops.AddField("Item", "twice", computed(DOUBLE, unique=True))], SIZED
    ),
    "unique, of what does not": Case(
        BARE, [ops.AddField("Item", "twice", computed(DOUBLE, unique=True))], DIFFERENT
    ),
    "it becomes unique": Case(
        having(computed(DOUBLE)),
        [ops.AlterField("Item", "twice", computed(DOUBLE, unique=True))],
        SIZED,
    ),
}


@pytest.mark.parametrize("name", names(CASES))
def test_step(project: Project, name: str) -> None:
    judge(project, CASES[name], name)
