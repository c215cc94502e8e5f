"""Text that is read as another type, judged by the engine."""

from __future__ import annotations

import pytest
from django.db import connection, models

from tests.judge import Case, Raw, case, cases, changes_tables, judge

pytestmark = [changes_tables, pytest.mark.usefixtures("sql_mode")]


def char(length: int) -> models.Field:
    return models.CharField(max_length=length, null=True)


def of(kind: type[models.Field], **options: object) -> models.Field:
    return kind(null=True, **options)


def decimal(digits: int, places: int) -> models.Field:
    return of(models.DecimalField, max_digits=digits, decimal_places=places)


TEXT = models.TextField
JSON = (
    None,
    "{}",
    '{"a": 1}',
    '{"b": [1, 2.50, -3e2], "a": {"c": null}}',
    '{"a":1}',
    " [1]",
    '"x"',
    "1",
    "true",
    "null",
    '{"é": "ü😀"}',
    r'{"a": "\u00e9\n\\"}',
    "",
    "x",
    "{",
    "[1,]",
    "[1 2]",
    "{'a': 1}",
    '{"a"}',
    "{1: 2}",
    "01",
    "1.",
    "-",
    "[[]",
    '"a',
    "nul",
    '["a" "b"]',
    '{"a": 1, "a": 2}',
    "[" * 20 + "]" * 20,
)
TEXTS_OF_NUMBERS = (
    None,
    "7",
    "007",
    " 7",
    "7 ",
    "\n7",
    "\r-7",
    "\t7",
    " \n7",
    "\v7",
    "\f7",
    "7\n",
    "7\v",
    "+7",
    "-7",
    "",
    "x",
    "1.5",
    "1.4",
    "2.5",
    "-2.5",
    ".5",
    "5.",
    "1e3",
    "1e400",
    "2147483647",
    "2147483648",
    "2147483647.4",
    "2147483647.5",
    "-2147483648",
    "-2147483649",
    "7x",
    "- 7",
    "\t7",
    "7\n",
    "0x1F",
    "1_000",
    "1e",
    "1e0",
    "--7",
    "+",
    "9223372036854775807",
    "9223372036854775808",
    "00000000000000000000000000007",
    "1.0000000000000000000000001",
    "é7",
    "7é",
    " ",
    "1e-400",
    "-0",
    "-0.4",
    "1E2",
)
FROM_TEXT = [
    case(of(TEXT), of(models.JSONField), *JSON),
    *cases(
        case(
            of(TEXT),
            of(models.JSONField),
            r'"\u0000"',
            r'"\\u0000"',
            r'"\ud83d\ude00"',
            r'"\ud83d"',
            "1e99",
        ),
        case(
            char(20),
            of(models.IntegerField),
            None,
            "7",
            "007",
            " 7 ",
            "+7",
            "-7",
            "",
            "x",
            "1.5",
            "1e3",
            "2147483647",
            "2147483648",
            "-2147483649",
            "00002147483647",
            "- 7",
            "7x",
            "\t7\n",
        ),
        case(
            char(20),
            decimal(5, 2),
            None,
            "1.50",
            "1.5",
            "1.505",
            "999.99",
            "999.995",
            "x",
            "",
            ".5",
            "5.",
            "1e2",
            "1e999",
            "NaN",
            " nan ",
            "-0.004",
            "1e-999",
            "Infinity",
        ),
        case(
            char(30),
            of(models.FloatField),
            None,
            "1.5",
            "0.1",
            "1e400",
            "-1e400",
            "1e-400",
            "NaN",
            "inf",
            "x",
            "",
            "-Infinity",
            "0",
            "0.0",
            "1e308",
        ),
        case(
            char(10),
            of(models.BooleanField),
            None,
            "true",
            "t",
            "yes",
            "on",
            "o",
            "1",
            "2",
            "",
            "FALSE",
            " off ",
        ),
        case(
            char(40),
            of(models.UUIDField),
            None,
            "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
            "x",
            "",
            "6ba7b8109dad11d180b400c04fd430c8",
            "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}",
            "6BA7B810-9DAD-11D1-80B4-00C04FD430C8",
            " 6ba7b8109dad11d180b400c04fd430c8",
        ),
        only=["postgresql"],
    ),
    *cases(
        *(
            case(char(50), of(kind), *TEXTS_OF_NUMBERS)
            for kind in (
                models.IntegerField,
                models.BigIntegerField,
                models.PositiveBigIntegerField,
            )
        ),
        # MariaDB makes UUIDs of their bytes alone.
        case(
            of(models.BinaryField),
            of(models.UUIDField),
            None,
            b"00000000-0000-0000-0000-000000000000",
            b"6ba7b8109dad11d180b400c04fd430c8",
            b"x",
            b"",
        ),
        case(char(3), of(models.IntegerField), None, "7", "1e3", "1e9", "007", "x"),
        only=["mysql"],
    ),
    *cases(
        # Affinity turns text that looks like a number into one.
        case(
            char(20),
            of(models.IntegerField),
            None,
            "7",
            "007",
            " 7 ",
            "+7",
            "-7",
            "",
            "x",
            "1.5",
            "1e3",
            "1e999",
        ),
        case(
            char(20),
            decimal(5, 2),
            None,
            "1.50",
            "1.5",
            "999.99",
            "x",
            "",
            ".5",
            "5.",
            "1e2",
            "1000",
        ),
        case(char(20), of(models.FloatField), None, "1.5", "7", "007", "x", ""),
        case(char(20), of(models.BooleanField), None, "1", "0", "true", "t", "", "01", "2"),
        case(char(20), of(models.DateField), None, "2024-02-29", "2024-02-30", "x", ""),
        case(
            char(30),
            of(models.DateTimeField),
            None,
            "2024-02-29 10:00:00",
            "2024-02-29",
            "x",
            "2024-02-29T10:00:00.5",
        ),
        case(char(20), of(models.TimeField), None, "10:00:00", "10:00:00.123456", "25:00:00", "x"),
        case(
            char(40),
            of(models.UUIDField),
            None,
            "6ba7b8109dad11d180b400c04fd430c8",
            "x",
            "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        ),
        case(of(TEXT), of(models.DurationField), None, "1000", "x", "1.5"),
        case(of(models.IntegerField), of(TEXT), Raw(1.5), Raw(0.1 + 0.2), Raw(b"x"), 7),
        only=["sqlite"],
    ),
]


READ_BY_VERSION = cases(
    case(char(30), of(models.DateField), None, "2024-02-29", "2024-02-30", "29.2.2024", "x", ""),
    case(char(40), of(models.DateTimeField), None, "2024-02-29 10:00:00+00", "2024-02-29", "x"),
    case(char(30), of(models.TimeField), None, "10:00:00", "10:00", "25:00", "x", ""),
    case(char(30), of(models.DurationField), None, "1 day", "01:00:00", "x", ""),
    case(char(40), of(models.GenericIPAddressField), None, "10.0.0.1", "10.0.0.1/32", "x", ""),
    only=["postgresql"],
)


def test_what_postgresql_reads_it_tells_from_16_on() -> None:
    for case_ in READ_BY_VERSION:
        said = judge(case_)
        assert not (said.doubtful and connection.pg_version >= 160000)


@pytest.mark.parametrize("case", FROM_TEXT, ids=str)
def test_text_read_as_another_type(case: Case) -> None:
    judge(case)
