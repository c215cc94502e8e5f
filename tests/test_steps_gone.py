"""Indexes and constraints over what somebody dropped by hand."""

from __future__ import annotations

import pytest
from django.db import models
from django.db.migrations import operations as ops
from django.db.models import Q

from tests.helpers import Project, model
from tests.steps import Case, integer, judge, names, rows_of, text

ITEM = [model("Item", size=integer(null=True), name=text())]
ROWS = rows_of("shop_item", size=[1, None], name=["a", "b"])
GONE = ["ALTER TABLE shop_item DROP COLUMN size"]
INDEX = ops.AddIndex("Item", models.Index(fields=["size"], name="quick"))
UNIQUE = ops.AddConstraint("Item", models.UniqueConstraint(fields=["size"], name="once"))
CHECK = ops.AddConstraint("Item", models.CheckConstraint(condition=Q(size__gt=0), name="p"))
#: Where the table is made anew the column comes back, which is told otherwise.
SERVERS = ("postgresql", "mariadb", "mysql")

CASES: dict[str, Case] = {
    "index of a column that is gone": Case(ITEM, [INDEX], ROWS, by_hand=GONE),
    "unique, of a column that is gone": Case(ITEM, [UNIQUE], ROWS, by_hand=GONE, only=SERVERS),
    "check of a column that is gone": Case(ITEM, [CHECK], ROWS, by_hand=GONE, only=SERVERS),
    "index of a table that is gone": Case(ITEM, [INDEX], {}, by_hand=["DROP TABLE shop_item"]),
}


@pytest.mark.parametrize("name", names(CASES))
def test_step(project: Project, name: str) -> None:
    judge(project, CASES[name], name)
