"""Columns of keys, changes that must say nothing, and pairs that nobody has a rule for."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection, models
from django.db.migrations import CreateModel

from tests.judge import Case, Raw, case, cases, changes_tables, judge

pytestmark = [changes_tables, pytest.mark.usefixtures("sql_mode")]


def of(kind: type[models.Field], **options: object) -> models.Field:
    return kind(null=True, **options)


def target(name: str, key: models.Field) -> CreateModel:
    key.primary_key = True
    return CreateModel(name, [("key", key)])


def to(name: str) -> models.Field:
    # Without a constraint, since these are about the values and not about orphans.
    return models.ForeignKey(f"judge.{name}", models.CASCADE, null=True, db_constraint=False)


PLACES = (
    target("Auto", models.AutoField()),
    target("BigAuto", models.BigAutoField()),
    target("SmallAuto", models.SmallAutoField()),
    target("Code", models.CharField(max_length=5)),
    target("LongCode", models.CharField(max_length=20)),
    target("Uuid", models.UUIDField()),
)
BOUNDS = (None, 1, -1, 2**15 - 1, 2**15, 2**31 - 1)
CODES = (None, "", "abcde", "abcdef", "abcde ")
COLUMNS_OF_KEYS = [
    case(to("BigAuto"), to("Auto"), *BOUNDS, 2**31, -(2**31) - 1, beside=PLACES),
    case(to("Auto"), to("BigAuto"), *BOUNDS, beside=PLACES),
    case(to("Auto"), to("SmallAuto"), *BOUNDS, beside=PLACES),
    case(to("Auto"), of(models.IntegerField, db_column="v_id"), *BOUNDS, beside=PLACES),
    case(of(models.IntegerField, db_column="v_id"), to("Auto"), *BOUNDS, beside=PLACES),
    case(of(models.PositiveIntegerField, db_column="v_id"), to("Auto"), 1, 0, beside=PLACES),
    case(to("Auto"), of(models.PositiveIntegerField, db_column="v_id"), *BOUNDS, beside=PLACES),
    case(to("LongCode"), to("Code"), *CODES, beside=PLACES),
    case(to("Code"), to("LongCode"), None, "", "abcde", beside=PLACES),
    case(of(models.CharField, max_length=20, db_column="v_id"), to("Code"), *CODES, beside=PLACES),
    case(
        to("LongCode"), of(models.CharField, max_length=5, db_column="v_id"), *CODES, beside=PLACES
    ),
    case(to("Auto"), to("Code"), *BOUNDS, 99999, 100000, beside=PLACES),
    # The primary key itself.
    case(
        models.CharField(max_length=9, primary_key=True),
        models.IntegerField(primary_key=True),
        *("7", "-8", "0012", "x"),
    ),
    case(
        models.CharField(max_length=9, primary_key=True),
        models.BigIntegerField(primary_key=True),
        *("7", "-8", "0012", "x"),
    ),
    case(models.BigIntegerField(primary_key=True), models.AutoField(primary_key=True), 1, 2**31),
    case(models.AutoField(primary_key=True), models.BigAutoField(primary_key=True), 1, 2**31 - 1),
    case(
        models.IntegerField(primary_key=True),
        models.CharField(max_length=3, primary_key=True),
        7,
        999,
        1000,
    ),
    case(to("Uuid"), to("LongCode"), None, uuid.UUID(int=7), beside=PLACES),
]


def char(length: int, **options: object) -> models.Field:
    return models.CharField(max_length=length, null=True, **options)


def arrays(*pairs: tuple[models.Field, models.Field, str]) -> list[Case]:
    """Only where they exist, because their field does not import without the driver."""
    if connection.vendor != "postgresql":
        return []
    from django.contrib.postgres.fields import ArrayField

    def array(inner: models.Field) -> models.Field:
        return ArrayField(inner, size=inner.max_length, null=True)

    return [case(array(old), array(new), Raw("{1,2}"), answer=answer) for old, new, answer in pairs]


one, letter = models.IntegerField(db_default=1), models.CharField(max_length=5, db_default="x")
DEFAULTS_IN_THE_DATABASE = [
    case(one, models.BigIntegerField(db_default=1), 7),
    case(one, models.BigIntegerField(db_default=2), 7),
    case(one, models.DecimalField(max_digits=5, decimal_places=2, db_default=1), 7, 1000),
    *cases(
        case(one, models.CharField(max_length=2, db_default="x"), 7, 100),
        case(letter, models.IntegerField(db_default=1), "7", answer="impossible"),
        case(letter, models.IntegerField(), "7", "x"),
        case(models.CharField(max_length=5), models.IntegerField(db_default=1), "7", "x"),
        only=["postgresql"],
    ),
    *cases(
        case(one, models.CharField(max_length=2), 7, answer="unknown"),
        case(models.CharField(max_length=5), models.IntegerField(db_default=1), "7", "x"),
        only=["mysql"],
    ),
    *cases(
        case(letter, models.IntegerField(db_default=1), "7", "x"),
        case(
            models.CharField(max_length=9, primary_key=True),
            models.AutoField(primary_key=True),
            *("7", "x", "1.5", ""),
        ),
        only=["sqlite"],
    ),
]


@pytest.mark.parametrize("case", [*COLUMNS_OF_KEYS, *DEFAULTS_IN_THE_DATABASE], ids=str)
def test_keys_and_defaults(case: Case) -> None:
    judge(case)


def decimal(digits: int, places: int) -> models.Field:
    return models.DecimalField(max_digits=digits, decimal_places=places, null=True)


QUIET = [
    *arrays(
        (models.CharField(max_length=5), models.CharField(max_length=9), ""),
        (models.CharField(max_length=5), models.TextField(), ""),
    ),
    case(of(models.IntegerField), of(models.BigIntegerField), None, 7),
    case(of(models.SmallIntegerField), of(models.IntegerField), None, 7),
    case(of(models.PositiveIntegerField), of(models.BigIntegerField), None, 7),
    case(of(models.PositiveSmallIntegerField), of(models.PositiveIntegerField), None, 7),
    case(models.IntegerField(), models.IntegerField(default=7), 7),
    case(of(models.IntegerField), models.IntegerField(default=7), 7),
    case(models.IntegerField(), of(models.IntegerField, choices=[(7, "seven")]), 7),
    case(to("Auto"), of(models.IntegerField, db_column="v_id"), None, 7, beside=PLACES),
    case(to("Auto"), to("BigAuto"), None, 7, beside=PLACES),
    case(char(5), char(20), None, "abcde"),
    case(char(5), char(5, db_index=True), None, "abcde"),
    case(char(5), models.TextField(null=True), None, "abcde"),
    case(char(5), models.SlugField(max_length=5, null=True), None, "abcde"),
    case(char(100), models.FileField(max_length=100, null=True), None, "abcde"),
    case(char(200), models.URLField(max_length=200, null=True), None, "abcde"),
    case(decimal(5, 2), decimal(10, 2), None, 7),
    case(decimal(5, 2), decimal(10, 4), None, 7),
    case(of(models.BooleanField), models.BooleanField(default=True), True),
    case(of(models.DateField), models.DateField(auto_now=True, null=True), None),
]


@pytest.mark.parametrize("case", QUIET, ids=str)
def test_harmless_changes_say_nothing(case: Case) -> None:
    conversion = judge(case).conversion
    assert (conversion.lost, conversion.blocked, conversion.misread) == ((), (), ())
