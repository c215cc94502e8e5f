"""Text that is shortened or written from other values, judged by the engine."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal as D

import pytest
from django.db import connection, models

from tests.judge import Case, Raw, case, cases, changes_tables, judge

pytestmark = [changes_tables, pytest.mark.usefixtures("sql_mode")]


def char(length: int, kind: type[models.CharField] = models.CharField) -> models.Field:
    return kind(max_length=length, null=True)


def of(kind: type[models.Field], **options: object) -> models.Field:
    return kind(null=True, **options)


TEXT = models.TextField
WORDS = (
    None,
    "",
    " ",
    "a",
    "abcde",
    "abcdef",
    "abcde ",
    "abcde   ",
    "abcd  ",
    "      ",
    "abcde\t",
    "abcde\n\v\f\r",
    "abcde\u00a0",
    "abcde\u3000",
    "abcde\u200b",
    "éèêëé",
    "éèêëéè",
    "😀😀😀😀😀",
    "😀😀😀😀😀😀",
    "ab\ncd\ne",
    "it's",
    '"%s"',
    "%",
    "\\",
    "x" * 100,
    "007",
    "1e3",
)
SHORT = tuple(word for word in WORDS if word is None or len(word) <= 20)

LENGTHS = [
    case(char(20), char(5), *SHORT),
    case(char(100), char(5), *SHORT),
    case(char(64), char(63), None, "x" * 63 + " ", "x" * 64),
    case(char(86), char(85), None, "x" * 85 + " ", "x" * 86),
    case(char(5), char(20), None, "", "abcde", "ab   "),
    case(char(20), of(TEXT), *SHORT),
    case(of(TEXT), char(5), *WORDS),
    case(of(TEXT), char(200), *WORDS),
    case(char(200), char(100, models.SlugField), None, "x" * 100, "x" * 101, "x" * 100 + " "),
    case(char(200, models.SlugField), char(100), None, "x" * 100, "x" * 101, "x" * 100 + " "),
    case(
        char(200), of(models.URLField, max_length=100), None, "x" * 100, "x" * 101, "x" * 100 + " "
    ),
    case(char(200), of(models.EmailField, max_length=20), None, "x" * 20, "x" * 21, "x" * 20 + " "),
    case(
        char(200), of(models.FileField, max_length=100), None, "x" * 100, "x" * 101, "x" * 100 + " "
    ),
    case(of(models.FileField, max_length=100), char(20), None, "x" * 20, "x" * 21, "x" * 20 + " "),
    case(of(models.FileField, max_length=100), of(models.ImageField, max_length=100), None, "x"),
    case(of(models.FilePathField, max_length=100), char(20), None, "x" * 20, "x" * 21),
    case(of(TEXT), char(5, models.SlugField), *WORDS),
]

INTEGERS = [
    case(of(models.IntegerField), char(3), None, 0, 7, 999, 1000, -99, -100, 2**31 - 1, 100),
    case(of(models.IntegerField), char(1), None, 0, 9, 10, -1),
    case(of(models.IntegerField), char(11), None, 0, -(2**31), 2**31 - 1),
    case(of(models.BigIntegerField), of(TEXT), None, 0, -(2**63), 2**63 - 1),
    case(of(models.PositiveIntegerField), char(5), None, 0, 99999, 100000),
    case(of(models.BooleanField), char(1), None, True, False),
    case(of(models.BooleanField), char(5), None, True, False),
]

DECIMALS = tuple(
    map(D, ("0", "1.20", "12.30", "-1.20", "10.00", "123.45", "999.99", "-999.99", "0.05"))
)


def decimal(digits: int, places: int) -> models.Field:
    return of(models.DecimalField, max_digits=digits, decimal_places=places)


FROM_DECIMALS = [
    *(case(decimal(5, 2), char(length), None, *DECIMALS) for length in (1, 2, 3, 4, 5, 6, 7, 8)),
    case(decimal(5, 0), char(3), None, D(0), D(999), D(1000), D(-99), D(-100), D(100)),
    case(decimal(5, 2), of(TEXT), None, *DECIMALS),
    case(decimal(2, 2), char(4), None, D("0.12"), D("-0.12"), D("0.10"), D("-0.10")),
]

UUIDS = (None, uuid.UUID(int=0), uuid.UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), uuid.uuid4())
DAY = datetime.date(2024, 2, 29)
MOMENT = datetime.datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=datetime.UTC)
MIDNIGHT = datetime.datetime(2024, 2, 29, tzinfo=datetime.UTC)
OTHERS = [
    case(of(models.UUIDField), char(36), *UUIDS),
    case(of(models.UUIDField), char(32), *UUIDS),
    case(of(models.UUIDField), char(10), *UUIDS),
    case(of(models.UUIDField), of(TEXT), *UUIDS),
    case(of(models.FloatField), of(TEXT), None, 0.1, 0.5, 1e300, -2.5e-300, 100.0, 123456.789),
    case(of(models.FloatField), char(30), None, 0.1, 0.5, 1e300, 12345678.9),
    case(of(models.DateField), char(10), None, DAY),
    case(of(models.DateTimeField), of(TEXT), None, MOMENT, MIDNIGHT),
    case(of(models.DateTimeField), char(40), None, MOMENT, MIDNIGHT),
    case(of(models.TimeField), char(20), None, datetime.time(23, 59, 59, 999999), datetime.time()),
    case(of(models.JSONField), of(TEXT), None, {}, {"a": [1, "é", None]}, [], "x", 1.5),
    case(of(models.GenericIPAddressField), char(50), None, "10.0.0.1", "::1"),
]

ENDS = ("", " ", "\t", "\n\v\f\r  ", "\u00a0", "\u200b", "7", " 7", "7 ")
#: Around the lengths of a UUID and of an address, which some engines keep in columns so wide.
WIDE = (
    None,
    " " * 45,
    "a " * 16,
    *("a7" * 16 + end for end in ENDS),
    *("1" * 39 + end for end in ENDS),
)
OCTETS = tuple(word and word.encode() for word in WIDE)
FITTED = cases(
    case(char(48), of(models.UUIDField), *WIDE, answer=None),
    case(of(models.BinaryField), of(models.UUIDField), *OCTETS, answer=None),
    case(of(TEXT), of(models.GenericIPAddressField), *WIDE),
    case(of(models.BinaryField), char(32), *OCTETS),
    # As MariaDB keeps a document: to the letter.
    case(of(models.JSONField), char(5), *map(Raw, ("[1,2]", "[1,2]  ", "[1,2]\n", "[1,23]"))),
    only=["mysql"],
)


@pytest.mark.parametrize("case", [*LENGTHS, *INTEGERS, *FROM_DECIMALS, *OTHERS, *FITTED], ids=str)
def test_text(case: Case) -> None:
    judge(case)


def test_django_types_decide_whether_text_is_cut_or_refused(sql_mode: str) -> None:
    """On PostgreSQL alone: it cuts where the types differ and refuses where they agree."""
    to_slug = judge(case(char(20), char(5, models.SlugField), "abcdef", "abcde "))
    to_email = judge(case(char(20), of(models.EmailField, max_length=5), "abcdef", "abcde "))
    answers = [(set(said.lost), set(said.blocked)) for said in (to_slug, to_email)]
    both, none = {0, 1}, set[int]()
    assert (
        answers
        == {
            "default": [(none, none)] * 2,
            "strict": [(none, both)] * 2,
            "not strict": [(both, none)] * 2,
            "postgresql": [(both, none), ({1}, {0})],
        }["postgresql" if connection.vendor == "postgresql" else sql_mode]
    )
