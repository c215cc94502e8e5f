"""Columns that are added and changed in one plan: there are rows, and their values are known."""

from __future__ import annotations

import decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import models
from django.db.migrations import operations as ops
from django.db.migrations.operations.base import Operation
from django.db.models import Q, Value

from tests.helpers import (
    Project,
    changes_tables,
    codes,
    insert,
    model,
    nothing,
    plan,
    sql,
    told,
)
from tests.steps import Case, integer, judge, names, rows_of, text

ITEM = [model("Item", name=text())]
TWO = rows_of("shop_item", name=["a", "b"])
ONE = rows_of("shop_item", name=["a"])
KINDS = [*ITEM, model("Kind", name=text())]
Field = models.Field


def word() -> str:
    return "abcdef"


def changed(first: Field, *then: Field | Operation, rows: Any = TWO, **more: Any) -> Case:
    return Case(more.pop("before", ITEM), steps(first, *then), rows, **more)


def steps(first: Field, *then: Field | Operation) -> list[Operation]:
    changes = [
        item if isinstance(item, Operation) else ops.AlterField("Item", "v", item) for item in then
    ]
    return [ops.AddField("Item", "v", first), *changes]


def number(**options: Any) -> Field:
    return models.DecimalField(max_digits=6, decimal_places=2, **options)


def key(**options: Any) -> Field:
    return models.ForeignKey("shop.Kind", models.CASCADE, **options)


POSITIVE = ops.AddConstraint("Item", models.CheckConstraint(condition=Q(v__gt=0), name="p"))
TOO_LONG = {"sqlite": [], "": ["MT105"]}

CASES: dict[str, Case] = {
    "too long for what it becomes": changed(
        text(10, default="abcdef"), text(3, default="abc"), blocked=TOO_LONG
    ),
    "NULL, then forbidden": changed(integer(null=True), integer(), blocked=["MT102"]),
    "NULL, then forbidden, no row": changed(integer(null=True), integer(), rows={}),
    "a default, then NULL, then forbidden": changed(
        integer(default=3), integer(null=True), integer()
    ),
    "one value, then unique": changed(integer(default=3), integer(unique=True), blocked=["MT108"]),
    "one value of one row, then unique": changed(
        integer(default=3), integer(unique=True), rows=ONE
    ),
    "the value of a call, then unique": changed(
        text(default=word), text(unique=True), blocked=["MT108"]
    ),
    "the database's default, then unique": changed(
        integer(db_default=Value(3)), integer(unique=True), blocked=["MT108"]
    ),
    "no number": changed(
        text(default="x"),
        integer(default=0),
        blocked={"sqlite": [], "": ["MT106"]},
    ),
    "a value that is checked, then rounded": changed(
        number(default=decimal.Decimal("0.40")),
        POSITIVE,
        integer(default=0),
    ),
    "a key to nothing": changed(integer(default=7), key(), before=KINDS, blocked=["MT109"]),
    "in the way back": Case(
        [model("Item", name=text(), v=text(3))],
        [ops.AlterField("Item", "v", text(10, default="abcdef")), ops.RemoveField("Item", "v")],
        TWO,
        backwards=True,
        blocked=TOO_LONG,
    ),
    "NULL in the way back": Case(
        [model("Item", name=text(), v=integer())],
        [ops.AlterField("Item", "v", integer(null=True)), ops.RemoveField("Item", "v")],
        TWO,
        backwards=True,
        blocked=["MT102"],
    ),
    "values that were NULL before an earlier change": Case(
        [model("Item", name=text(), v=integer(null=True))],
        [
            ops.AlterField("Item", "v", integer(default=3)),
            ops.AlterField("Item", "v", integer(null=True)),
            ops.AlterField("Item", "v", integer()),
        ],
        rows_of("shop_item", name=["a"], v=[None]),
    ),
}


@pytest.mark.parametrize("name", names(CASES))
def test_step(project: Project, name: str) -> None:
    judge(project, CASES[name], name)


def none_or_not() -> None:
    return None


@pytest.mark.parametrize(
    ("then", "code"),
    [
        (steps(integer(null=True, default=none_or_not), integer()), "MT102"),
        (steps(integer(null=True, default=none_or_not), integer(unique=True, null=True)), "MT108"),
        (steps(integer(default=3), ops.RunPython(nothing), integer(unique=True)), "MT108"),
    ],
    ids=["a call, then forbidden", "a call, then unique", "Python code, then unique"],
)
def test_what_cannot_be_known_is_no_blocker(project: Project, then: Any, code: str) -> None:
    project.migration("0001_initial", *ITEM)
    project.migration("0002_step", *then)
    with project.installed():
        project.migrate("shop", "0001")
        assert f"{code} warning" not in codes(plan("shop"))  # no row
        insert("shop_item", name=["a", "b"])
        report = plan("shop")
        (finding,) = (f for f in told(report, "findings") if f["code"] == code)
        assert (finding["severity"], report["exact"]) == ("warning", False)


@changes_tables
def test_what_comes_back_is_not_the_default(project: Project) -> None:
    project.write("shop/models.py")
    project.migration("0001_initial", model("Item", name=text(), v=integer()))
    project.migration("0002_null", ops.AlterField("Item", "v", integer(null=True)))
    project.migration("0003_gone", ops.RemoveField("Item", "v"))
    with project.installed():
        project.migrate("shop", "0002")
        insert("shop_item", name=["a", "b"], v=[1, 2])
        call_command("migrate_safe", "shop", interactive=False, allow_data_loss=True, verbosity=0)
        assert codes(plan("shop", "0001")) == ["MT102 warning"]
        call_command(
            "migrate_safe", "shop", "0001", interactive=False, allow_data_loss=True, verbosity=0
        )
        assert sql("SELECT v FROM shop_item ORDER BY id") == [(1,), (2,)]
