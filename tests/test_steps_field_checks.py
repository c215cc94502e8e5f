"""The check that a field itself brings: Django takes it off before the column is renamed."""

from __future__ import annotations

import pytest
from django.db import models
from django.db.migrations import operations as ops

from tests.helpers import Project, changes_tables, model
from tests.steps import Case, judge, rows_of

pytestmark = changes_tables

ITEM = [model("Item", size=models.PositiveIntegerField())]
ROWS = rows_of("shop_item", size=[1, 2])
DECIMAL = models.DecimalField(max_digits=12, decimal_places=2)
CHECKED = [
    model(
        "Item",
        {"constraints": [models.CheckConstraint(condition=models.Q(size__gte=0), name="size_0")]},
        size=models.PositiveIntegerField(),
    )
]
ON_MYSQL = {"mysql": ["MT116"], "": []}

CASES: dict[str, Case] = {
    "renamed": Case(ITEM, [ops.RenameField("Item", "size", "width")], ROWS),
    "renamed twice": Case(
        ITEM,
        [ops.RenameField("Item", "size", "width"), ops.RenameField("Item", "width", "depth")],
        ROWS,
    ),
    "renamed by its column": Case(
        ITEM, [ops.AlterField("Item", "size", models.PositiveIntegerField(db_column="w"))], ROWS
    ),
    "renamed, changed to a type without a check": Case(
        ITEM,
        [ops.RenameField("Item", "size", "width"), ops.AlterField("Item", "width", DECIMAL)],
        ROWS,
    ),
    "renamed, with a constraint of the model beside it": Case(
        CHECKED, [ops.RenameField("Item", "size", "width")], ROWS, blocked=ON_MYSQL
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_step(project: Project, name: str) -> None:
    judge(project, CASES[name], name)
