"""Types that only PostgreSQL has, and those that become them, judged by the engine."""

from __future__ import annotations

import pytest
from django.db import connection, models

from tests.judge import Case, Raw, case, changes_tables, judge

pytestmark = changes_tables

Char, Text, Number = models.CharField, models.TextField, models.IntegerField
WORDS = ("{}", '{"",abc}', "{abcdef}", '{NULL,"abcde "}', '{{"a","b"},{"c","d"}}', None)
NUMBERS = ("{}", "{1,2}", "{NULL,-1}", "{2147483647}", "{{1,2},{3,40000}}", None)
DECIMALS = ("{}", "{1.25}", "{1.2,NULL}", "{999.95}", "{-999.94}", None)


def of(kind: type[models.Field], **options: object) -> models.Field:
    return kind(null=True, **options)


def raw(*values: str | None) -> tuple[Raw | None, ...]:
    return tuple(value if value is None else Raw(value) for value in values)


def array_cases() -> list[Case]:
    """Only where they exist, because their fields do not import without the driver."""
    if connection.vendor != "postgresql":
        return []
    from django.contrib.postgres.fields import ArrayField

    def array(inner: models.Field, size: int | None = None) -> models.Field:
        return ArrayField(inner, size=size, null=True)

    def decimal(digits: int, places: int) -> models.Field:
        return array(models.DecimalField(max_digits=digits, decimal_places=places))

    big, small = array(models.BigIntegerField()), array(models.SmallIntegerField())
    pairs: list[tuple[models.Field, models.Field, tuple[str | None, ...]]] = [
        (array(Char(max_length=9)), array(Char(max_length=5)), WORDS),
        (array(Char(max_length=5)), array(Char(max_length=9)), WORDS[:2]),
        (array(Char(max_length=9)), array(Text()), WORDS),
        (array(Text()), array(Char(max_length=5)), WORDS),
        (array(Number()), big, NUMBERS),
        (big, array(Number()), (*NUMBERS, "{2147483648}", "{1,-2147483649}")),
        (array(Number()), small, NUMBERS),
        (array(Number(), size=3), array(Number(), size=2), (*NUMBERS, "{1,2,3}")),
        (array(Number()), array(array(Number())), NUMBERS),
        (array(Number()), array(Char(max_length=2)), NUMBERS),
        (array(Char(max_length=9)), array(Number()), (*WORDS, "{7}", "{007,8}", "{NULL}")),
        (array(Number()), decimal(5, 2), (*NUMBERS, "{999,1000}")),
        (decimal(5, 2), decimal(4, 1), DECIMALS),
        (decimal(5, 2), array(Number()), DECIMALS),
        (array(Number()), array(models.BooleanField()), NUMBERS),
        (array(models.BooleanField()), small, ("{t}", None)),
        (array(Text()), array(models.DateField()), ("{2024-02-29}", "{x}", "{tomorrow}", None)),
        (array(models.DateTimeField()), array(models.DateField()), ("{2024-02-29 10:00:00}",)),
        (array(models.UUIDField()), array(Number()), ("{}", None)),
        (array(Number()), of(Text), NUMBERS),
        (array(Number()), of(Char, max_length=5), NUMBERS),
        (array(Number()), of(Number), NUMBERS),
        (of(Number), array(Number()), ()),
        (of(Text), array(Number()), (*NUMBERS, "x")),
        (array(Number()), of(models.JSONField), NUMBERS),
    ]
    return [case(old, new, *raw(*rows), name=f"arrays {n}") for n, (old, new, rows) in told(pairs)]


def told(pairs: list[tuple[models.Field, models.Field, tuple[str | None, ...]]]):
    return enumerate(pairs)


def range_cases() -> list[Case]:
    if connection.vendor != "postgresql":
        return []
    from django.contrib.postgres import fields

    whole = raw("[1,5)", "empty", "(,3)", "[7,)", None)
    days = raw("[2024-01-01,2024-02-01)", "empty", "(,)", None)
    moments = raw("[2024-01-01 10:00:00+00,2024-02-01 00:00:00+00)", "empty", None)
    kinds = {
        fields.IntegerRangeField: whole,
        fields.BigIntegerRangeField: whole,
        fields.DecimalRangeField: raw("[1.5,5.25)", "empty", None),
        fields.DateRangeField: days,
        fields.DateTimeRangeField: moments,
    }
    found = [
        case(of(old), of(new), *rows, name=f"{old.__name__} to {new.__name__}")
        for old, rows in kinds.items()
        for new in (*kinds, Number, models.DateField, models.JSONField, models.DateTimeField)
        if old is not new
    ]
    for old, rows in kinds.items():
        texts = (of(Text), of(Char, max_length=8), of(Char, max_length=100))
        found += [case(of(old), new, *rows, name=f"{old.__name__} to text") for new in texts]
        found.append(case(of(Text), of(old), *rows, "x", name=f"text to {old.__name__}"))
        found.append(case(of(Number), of(old), 1, None, name=f"number to {old.__name__}"))
    return found


@pytest.mark.parametrize("case", [*array_cases(), *range_cases()], ids=str)
def test_types_of_postgresql(case: Case) -> None:
    said = judge(Case(**{**vars(case), "answer": None}))
    assert not said.conversion.unknown
