"""Pairs of types, and rows, as they come, judged by the engine."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection, models
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.drawing import INTEGERS, LETTERS, is_promised, near
from tests.judge import Raw, case, changes_tables, judge

pytestmark = changes_tables


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
