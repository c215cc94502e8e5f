"""The rows of an archive as a file that any other program reads, one row at a time."""

from __future__ import annotations

import base64
import datetime
import decimal
import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

Row = Sequence[Any]


def csv_lines(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """RFC 4180. NULL is nothing at all between the commas, and "" is empty text."""
    yield ",".join(map(_quoted, columns))
    for row in rows:
        yield ",".join("" if value is None else _quoted(_text(value)) for value in row)


def json_lines(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        values = dict(zip(columns, map(_plain, row), strict=True))
        yield json.dumps(values, ensure_ascii=False, allow_nan=False)


FORMATS: dict[str, Callable[[Sequence[str], Iterable[Row]], Iterator[str]]] = {
    "csv": csv_lines,
    "jsonl": json_lines,
}


def _quoted(text: str) -> str:
    # Carriage returns too: a reader may take one for the end of a line.
    if text == "" or any(mark in text for mark in ',"\r\n') or text != text.strip():
        return '"' + text.replace('"', '""') + '"'
    return text


def _plain(value: Any) -> Any:
    """What JSON has a word for; a decimal is text, so that no reader makes a float of it."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, list | tuple):  # an array
        return [_plain(item) for item in value]
    return _text(value)


def _text(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case bytes() | bytearray() | memoryview():
            return base64.b64encode(value).decode()
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat()
        case datetime.timedelta():
            return _seconds(value)
        case list() | tuple():
            return json.dumps([_plain(item) for item in value], ensure_ascii=False)
        case dict():
            return json.dumps(value, ensure_ascii=False)
    return str(value)


def _seconds(value: datetime.timedelta) -> str:
    """Exactly, where a float would not do."""
    microseconds = value // datetime.timedelta(microseconds=1)
    return f"{decimal.Decimal(microseconds).scaleb(-6).normalize():f}"
