"""PostgreSQL's citext: text in which letter cases are the same."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import models
from django.db.migrations import operations as ops

from tests.fields import CaselessField
from tests.helpers import Project, model
from tests.steps import Case, integer, judge, names, rows_of, sql, text


def caseless(**options: Any) -> models.Field[Any, Any]:
    return CaselessField(max_length=20, null=True, **options)


def change(before: models.Field[Any, Any], after: models.Field[Any, Any], *values: Any) -> Case:
    return Case(
        [model("Item", size=integer(null=True), name=before)],
        [ops.AlterField("Item", "name", after)],
        rows_of("shop_item", size=list(range(len(values))), name=list(values)),
        only=("postgresql",),
    )


TEXT, UNIQUE = text(null=True), text(null=True, unique=True)
LETTERS = ("a", "A", None)
CASES: dict[str, Case] = {
    "text to citext": change(TEXT, caseless(), *LETTERS),
    "long text to citext": change(models.TextField(null=True), caseless(), "a" * 90, "A"),
    "citext to text": change(caseless(), TEXT, *LETTERS),
    "citext to shorter text": change(caseless(), text(2, null=True), "a", "Ab", "ab "),
    "citext to text that is too short": change(caseless(), text(2, null=True), "a", "abc"),
    "unique text to unique citext": change(UNIQUE, caseless(unique=True), *LETTERS),
    "unique text to unique citext, none alike": change(UNIQUE, caseless(unique=True), "a", "B"),
    "text to unique citext": change(TEXT, caseless(unique=True), *LETTERS),
    "citext to unique text": change(caseless(), UNIQUE, *LETTERS),
    "citext that becomes unique": change(caseless(), caseless(unique=True), *LETTERS),
    "citext to numbers": change(caseless(), integer(null=True), "7", " 8", "009", None),
    "citext that is no number": change(caseless(), integer(null=True), "7", "x"),
    "citext to yes or no": change(caseless(), models.BooleanField(null=True), "T", "false", "on"),
    "numbers to citext": change(integer(null=True), caseless(), 7, -8, None),
    "citext that goes, with a default": Case(
        [model("Item", size=integer(), name=CaselessField(max_length=20, default="a"))],
        [ops.RemoveField("Item", "name")],
        rows_of("shop_item", size=[1, 2], name=["a", "A"]),
        only=("postgresql",),
    ),
    "citext, then unique text": Case(
        [model("Item", name=TEXT)],
        [
            ops.AlterField("Item", "name", caseless()),
            ops.AlterField("Item", "name", UNIQUE),
        ],
        rows_of("shop_item", name=["a", "A"]),
        only=("postgresql",),
    ),
}


@pytest.mark.parametrize("name", names(CASES))
def test_step(project: Project, name: str) -> None:
    sql("CREATE EXTENSION IF NOT EXISTS citext")
    judge(project, CASES[name], name)
