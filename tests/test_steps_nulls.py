"""NULL that is forbidden, and columns that come back over rows: filled, invented, or a failure."""

from __future__ import annotations

import datetime
import decimal
import uuid

import pytest
from django.db import models
from django.db.migrations import operations as ops
from django.db.models import Value
from django.db.models.functions import Now

from tests.helpers import Project, foreign_key, model
from tests.steps import Case, integer, judge, names, rows_of, text


def counted() -> int:
    return 7


def forbidden(field: type[models.Field], *values: object, **options: object) -> Case:
    """NULL is allowed before, and no default is there."""
    last = options.pop("last", {})
    before = {**options, "null": True}
    return Case(
        [model("Item", v=field(**before))],
        [ops.AlterField("Item", "v", field(**options, **last))],
        rows_of("shop_item", v=list(values)),
    )


def back(field: models.Field, rows: int = 2, **more: object) -> Case:
    """The field is removed; then its removal is taken back."""
    return Case(
        [model("Maker", name=text()), model("Item", size=integer(), v=field)],
        [ops.RemoveField("Item", "v")],
        {
            **rows_of("shop_maker", name=["m"]),
            **(rows_of("shop_item", size=list(range(rows))) if rows else {}),
        },
        backwards=True,
        **more,
    )


INTEGER, CHAR, TEXT = models.IntegerField, models.CharField, models.TextField
DAY = datetime.date(2020, 1, 2)
INVENTED = {"mariadb": ["MT302"], "mysql": ["MT302"]}
ON_MARIADB = {"mariadb": ["MT302"]}

FORBIDDEN: dict[str, Case] = {
    "numbers": forbidden(INTEGER, 1, None),
    "numbers without a NULL": forbidden(INTEGER, 1, 2),
    "numbers, no row": forbidden(INTEGER),
    "numbers with a default": forbidden(INTEGER, 1, None, last={"default": 5}),
    "numbers with a default of zero": forbidden(INTEGER, 1, None, last={"default": 0}),
    "numbers with a callable default": forbidden(INTEGER, 1, None, None, last={"default": counted}),
    "numbers with a default in the database": forbidden(
        INTEGER, 1, None, last={"db_default": Value(5)}
    ),
    "numbers with both defaults": forbidden(
        INTEGER, 1, None, last={"default": 6, "db_default": Value(5)}
    ),
    "numbers that become unique": forbidden(INTEGER, 1, None, last={"unique": True}),
    "numbers that become unique, one filled": forbidden(
        INTEGER, 1, None, last={"unique": True, "default": 5}
    ),
    "numbers that become unique, two filled": forbidden(
        INTEGER, None, None, last={"unique": True, "default": 5}
    ),
    "numbers that become unique, one called": forbidden(
        INTEGER, 1, None, last={"unique": True, "default": counted}
    ),
    "numbers that become unique, two called": forbidden(
        INTEGER, None, None, last={"unique": True, "default": counted}
    ),
    "text": forbidden(CHAR, "a", None, max_length=9),
    "text that may be blank": forbidden(CHAR, "a", None, max_length=9, last={"blank": True}),
    "text with a default": forbidden(CHAR, "a", None, max_length=9, last={"default": "x"}),
    "text without a length": forbidden(TEXT, "a", None),
    "text without a length that may be blank": forbidden(TEXT, "a", None, last={"blank": True}),
    "text without a length, with a default": forbidden(TEXT, "a", None, last={"default": "x"}),
    "a file": forbidden(models.FileField, "a", None, last={"blank": True}),
    "a day": forbidden(models.DateField, DAY, None),
    "a day with a default": forbidden(models.DateField, DAY, None, last={"default": DAY}),
    "a day of the last change": forbidden(models.DateField, DAY, None, last={"auto_now": True}),
    "a moment of the making": forbidden(models.DateTimeField, None, last={"auto_now_add": True}),
    "a moment with a default in the database": forbidden(
        models.DateTimeField, None, last={"db_default": Now()}
    ),
    "yes or no": forbidden(models.BooleanField, True, None, last={"default": False}),
    "an amount": forbidden(
        models.DecimalField,
        decimal.Decimal("1.50"),
        None,
        max_digits=5,
        decimal_places=2,
        last={"default": decimal.Decimal("2.50")},
    ),
    "JSON": forbidden(models.JSONField, '{"a": 1}', None, last={"default": dict}),
    "bytes": forbidden(models.BinaryField, b"a", None, last={"default": b""}),
    "UUIDs that are called": Case(
        [model("Item", v=models.UUIDField(null=True))],
        [ops.AlterField("Item", "v", models.UUIDField(default=uuid.uuid4))],
        rows_of("shop_item", v=[None, None]),
    ),
    "UUIDs that are called and unique, two": Case(
        [model("Item", v=models.UUIDField(null=True))],
        [ops.AlterField("Item", "v", models.UUIDField(default=uuid.uuid4, unique=True))],
        rows_of("shop_item", v=[None, None]),
    ),
    "UUIDs that are called and unique, one": Case(
        [model("Item", v=models.UUIDField(null=True))],
        [ops.AlterField("Item", "v", models.UUIDField(default=uuid.uuid4, unique=True))],
        rows_of("shop_item", v=[None]),
    ),
    "type and NULL at once": Case(
        [model("Item", v=integer(null=True))],
        [ops.AlterField("Item", "v", models.BigIntegerField(default=3))],
        rows_of("shop_item", v=[1, None]),
    ),
    "the way back of NULL allowed": Case(
        [model("Item", v=integer())],
        [ops.AlterField("Item", "v", integer(null=True))],
        rows_of("shop_item", v=[1, None]),
        backwards=True,
    ),
    "the way back of NULL allowed, with a default": Case(
        [model("Item", v=integer(default=4))],
        [ops.AlterField("Item", "v", integer(null=True))],
        rows_of("shop_item", v=[1, None]),
        backwards=True,
    ),
}

