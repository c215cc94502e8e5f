"""Days, times and durations that become each other, judged by the engine."""

from __future__ import annotations

import datetime

import pytest
from django.db import models

from tests.judge import Case, Raw, case, cases, changes_tables, judge

pytestmark = [changes_tables, pytest.mark.usefixtures("sql_mode")]


def of(kind: type[models.Field], **options: object) -> models.Field:
    return kind(null=True, **options)


def at(*parts: int) -> datetime.datetime:
    return datetime.datetime(*parts, tzinfo=datetime.UTC)


DATE, MOMENT, TIME = models.DateField, models.DateTimeField, models.TimeField
DAYS = (
    datetime.date(1, 1, 1),
    datetime.date(1969, 12, 31),
    datetime.date(2024, 2, 29),
    datetime.date(9999, 12, 31),
)
OLD_DAYS = tuple(day for day in DAYS if day.year >= 1000)  # MySQL promises nothing before
MOMENTS = (
    at(2024, 2, 29),
    at(2024, 2, 29, 0, 0, 0, 1),
    at(2024, 2, 29, 23, 59, 59, 999999),
    at(2024, 2, 29, 12),
    at(2024, 2, 29, 23, 59, 59, 499999),
    at(2024, 2, 29, 23, 59, 59, 500000),
    at(9999, 12, 31, 23, 59, 59),
    at(1969, 12, 31, 0, 0, 1),
    at(1000, 1, 1),
    at(9999, 12, 31, 23, 59, 59, 999999),
)

#: A float keeps the tenths of their seconds, and some of the hundredths.
TENTHS = tuple(at(1969, 12, 31, 22, 0, 0, micros) for micros in (100000, 300000, 120000, 123000))
FINE = models.DecimalField(max_digits=24, decimal_places=7, null=True)
IN_DIGITS = cases(
    case(of(MOMENT), of(models.FloatField), None, *TENTHS),
    # Strict MySQL reads no day from so many places.
    case(of(DATE), FINE, None, *OLD_DAYS),
    case(FINE, of(DATE), None, 20240229, 20240230),
    case(of(MOMENT), FINE, None, at(2024, 2, 29)),
    only=["mysql"],
)
MOMENTS_TO_DAYS = [
    case(of(MOMENT), of(DATE), None, *MOMENTS),
    case(of(MOMENT), of(TIME), None, *MOMENTS),
    case(of(DATE), of(MOMENT), None, *OLD_DAYS),
]
ODD = [
    *cases(
        case(of(MOMENT), of(DATE), Raw("infinity"), Raw("-infinity"), Raw("0001-01-01 BC")),
        case(
            of(DATE), of(MOMENT), Raw("infinity"), Raw("300000-01-01"), Raw("4713-01-01 BC"), *DAYS
        ),
        case(of(TIME), of(MOMENT), datetime.time(1), answer="impossible"),
        case(of(DATE), of(TIME), DAYS[0], answer="impossible"),
        case(of(DATE), of(models.IntegerField), DAYS[0], answer="impossible"),
        case(of(models.UUIDField), of(models.IntegerField), answer="impossible"),
        only=["postgresql"],
    ),
    *cases(
        case(of(TIME), of(MOMENT), None, datetime.time(1), datetime.time(1, 2, 3, 4)),
        case(of(DATE), of(TIME), None, *DAYS),
        case(of(DATE), of(models.IntegerField), None, *DAYS),
        case(of(models.DurationField), of(models.IntegerField), None, datetime.timedelta(days=1)),
        case(of(models.IntegerField), of(models.DurationField), None, 7),
        only=["sqlite"],
    ),
    *cases(
        case(
            of(models.DurationField), of(models.BigIntegerField), None, datetime.timedelta(days=-1)
        ),
        case(of(models.DurationField), of(models.IntegerField), None, datetime.timedelta(days=1)),
        only=["mysql"],
    ),
]


@pytest.mark.parametrize("case", [*MOMENTS_TO_DAYS, *IN_DIGITS, *ODD], ids=str)
def test_times(case: Case) -> None:
    judge(case)
