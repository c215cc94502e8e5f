"""Generated columns that are added over rows on which their expression may fail."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import models
from django.db.migrations import operations as ops
from django.db.models import Case as When
from django.db.models import F, Value
from django.db.models import When as Then
from django.db.models.functions import Cast, Concat, NullIf

from tests.helpers import Project, model, told
from tests.settings import ENGINE
from tests.steps import Case, integer, judge, names, rows_of, text

ROWS = rows_of("shop_item", size=[0, 2, None], name=["a", "7", None])
FINE = rows_of("shop_item", size=[1, 2, None], name=["1", "7", None])
DECIMAL = models.DecimalField(max_digits=5, decimal_places=2)
REFUSED = {"sqlite": [], "": ["MT119"]}


def added(expression: Any, field: Any = None, rows: Any = ROWS, **more: Any) -> Case:
    computed = models.GeneratedField(
        expression=expression, output_field=field or integer(), db_persist=True
    )
    return Case(
        [model("Item", size=integer(null=True), name=text(null=True))],
        [ops.AddField("Item", "made", computed)],
        rows,
        **more,
    )


QUOTIENT, NUMBER = 10 / F("size"), Cast("name", integer())
CASES: dict[str, Case] = {
    "it divides by zero": added(QUOTIENT, blocked=REFUSED),
    "it divides by zero, over no row": added(QUOTIENT, rows={}),
    "it divides by what is never zero": added(10 / NullIf(F("size"), Value(0))),
    "it divides in a case": added(When(Then(size=0, then=Value(0)), default=QUOTIENT)),
    "it reads a number": added(NUMBER, rows=FINE),
    "it reads no number": added(NUMBER, blocked=REFUSED),
    "it reads no number, and divides by zero": added(QUOTIENT + NUMBER, blocked=REFUSED),
    "it is too great": added((F("size") + 1) * 2000000000, blocked=REFUSED),
    "it is just not too great": added(F("size") * 16383 + 1, models.SmallIntegerField(), rows=FINE),
    "it is below zero": added(
        F("size") - 1,
        models.PositiveIntegerField(),
        blocked={"mysql": ["MT119"], "mariadb": ["MT119"], "": []},
    ),
    "it is a decimal too great": added(F("size") * 500, DECIMAL, blocked=REFUSED),
    "it is too long": added(Concat(F("name"), Value("xx")), text(2), blocked=REFUSED),
    "it is too long by blanks": added(Concat(F("name"), Value("  ")), text(2)),
    "it is just not too long": added(Concat(F("name"), Value("xx")), text(3)),
}


@pytest.mark.parametrize("name", names(CASES))
def test_step(project: Project, name: str) -> None:
    report = judge(project, CASES[name], name)
    if name == "it divides by zero" and ENGINE != "sqlite":  # which computes NULL instead
        (found,) = told(report, "findings")
        assert (found["rows"], found["column"]) == (1, "made")
        assert "= 0" in found["query"]