BACK: dict[str, Case] = {
    "numbers": back(integer(), codes=INVENTED),
    "numbers, no row": back(integer(), rows=0),
    "numbers with a default": back(integer(default=5)),
    "numbers that may be NULL": back(integer(null=True)),
    "numbers with a default in the database": back(integer(db_default=Value(5))),
    "unique numbers, one row": back(integer(unique=True), rows=1, codes=INVENTED),
    "unique numbers, two rows": back(integer(unique=True), codes=INVENTED),
    "unique numbers with a default": back(integer(unique=True, default=3)),
    "positive numbers": back(models.PositiveIntegerField(), codes=INVENTED),
    "text": back(text(), codes=INVENTED),
    "text that may be blank": back(text(blank=True)),
    "text without a length": back(TEXT(), codes=INVENTED),
    "yes or no": back(models.BooleanField(), codes=INVENTED),
    "an amount": back(models.DecimalField(max_digits=5, decimal_places=2), codes=INVENTED),
    "a float": back(models.FloatField(), codes=INVENTED),
    "a day": back(models.DateField(), codes=ON_MARIADB),
    "a day of the last change": back(models.DateField(auto_now=True)),
    "a moment": back(models.DateTimeField(), codes=ON_MARIADB),
    "a time": back(models.TimeField(), codes=INVENTED),
    "a span": back(models.DurationField(), codes=INVENTED),
    "a UUID": back(models.UUIDField(), codes=INVENTED),
    "a UUID that is called, unique": back(models.UUIDField(default=uuid.uuid4, unique=True)),
    "a UUID that is called, unique, one row": back(
        models.UUIDField(default=uuid.uuid4, unique=True), rows=1
    ),
    "JSON": back(models.JSONField(), codes=INVENTED),
    "JSON with a default": back(models.JSONField(default=dict)),
    "bytes": back(models.BinaryField(), codes=INVENTED),
    "an address": back(models.GenericIPAddressField(), codes=INVENTED),
    "a key": back(foreign_key("shop.Maker")),
    "a key with a default": back(foreign_key("shop.Maker", default=1)),
    "a key that may be NULL": back(foreign_key("shop.Maker", null=True)),
    "a key without a constraint": back(
        foreign_key("shop.Maker", db_constraint=False), codes=INVENTED
    ),
}


@pytest.mark.parametrize("name", names(FORBIDDEN))
def test_null_forbidden(project: Project, sql_mode: str, name: str) -> None:
    judge(project, FORBIDDEN[name], name)


@pytest.mark.parametrize("name", names(BACK))
def test_field_that_comes_back(project: Project, name: str) -> None:
    judge(project, BACK[name], name)
