"""What an export writes, and that whoever reads it gets the same values."""

from __future__ import annotations

import base64
import csv
import datetime
import decimal
import json
import uuid

import pytest
from django.db import connection

from migration_tools.archives.exporting import csv_lines, json_lines
from migration_tools.backends import for_connection
from tests.helpers import sql

DAY = datetime.datetime(2020, 2, 29, 12, 30, 15, 250_000, tzinfo=datetime.UTC)
VALUES = {
    "number": (1, "1", 1),
    "text": ('a "b",\nc', 'a "b",\nc', 'a "b",\nc'),
    "blank": ("", "", ""),
    "space": (" a ", " a ", " a "),
    "return": ("a\rb", "a\rb", "a\rb"),
    "accents": ("é€𝄞", "é€𝄞", "é€𝄞"),
    "true": (True, "true", True),
    "decimal": (decimal.Decimal("1.10"), "1.10", "1.10"),
    "float": (0.1, "0.1", 0.1),
    "no number": (float("nan"), "nan", "nan"),
    "bytes": (b"\0\xff", base64.b64encode(b"\0\xff").decode(), "AP8="),
    "day": (DAY, "2020-02-29T12:30:15.250000+00:00", "2020-02-29T12:30:15.250000+00:00"),
    "duration": (datetime.timedelta(days=-1, microseconds=1), "-86399.999999", "-86399.999999"),
    "hour": (datetime.timedelta(hours=1), "3600", "3600"),
    "uuid": (uuid.UUID(int=1), str(uuid.UUID(int=1)), str(uuid.UUID(int=1))),
    "array": ([1, None, "a"], '[1, null, "a"]', [1, None, "a"]),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_is_read_as_it_was_written(name: str) -> None:
    value, in_csv, in_json = VALUES[name]
    text = "\r\n".join(csv_lines([name, "x"], [(value, 1)]))
    assert [*csv.reader(text.splitlines(keepends=True))] == [[name, "x"], [in_csv, "1"]]
    (line,) = json_lines([name], [(value,)])
    assert json.loads(line) == {name: in_json}


def test_null_is_not_empty_text() -> None:
    assert [*csv_lines(["a", "b"], [(None, "")])] == ["a,b", ',""']
    assert [*json_lines(["a", "b"], [(None, "")])] == ['{"a": null, "b": ""}']


@pytest.mark.django_db
def test_rows_come_one_after_another() -> None:
    backend = for_connection(connection)
    series = "WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 900)"
    rows = backend.stream(f"{series} SELECT a.n, b.n FROM s a CROSS JOIN s b")
    assert len(next(rows)) == 2
    assert sum(1 for _ in rows) == 900 * 900 - 1
    assert sql("SELECT 1") == [(1,)]  # the connection is free again
