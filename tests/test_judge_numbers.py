"""Numbers that become other numbers, judged by the engine."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from django.db import models

from tests.judge import Case, Raw, case, cases, changes_tables, judge

pytestmark = [changes_tables, pytest.mark.usefixtures("sql_mode")]


def dec(digits: int, places: int) -> models.DecimalField:
    return models.DecimalField(max_digits=digits, decimal_places=places, null=True)


def of(kind: type[models.Field], **options: object) -> models.Field:
    return kind(null=True, **options)


SMALL, INT, BIG = models.SmallIntegerField, models.IntegerField, models.BigIntegerField
POSITIVE_SMALL = models.PositiveSmallIntegerField
POSITIVE, POSITIVE_BIG = models.PositiveIntegerField, models.PositiveBigIntegerField
INTEGERS = (SMALL, INT, BIG, POSITIVE_SMALL, POSITIVE, POSITIVE_BIG)
RANGES = {
    SMALL: (-(2**15), 2**15 - 1),
    INT: (-(2**31), 2**31 - 1),
    BIG: (-(2**63), 2**63 - 1),
    POSITIVE_SMALL: (0, 2**15 - 1),
    POSITIVE: (0, 2**31 - 1),
    POSITIVE_BIG: (0, 2**63 - 1),
}


def edges(old: type[models.Field], new: type[models.Field]) -> list[int | None]:
    """What the old column can hold of its own bounds and of what is at the new one's."""
    low, high = RANGES[old]
    least, greatest = RANGES[new]
    numbers = {low, high, 0, -1, least - 1, least, greatest, greatest + 1}
    return [None, *(number for number in sorted(numbers) if low <= number <= high)]


BETWEEN_INTEGERS = [
    case(of(old), of(new), *edges(old, new))
    for old in INTEGERS
    for new in INTEGERS
    if old is not new
]

FRACTIONS = (
    "0",
    "1",
    "0.4",
    "-0.4",
    "0.5",
    "-0.5",
    "1.5",
    "-1.5",
    "2.5",
    "-2.5",
    "-1",
    "12.000",
    "99.999",
)
BOUNDS = (
    "32767.4",
    "32767.5",
    "32768",
    "-32768.4",
    "-32768.5",
    "2147483647.4",
    "2147483647.5",
    "-2147483648.5",
)
HUGE = (
    "9223372036854775807.4",
    "9223372036854775807.5",
    "-9223372036854775808.5",
    "-9223372036854775808.4",
)

DECIMALS = [
    *(case(dec(24, 4), of(kind), None, *map(D, FRACTIONS + BOUNDS + HUGE)) for kind in INTEGERS),
    *(case(dec(7, 3), of(kind), None, *map(D, FRACTIONS), D("-9999.999")) for kind in INTEGERS),
    *(
        case(dec(5, 0), of(kind), None, D(0), D(-1), D(32767), D(32768), D(99999))
        for kind in (SMALL, POSITIVE)
    ),
    # Scale and precision.
    case(
        dec(6, 3),
        dec(6, 2),
        None,
        *map(D, ("1.234", "1.235", "-1.235", "1.230", "0", "999.994", "999.995")),
    ),
    case(
        dec(10, 2),
        dec(5, 2),
        None,
        *map(D, ("999.99", "1000", "-999.99", "-1000", "12345678.90", "0.01")),
    ),
    case(
        dec(10, 4),
        dec(5, 2),
        None,
        *map(D, ("999.9949", "999.9951", "999.995", "-999.995", "1.2300", "0.0050")),
    ),
    case(
        dec(10, 4), dec(5, 0), None, *map(D, ("99999.4999", "99999.5", "-99999.5", "0.5", "-0.4"))
    ),
    case(dec(5, 2), dec(10, 4), None, *map(D, ("999.99", "-999.99", "0.01"))),
    case(dec(5, 2), dec(10, 2), None, *map(D, ("999.99", "-999.99", "0.01"))),
    case(dec(5, 2), dec(5, 4), None, *map(D, ("9.99", "10", "-10", "-9.99", "999.99"))),
    case(dec(22, 10), dec(18, 4), None, D("3482205.8802877210"), D("7748064553.1001390000")),
    case(dec(22, 9), dec(20, 8), None, D("122186947169.521"), D("144569120164.688621")),
    case(dec(22, 10), dec(12, 0), None, D("999999999999.4999999999"), D("99999999999.4999")),
    case(dec(8, 2), of(models.FloatField), None, *map(D, ("0.1", "999999.99", "-1.05"))),
    case(
        dec(20, 6),
        of(models.FloatField),
        None,
        *map(
            D,
            (
                "0.1",
                "99999999999999.999999",
                "12345678901234.567891",
                "-12345678901234.5",
                "0.000001",
            ),
        ),
    ),
]

