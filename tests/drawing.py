"""Fields of every family with their parameters, and values at the edges of each."""

from __future__ import annotations

import contextlib
import datetime
import itertools
import json
import re
import uuid
from collections.abc import Callable
from decimal import Decimal

from django.db import models
from django.utils.dateparse import parse_date, parse_datetime, parse_time
from hypothesis import strategies as st

from tests.judge import Raw

Values = st.SearchStrategy[object]
Drawn = tuple[models.Field, Values]

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
#: At which a column's width, its length byte or the text of another type ends.
LENGTHS = [1, 2, 4, 5, 8, 10, 12, 15, 19, 20, 26, 32, 36, 39, 63, 64, 85, 86, 255, 256, 300]
#: Whole numbers that some engine reads as days or times, or nearly.
CLOCKS = [
    *(7, 99, 100, 101, 1959, 235959, 240000, 700101, 991231, 8385959, 20240229, 20240230),
    *(20240229123456, 20240229250000, 99991231235959),
]
#: What some type reads, and some other does not.
WORDS = [
    *("true", "False", "t", "on", "null", "NaN", "inf", "-0", "+5", "1e3", "1.", ".5", "0x1F"),
    *("1_000", "2024-02-30", "24:00:00", "25:00:00", "12:34", "{}", "[]", '""', "\\x41", "::"),
]
ZONES = [datetime.timezone(datetime.timedelta(hours=hours)) for hours in (0, 2, -11, 14)]
SECOND = 10**6


@st.composite
def near(draw: st.DrawFn, places: int) -> Decimal:
    """A number beside a round one, by some units and halves of its last place."""
    number = Decimal(draw(st.sampled_from(ROUND_NUMBERS)))
    unit = Decimal(1).scaleb(-draw(st.integers(0, places)))
    number += unit * draw(st.integers(-11, 11))
    return number if draw(st.booleans()) else -number


def options(draw: st.DrawFn) -> dict[str, object]:
    """``null`` always: every draw of rows has NULLs in it."""
    return {"null": True, **draw(st.sampled_from([{}, {}, {"blank": True}, {"db_comment": "c"}]))}


@st.composite
def integers(draw: st.DrawFn) -> Drawn:
    kind = draw(st.sampled_from(list(INTEGERS)))
    low, high = INTEGERS[kind]
    clocks = st.sampled_from(CLOCKS).filter(lambda number: number <= high)
    return kind(**options(draw)), st.one_of(
        st.integers(low, high), st.integers(max(low, -11), 11), clocks, st.sampled_from([low, high])
    )


@st.composite
def decimals(draw: st.DrawFn) -> Drawn:
    places = draw(st.integers(0, 8))
    digits = draw(st.integers(max(places, 1), 30))
    limit = Decimal(10) ** (digits - places)
    # More digits than arithmetic keeps: "-most" would be one more than the column holds.
    most = Decimal((0, (9,) * digits, -places))
    least = most.copy_negate()
    field = models.DecimalField(max_digits=digits, decimal_places=places, **options(draw))
    return field, st.one_of(
        near(places).map(lambda number: number if abs(number) < limit else Decimal(0)),
        st.sampled_from([most, least, Decimal(1).scaleb(-places)]),
        st.decimals(least, most, places=places, allow_nan=False, allow_infinity=False),
    )


finite = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False)
FLOATS = st.one_of(near(3).map(float), finite, st.integers(-(10**9), 10**9).map(lambda n: n / 1000))


def floats(draw: st.DrawFn) -> Drawn:
    return models.FloatField(**options(draw)), FLOATS


def booleans(draw: st.DrawFn) -> Drawn:
    return models.BooleanField(**options(draw)), st.booleans()


# --- days and times -------------------------------------------------------------------------------

FRACTIONS = st.sampled_from([0, 0, 0, 1, 10, 100000, 499999, 500000, 999000, 999500, 999999])
TIMES = st.builds(
    lambda time, fraction: time.replace(microsecond=fraction),
    st.one_of(
        st.sampled_from([datetime.time(), datetime.time(23, 59, 59), datetime.time(12)]), st.times()
    ),
    FRACTIONS | st.integers(0, 999999),
)
DAYS = st.one_of(
    st.dates(),
    st.sampled_from(
        [
            datetime.date(*parts)
            for parts in (
                *((1, 1, 1), (999, 12, 31), (1000, 1, 1), (1582, 10, 10), (1969, 12, 31)),
                *((1970, 1, 1), (2000, 2, 29), (2024, 2, 29), (2038, 1, 19), (9999, 12, 31)),
            )
        ]
    ),
)


def moment(day: datetime.date, time: datetime.time, zone: datetime.timezone) -> datetime.datetime:
    # At the ends of the calendar another zone has no such moment.
    outer = day.year in (1, 9999)
    return datetime.datetime.combine(day, time, datetime.UTC if outer else zone)


