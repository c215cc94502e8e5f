"""Checks, and unique keys with a condition or an expression, over a column that changes."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db import models
from django.db.migrations import operations as ops
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.db.models.functions import Lower

from tests.helpers import Project, insert, model, plan, sql, told
from tests.steps import Case, attempt, integer, judge, rows_of, text

PRICE = models.DecimalField(null=True, max_digits=5, decimal_places=1)
COARSE = models.DecimalField(null=True, max_digits=4, decimal_places=0)
WHEN = models.DateTimeField()


def item(rule: models.BaseConstraint, **fields: Any) -> list[Any]:
    return [model("Item", {"constraints": [rule]}, **fields)]


def check(**condition: Any) -> CheckConstraint:
    return CheckConstraint(condition=Q(**condition), name="low")


def once(*expressions: Any, **options: Any) -> UniqueConstraint:
    return UniqueConstraint(*expressions, name="only_one", **options)


def alter(name: str, new: models.Field[Any, Any]) -> list[Any]:
    return [ops.AlterField("Item", name, new)]


def five() -> int:
    return 5


PRICED = {"size": PRICE, "name": text()}
TWO = once(fields=["name"], condition=Q(size=2))
DOUBLED = once(F("size") * 2, F("name"))
ODD = "a'b`c\\d%"
DAY = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)

CASES: dict[str, Case] = {
    "check, rounded over it": Case(
        item(check(size__lt=2), size=PRICE),
        alter("size", integer(null=True)),
        rows_of("shop_item", size=["1.5", "1.4", None, "1.7"]),
        blocked={"sqlite": [], "": ["MT107"]},
    ),
    "check, text to number": Case(
        # As text it holds; which of the two decides, is the engine's own way.
        item(check(name__lt="5"), name=text()),
        alter("name", integer()),
        rows_of("shop_item", name=["4", "10"]),
        blocked={"postgresql": [], "": ["MT107"]},
    ),
    "check, number to text": Case(
        item(check(size__gt=9), size=integer()),
        alter("size", text()),
        rows_of("shop_item", size=[10, 91]),
        blocked={"postgresql": ["MT110"], "sqlite": ["MT107"], "": []},
    ),
    "check, moment to day": Case(
        item(check(at__gt=DAY), at=WHEN),
        alter("at", models.DateField()),
        rows_of("shop_item", at=["2020-01-01 12:00", "2020-01-03 12:00"]),
    ),
    "check of odd letters, filled": Case(
        item(CheckConstraint(condition=~Q(name=ODD), name="low"), name=text(null=True)),
        alter("name", text(default=ODD)),
        rows_of("shop_item", name=["x", None]),
        blocked=["MT107"],
    ),
    "check of two columns, in two steps": Case(
        item(check(size__lt=F("name")), size=PRICE, name=integer(null=True)),
        [*alter("name", integer(default=2)), *alter("size", COARSE)],
        rows_of("shop_item", size=["1.6", "1.4"], name=[None, 2]),
        blocked={"sqlite": [], "": ["MT107"]},
    ),
    "check made just before": Case(
        [model("Item", size=PRICE)],
        [ops.AddConstraint("Item", check(size__lt=2)), *alter("size", COARSE)],
        rows_of("shop_item", size=["1.5", "1.4"]),
    ),
    "check removed just before": Case(
        item(check(size__lt=2), size=PRICE),
        [ops.RemoveConstraint("Item", "low"), *alter("size", COARSE)],
        rows_of("shop_item", size=["1.5"]),
    ),
    "check, filled by a call": Case(
        item(check(size__lt=2), size=integer(null=True)),
        alter("size", integer(default=five)),
        rows_of("shop_item", size=[1]),
        codes=["MT304"],
    ),
    "condition, rounded into it": Case(
        item(TWO, **PRICED),
        alter("size", COARSE),
        rows_of("shop_item", size=["1.6", "2.0", "1.0"], name=["a", "a", "a"]),
        blocked={"postgresql": ["MT108"], "": []},
    ),
    "expression, rounded to one": Case(
        item(DOUBLED, **PRICED),
        alter("size", COARSE),
        rows_of("shop_item", size=["1.6", "2.0", None], name=["a", "a", "a"]),
    ),
    "expression, rounded to two": Case(
        item(DOUBLED, **PRICED),
        alter("size", COARSE),
        rows_of("shop_item", size=["1.6", "2.0"], name=["a", "b"]),
    ),
    "expression, filled": Case(
        # MySQL keeps what the expression gives in a column of two letters, filled or not.
        item(once(Lower("name")), name=text(2, null=True)),
        alter("name", text(default="AB")),
        rows_of("shop_item", name=["a", None]),
        codes={"mysql": ["MT304"], "": []},
    ),
}
CUT = {
    "check": Case(
        item(CheckConstraint(condition=~Q(name="ab"), name="low"), name=text(4)),
        alter("name", text(2)),
        rows_of("shop_item", name=["abc", "xy"]),
    ),
    "expression": Case(
        item(once(Lower("name")), name=text(4)),
        alter("name", text(2)),
        rows_of("shop_item", name=["abc", "ABd", "x"]),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_step(project: Project, name: str) -> None:
    judge(project, CASES[name], name)


@pytest.mark.parametrize("name", CUT)
def test_text_that_may_be_cut(project: Project, sql_mode: str, name: str) -> None:
    judge(project, CUT[name], f"{name}, text cut")


def test_the_count_is_of_the_rows_in_the_way(project: Project) -> None:
    """Without those that the query lists the step passes; with any of them it does not."""
    case = CASES["check of odd letters, filled"]
    project.migration("0001_initial", *case.before)
    project.migration("0002_step", *case.step)
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_item", id=[1, 2, 3, 4], name=["x", None, "y", None])
        (found,) = told(plan("shop", "0002"), "findings")
        listed = {row[0] for row in sql(found["query"])}
        assert (found["rows"], listed) == (2, {2, 4})
        sql("DELETE FROM shop_item WHERE id = 2")
        assert attempt(project, "0002") is not None
        sql("DELETE FROM shop_item WHERE id = 4")
        assert attempt(project, "0002") is None
