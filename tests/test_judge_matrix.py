"""Every type changed into every other, over the rows that each has at its edges."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal as D

import pytest
from django.db import models

from tests.judge import Case, case, changes_tables, judge
from tests.judged_unknowns import why_unknown

pytestmark = [changes_tables, pytest.mark.usefixtures("sql_mode")]

UTC = datetime.UTC


def moment(*parts: int) -> datetime.datetime:
    return datetime.datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def numbers(texts: str) -> tuple[D, ...]:
    return tuple(map(D, texts.split()))


DAY = datetime.date
TIME = datetime.time
SPAN = datetime.timedelta
#: Texts that look like values of the other types, or nearly.
TEXTS = (
    *("", " ", "x", "7", "007", " 7", "7 ", "-7", "+5", "1.5", "-0.4", "1e3", "99999999", "0", "1"),
    *("true", "f", "2024-02-29", "2024-02-30", "23:59:59", "25:00:00", "::1", "10.0.0.1"),
    *("{}", "[1]", "null", '"x"', "abc  ", "é", "e", "😀", "\\x41", "1 day", "1000000"),
)
LONG_TEXTS = (
    *TEXTS,
    "2024-02-29 12:34:56",
    "2024-02-29 12:34:56.789012",
    "2024-02-29T12:34:56+02:00",
    "2024-02-29T12:34:56.5Z",
    "2024-02-29 12:34:56-24:00",
    "2024-02-29T12:34:56+2:00",
    "2024-01-01 00:00:00",
    "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "6ba7b8109dad11d180b400c04fd430c8",
    "123456789.125",
    "9223372036854775808",
    '{"a": 1}',
    "12:34:56.789012",
    "3 12:34:56",
)

#: name -> (field, rows)
TYPES: dict[str, tuple[models.Field, tuple[object, ...]]] = {
    "SmallInteger": (
        models.SmallIntegerField(null=True),
        (0, 1, -1, 2, 10, 255, -(2**15), 2**15 - 1),
    ),
    "Integer": (
        models.IntegerField(null=True),
        (0, 1, -1, 2, 7, 99, 1000, 20240229, 235959, -(2**31), 2**31 - 1),
    ),
    "BigInteger": (
        models.BigIntegerField(null=True),
        (0, 1, -1, 12, 2**31, 2**53 + 1, 20240229123456, -(2**63), 2**63 - 1),
    ),
    "PositiveInteger": (models.PositiveIntegerField(null=True), (0, 1, 2, 100, 2**31 - 1)),
    "Decimal(8,2)": (
        models.DecimalField(max_digits=8, decimal_places=2, null=True),
        numbers("0 1 -1 0.5 1.5 2.5 -2.5 -0.4 0.01 10.10 32767.5 999999.99 -999999.99"),
    ),
    "Decimal(24,6)": (
        models.DecimalField(max_digits=24, decimal_places=6, null=True),
        numbers("0 1 0.000001 1.005 -1.235 999999.995 2147483647.5 123456789012345678.123456 -9.5"),
    ),
    "Float": (
        models.FloatField(null=True),
        (
            0.0,
            1.0,
            -1.0,
            0.5,
            1.5,
            2.5,
            -0.4,
            0.1,
            1.005,
            1e10,
            2.0**53,
            1e300,
            -1e-300,
            123456.789,
        ),
    ),
    "Boolean": (models.BooleanField(null=True), (True, False)),
    "Char(8)": (models.CharField(max_length=8, null=True), tuple(t for t in TEXTS if len(t) <= 8)),
    "Char(40)": (models.CharField(max_length=40, null=True), LONG_TEXTS),
    "Slug(12)": (
        models.SlugField(max_length=12, null=True),
        ("", "a-b", "7", "abcdefghijkl", "2024-02-29"),
    ),
    "Text": (models.TextField(null=True), (*LONG_TEXTS, "x" * 300)),
    "Date": (
        models.DateField(null=True),
        (DAY(1, 1, 1), DAY(1970, 1, 1), DAY(2024, 2, 29), DAY(9999, 12, 31)),
    ),
    "DateTime": (
        models.DateTimeField(null=True),
        (
            moment(1, 1, 1),
            moment(1970, 1, 1),
            moment(2024, 2, 29, 12, 34, 56),
            moment(2024, 2, 29, 12, 34, 56, 500000),
            moment(2024, 2, 29, 12, 34, 0, 1),
            moment(2024, 2, 29),
            moment(9999, 12, 31, 23, 59, 59, 999999),
        ),
    ),
    "Time": (
        models.TimeField(null=True),
        (
            TIME(),
            TIME(12, 34, 56),
            TIME(12, 34),
            TIME(0, 0, 0, 1),
            TIME(23, 59, 59, 500000),
            TIME(23, 59, 59, 999999),
        ),
    ),
    "Duration": (
        models.DurationField(null=True),
        (
            SPAN(),
            SPAN(seconds=1),
            SPAN(days=1),
            SPAN(microseconds=1),
            SPAN(days=-1, microseconds=5),
            SPAN(days=400, hours=3),
            SPAN(hours=23, minutes=59),
        ),
    ),
    "UUID": (
        models.UUIDField(null=True),
        (
            uuid.UUID(int=0),
            uuid.UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
            uuid.UUID("12345678123441238123123456789012"),
        ),
    ),
    "GenericIPAddress": (
        models.GenericIPAddressField(null=True),
        ("10.0.0.1", "::1", "2001:db8::ff00:42:8329", "255.255.255.255"),
    ),
    "JSON": (
        models.JSONField(null=True),
        (
            {},
            [],
            [1, "é"],
            {"a": {"b": None}},
            "x",
            "7",
            "",
            7,
            1.5,
            True,
            False,
            "2024-02-29",
            "x" * 50,
        ),
    ),
    "Binary": (
        models.BinaryField(null=True),
        (b"", b"a", b"7", b"\x00", b"\xff\xfe", "é".encode(), b"1.5", b"{}", b"x" * 50),
    ),
}


def pair(old: str, new: str) -> Case:
    before, rows = TYPES[old]
    reason = why_unknown(old, new)
    return case(
        before,
        TYPES[new][0],
        None,
        *rows,
        answer="unknown" if reason else None,
        known=reason,
        name=f"{old} to {new}",
    )


@pytest.mark.parametrize("new", TYPES)
@pytest.mark.parametrize("old", TYPES)
def test_every_type_becomes_every_other(old: str, new: str) -> None:
    if old != new:
        judge(pair(old, new))
