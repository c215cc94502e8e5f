"""Pairs of types, and rows, as they come, judged by the engine."""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection, models
from django.utils.dateparse import parse_date, parse_datetime, parse_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.judge import Raw, case, changes_tables, judge

pytestmark = changes_tables

INTEGERS = {
    models.SmallIntegerField: (-(2**15), 2**15 - 1),
    models.IntegerField: (-(2**31), 2**31 - 1),
    models.BigIntegerField: (-(2**63), 2**63 - 1),
    models.PositiveSmallIntegerField: (0, 2**15 - 1),
    models.PositiveIntegerField: (0, 2**31 - 1),
    models.PositiveBigIntegerField: (0, 2**63 - 1),
}
#: Where rounding and bounds meet.
ROUND_NUMBERS = [0, 1, 9, 10, 99, 100, 2**15, 10**5, 2**31, 10**9, 2**53, 10**15, 10**17]
LETTERS = "ab0179.-+e é😀\t\n'\"\\%"


@st.composite
def near(draw: st.DrawFn, places: int) -> Decimal:
    """A number beside a round one, by some units and halves of its last place."""
    number = Decimal(draw(st.sampled_from(ROUND_NUMBERS)))
    unit = Decimal(1).scaleb(-draw(st.integers(0, places)))
    number += unit * draw(st.integers(-11, 11))
    return number if draw(st.booleans()) else -number


@st.composite
def integers(draw: st.DrawFn) -> tuple[models.Field, st.SearchStrategy[object]]:
    kind = draw(st.sampled_from(list(INTEGERS)))
    low, high = INTEGERS[kind]
    return kind(null=True), st.one_of(st.integers(low, high), st.integers(max(low, -11), 11))


@st.composite
def decimals(draw: st.DrawFn) -> tuple[models.Field, st.SearchStrategy[object]]:
    places = draw(st.integers(0, 6))
    digits = draw(st.integers(max(places, 1), 22))
    limit = Decimal(10) ** (digits - places)
    field = models.DecimalField(max_digits=digits, decimal_places=places, null=True)
    return field, near(places).map(lambda number: number if abs(number) < limit else Decimal(0))


@st.composite
def texts(draw: st.DrawFn) -> tuple[models.Field, st.SearchStrategy[object]]:
    kind = draw(st.sampled_from([models.CharField, models.SlugField, models.TextField]))
    if kind is models.TextField:
        return kind(null=True), st.text(LETTERS, max_size=70)
    length = draw(st.sampled_from([1, 2, 5, 20, 63, 64, 255, 300]))
    return kind(max_length=length, null=True), st.text(LETTERS, max_size=min(length, 70))


floats = st.one_of(
    near(3).map(float), st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False)
)
columns = st.one_of(
    integers(), decimals(), texts(), st.just((models.FloatField(null=True), floats))
)


def has_rule(old: models.Field, new: models.Field) -> bool:
    """Whether this engine's answer to the pair is another one than "unknown"."""
    reads = isinstance(old, models.CharField | models.TextField)
    numbers = not isinstance(new, models.CharField | models.TextField)
    short = isinstance(old, models.FloatField) and (getattr(new, "max_length", None) or 99) < 24
    if connection.vendor != "mysql":
        return True
    return not (reads and isinstance(new, models.DecimalField | models.FloatField)) and (
        numbers or not short
    )


@pytest.mark.usefixtures("sql_mode")
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_pair_with_any_rows(data: st.DataObject) -> None:
    old, values = data.draw(columns)
    new = data.draw(columns.map(lambda column: column[0]).filter(lambda new: has_rule(old, new)))
    rows = data.draw(st.lists(st.none() | values, min_size=1, max_size=12))
    judge(case(old, new, *rows), kind="")


# --- SQLite, whose columns hold anything: days, times and UUIDs, and what nearly is one ----------


def spelled(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map("".join)


def number(most: int, digits: int = 2) -> st.SearchStrategy[str]:
    """Of two digits and more; most of the time one that is on every calendar and clock."""
    wild = st.integers(0, most).map(lambda n: f"{n:0{digits}}")
    return st.one_of(st.just("12".rjust(digits, "2")), wild, wild)


EDGES = st.sampled_from(["2024-02-29", "2023-02-29", "2024-02-30", "2024-04-31", "0000-01-01"])
DAYS = EDGES | spelled(
    number(9999, 4), st.just("-"), number(13), st.just("-"), number(32) | st.sampled_from(["00"])
)
FRACTIONS = st.one_of(
    st.just(""),
    st.integers(0, 999999).map(lambda n: f".{n:06}"),
    st.sampled_from([".9995", ".999999", ".5", ".", ".12x", ".x23456", ".1234 6", "+01:99", "Zz"]),
)
TIMES = spelled(number(25), st.just(":"), number(60), st.just(":"), number(60), FRACTIONS)
MOMENTS = spelled(DAYS, st.sampled_from([" ", " ", " ", "T", "x", "  "]), TIMES)
UUIDS = st.one_of(
    st.uuids().map(lambda u: u.hex),
    st.uuids().map(str),
    st.uuids().map(lambda u: u.hex.upper()),
    st.uuids().map(lambda u: u.hex[:-1] + "g"),
    st.uuids().map(lambda u: u.hex[1:]),
    st.uuids().map(lambda u: u.hex + "0"),
)
ANY_TEXT = st.one_of(DAYS, TIMES, MOMENTS, UUIDS, st.text(LETTERS, max_size=20))
WRITTEN = re.compile(r"(\d{4}-\d\d-\d\d)?[ T]?(\d\d:\d\d:\d\d(\.\d{1,6})?)?")


def is_promised(value: str | float | bytes) -> bool:
    """Python reads more spellings of days and times than Django writes; nothing is said of them."""
    spellings = {str(value)}
    with contextlib.suppress(ValueError, OverflowError):
        spellings.add(str(int(float(value))))  # as which SQLite may store it
    for spelling, parse in itertools.product(spellings, (parse_date, parse_time, parse_datetime)):
        with contextlib.suppress(ValueError):
            if parse(spelling) is not None and not WRITTEN.fullmatch(spelling):
                return False
    return True


ANYTHING = st.one_of(
    ANY_TEXT,
    st.integers(-3, 3),
    st.integers(-(2**63), 2**63 - 1),
    floats,
    st.sampled_from([0.0, 1.0, 0.5, -(2.0**63), 2.0**63, 1e30, float("inf")]),
    st.binary(max_size=16),
).filter(is_promised)
FIELDS: list[Callable[[], models.Field]] = [
    lambda: models.DateField(null=True),
    lambda: models.DateTimeField(null=True),
    lambda: models.TimeField(null=True),
    lambda: models.UUIDField(null=True),
    lambda: models.BooleanField(null=True),
    lambda: models.DurationField(null=True),
    lambda: models.BinaryField(null=True),
    lambda: models.TextField(null=True),
    lambda: models.CharField(max_length=40, null=True),
    lambda: models.IntegerField(null=True),
    lambda: models.FloatField(null=True),
    lambda: models.DecimalField(max_digits=9, decimal_places=2, null=True),
    lambda: models.DecimalField(max_digits=20, decimal_places=3, null=True),
]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="other columns hold their type alone")
@settings(max_examples=60)
@given(data=st.data())
def test_any_pair_with_anything_in_it(data: st.DataObject) -> None:
    old, new = (data.draw(st.sampled_from(FIELDS))() for _ in range(2))
    rows = data.draw(st.lists(st.none() | ANYTHING.map(Raw), min_size=1, max_size=12))
    judge(case(old, new, *rows), kind="")
