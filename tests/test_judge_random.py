"""Pairs of numbers and texts, and rows, as they come, judged by the engine."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection, models
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.judge import case, changes_tables, judge

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
    judge(case(old, new, *rows))