MOMENTS = st.builds(moment, DAYS, TIMES, st.sampled_from(ZONES))
SPANS = st.one_of(
    st.timedeltas(datetime.timedelta(days=-99999), datetime.timedelta(days=99999)),
    st.sampled_from([0, 1, -1, SECOND, 60 * SECOND, 3600 * SECOND, 86400 * SECOND]).map(
        lambda micros: datetime.timedelta(microseconds=micros)
    ),
    st.integers(-235960, 235960).map(lambda micros: datetime.timedelta(microseconds=micros)),
)


def dates(draw: st.DrawFn) -> Drawn:
    return models.DateField(**options(draw)), DAYS


def moments(draw: st.DrawFn) -> Drawn:
    return models.DateTimeField(**options(draw)), MOMENTS


def times(draw: st.DrawFn) -> Drawn:
    return models.TimeField(**options(draw)), TIMES


def spans(draw: st.DrawFn) -> Drawn:
    return models.DurationField(**options(draw)), SPANS


# --- words ----------------------------------------------------------------------------------------

UUIDS = st.one_of(
    st.sampled_from([uuid.UUID(int=0), uuid.UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")]),
    st.uuids(version=4),
    st.uuids(version=1),
)
ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)
SCALARS = st.one_of(
    st.booleans(), st.integers(-(10**20), 10**20), FLOATS, st.text(LETTERS, max_size=8)
)
JSON = st.recursive(
    SCALARS | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(LETTERS, max_size=3), inner)
    ),
    max_leaves=5,
)
#: Letters, and what the other types look like as text.
TEXTS = st.one_of(
    st.text(LETTERS, max_size=70),
    st.integers(-(2**63), 2**64).map(str),
    st.integers(-11, 300).map(str),
    near(3).map(str),
    FLOATS.map(repr),
    DAYS.map(str),
    TIMES.map(str),
    MOMENTS.map(str),
    MOMENTS.map(lambda moment: moment.isoformat()),
    MOMENTS.map(lambda moment: str(moment.replace(tzinfo=None))),
    SPANS.map(str),
    UUIDS.map(str),
    UUIDS.map(lambda value: value.hex),
    UUIDS.map(lambda value: str(value).upper()),
    ADDRESSES,
    JSON.map(json.dumps),
    st.sampled_from(WORDS),
)


def padded(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    blanks = st.sampled_from(["", "", "", "", " ", "  ", "\t", "\n"])
    return st.builds(lambda before, text, after: before + text + after, blanks, texts, blanks)


@st.composite
def texts(draw: st.DrawFn) -> Drawn:
    kinds = [models.CharField, models.SlugField, models.URLField, models.FileField]
    kind = draw(st.sampled_from([*kinds, models.TextField, models.TextField]))
    if kind is models.TextField:
        return kind(**options(draw)), padded(TEXTS)
    length = draw(st.sampled_from(LENGTHS))
    fitting = padded(TEXTS).map(lambda text: text[:length])
    whole = st.sampled_from("a7é😀 ").map(lambda letter: letter * length)
    return kind(max_length=length, **options(draw)), fitting | fitting | fitting | whole


def uuids(draw: st.DrawFn) -> Drawn:
    return models.UUIDField(**options(draw)), UUIDS


def addresses(draw: st.DrawFn) -> Drawn:
    return models.GenericIPAddressField(**options(draw)), ADDRESSES


def documents(draw: st.DrawFn) -> Drawn:
    # None would be no document but NULL.
    return models.JSONField(**options(draw)), JSON.map(
        lambda value: Raw("null") if value is None else value
    )


def bytes_(draw: st.DrawFn) -> Drawn:
    return models.BinaryField(**options(draw)), st.one_of(
        st.binary(max_size=20), TEXTS.map(lambda text: text.encode()), UUIDS.map(lambda u: u.bytes)
    )


# --- SQLite, whose columns hold anything ----------------------------------------------------------

WRITTEN = re.compile(r"(\d{4}-\d\d-\d\d)?[ T]?(\d\d:\d\d:\d\d(\.\d{1,6})?)?")


def is_promised(value: object) -> bool:
    """Python reads more spellings of days and times than Django writes; nothing is said of them."""
    if not isinstance(value, str | int | float | bytes | Decimal):
        return True  # Django writes it
    spellings = {str(value)}
    with contextlib.suppress(ValueError, OverflowError):
        spellings.add(str(int(float(value))))  # as which SQLite may store it
    for spelling, parse in itertools.product(spellings, (parse_date, parse_time, parse_datetime)):
        with contextlib.suppress(ValueError):
            if parse(spelling) is not None and not WRITTEN.fullmatch(spelling):
                return False
    return True


FAMILIES: list[Callable[[], st.SearchStrategy[Drawn]]] = [
    integers,
    decimals,
    texts,
    *(st.composite(draw) for draw in (floats, booleans, dates, moments, times, spans)),
    *(st.composite(draw) for draw in (uuids, addresses, documents, bytes_)),
]
COLUMNS = st.sampled_from(FAMILIES).flatmap(lambda family: family())