FLOATS = (
    0.0,
    0.5,
    -0.5,
    1.5,
    2.5,
    -2.5,
    -0.4,
    0.4,
    1.0,
    -1.0,
    1e15,
    -1e15,
    0.1,
    0.1 + 0.2,
    1.005,
    999.995,
)
FLOAT_BOUNDS = (
    32767.4,
    32767.5,
    -32768.5,
    -32768.6,
    2147483647.4,
    2147483647.5,
    -2147483648.5,
    -2147483648.6,
    9007199254740993.0,
    9.2e18,
    9223372036854775807.0,
    -9223372036854775808.0,
    1e19,
    -1e19,
    1e300,
)
FROM_FLOATS = [
    *(case(of(models.FloatField), of(kind), None, *FLOATS, *FLOAT_BOUNDS) for kind in INTEGERS),
    case(
        of(models.FloatField),
        dec(5, 2),
        None,
        *FLOATS,
        999.994,
        999.9949999999999,
        -999.995,
        1e300,
        99.99,
    ),
    case(of(models.FloatField), dec(20, 2), None, *FLOATS, 1e17, 1e18, 123456789012345.67),
    case(of(models.FloatField), dec(20, 10), None, *FLOATS, 1e-11, 5e-11),
]

FROM_INTEGERS = [
    case(of(INT), dec(5, 2), None, 0, 999, 1000, -999, -1000),
    case(of(INT), dec(12, 2), None, 0, 2**31 - 1, -(2**31)),
    case(of(BIG), dec(19, 0), None, 0, 2**63 - 1, -(2**63)),
    case(of(BIG), dec(10, 5), None, 0, 99999, 100000, -100000),
    case(of(INT), of(models.FloatField), None, 0, 2**31 - 1, -(2**31)),
    case(
        of(BIG),
        of(models.FloatField),
        None,
        0,
        2**53,
        2**53 + 1,
        -(2**53) - 1,
        2**62 + 1,
        2**62,
        2**63 - 1,
        2**63 - 1024,
        -(2**63),
    ),
    case(of(POSITIVE_BIG), of(models.FloatField), None, 0, 2**53 + 1, 2**63 - 1),
]

BOOLEANS = [
    case(of(models.BooleanField), of(INT), None, True, False),
    case(of(INT), of(models.BooleanField), None, 0, 1, 2, -5),
    *cases(
        case(of(models.BooleanField), of(SMALL), None, True, answer="impossible"),
        case(of(BIG), of(models.BooleanField), None, 1, answer="impossible"),
        case(dec(5, 2), of(models.BooleanField), D(1), answer="impossible"),
        only=["postgresql"],
    ),
    *cases(
        case(of(models.BooleanField), of(SMALL), None, True, False),
        case(of(BIG), of(models.BooleanField), None, 1, 0, 2, 2**63 - 1),
        case(dec(5, 2), of(models.BooleanField), None, D(1), D("1.25"), D(0), D("0.4"), D(200)),
        case(of(models.FloatField), of(models.BooleanField), None, 1.0, 1.25, 0.0, -0.5, 1e9),
        only=["mysql", "sqlite"],
    ),
]

ODD = [
    *cases(
        # The float that JSON makes of it is rounded up to one digit more.
        case(dec(21, 4), of(models.JSONField), None, D("-99999999999999999.9999"), D("1.5")),
        case(
            dec(25, 0),
            of(models.JSONField),
            None,
            D(10**25 - 1),
            D(10**17 - 1),
            D(10**24),
            D(2**64 - 1),
            D(2**64),
        ),
        only=["mysql"],
    ),
    *cases(
        case(dec(7, 3), of(INT), Raw("NaN"), D("1.5")),
        case(dec(7, 3), dec(5, 1), Raw("NaN"), D("1.05"), D("9999.95")),
        case(dec(7, 3), of(models.FloatField), Raw("NaN"), D("1.5")),
        case(of(models.FloatField), of(INT), Raw("NaN"), Raw("Infinity"), Raw("-Infinity"), 1.0),
        case(of(models.FloatField), dec(5, 1), Raw("NaN"), Raw("Infinity"), Raw("-Infinity"), 1.0),
        only=["postgresql"],
    ),
    *cases(
        # A column of SQLite may hold what its type does not say.
        case(of(INT), dec(5, 2), Raw("abc"), Raw(1.5), Raw(""), Raw(b"x"), 7),
        case(dec(5, 2), of(INT), Raw("abc"), Raw(1.5), Raw(10**18)),
        case(of(INT), of(models.FloatField), Raw("abc"), Raw(1.5), 7),
        case(of(INT), of(POSITIVE), Raw("abc"), Raw(1.5), Raw(-0.5), -1),
        case(of(INT), of(models.BooleanField), Raw("true"), Raw(""), Raw(1.5), 1),
        only=["sqlite"],
    ),
]


@pytest.mark.parametrize(
    "case",
    [*BETWEEN_INTEGERS, *DECIMALS, *FROM_FLOATS, *FROM_INTEGERS, *BOOLEANS, *ODD],
    ids=str,
)
def test_numbers(case: Case) -> None:
    judge(case)
