"""What the rules of MySQL and MariaDB share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_tools.backends.conversions.rules import Change, Rules, Verdict
from migration_tools.backends.conversions.stored import Family

if TYPE_CHECKING:
    from migration_tools.backends.mysql import MySQLBackend

WORDS = {
    "smallint": frozenset({Family.INTEGER}),
    "integer": frozenset({Family.INTEGER}),
    "bigint": frozenset({Family.INTEGER, Family.DURATION}),
    "bool": frozenset({Family.BOOLEAN}),
    "numeric": frozenset({Family.DECIMAL}),
    "double precision": frozenset({Family.FLOAT}),
    "varchar": frozenset({Family.TEXT}),
    "longtext": frozenset({Family.TEXT}),
    "char": frozenset({Family.UUID, Family.ADDRESS}),
    "uuid": frozenset({Family.UUID}),
    "date": frozenset({Family.DATE}),
    "datetime": frozenset({Family.DATETIME}),
    "time": frozenset({Family.TIME}),
    "json": frozenset({Family.JSON}),
    "longblob": frozenset({Family.BINARY}),
}
WHOLE = (Family.INTEGER, Family.BOOLEAN, Family.DURATION)
NUMBERS = (*WHOLE, Family.DECIMAL, Family.FLOAT)
TIMES = (Family.DATE, Family.DATETIME, Family.TIME)
#: What the engine holds as text, or writes as such.
WORDED = (Family.TEXT, Family.ADDRESS, Family.UUID, Family.JSON, Family.BINARY)
#: What the engine takes for blank at the end of a text: tab, line feed, ..., space.
BLANKS = (0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x20)
GREATEST_SIGNED = 2**63 - 1

rules: Rules[MySQLBackend] = Rules()


def soften(verdict: Verdict, change: Change[MySQLBackend], kept: str, reason: str) -> None:
    """In a session that is not strict: what would be refused is stored as ``kept`` instead."""
    if change.backend.is_strict:
        return
    blocks, verdict.blocks = verdict.blocks, []
    if blocks:
        verdict.value = kept
    for block in blocks:
        verdict.lose(block.predicate, reason)


def hesitate(verdict: Verdict, change: Change[MySQLBackend]) -> Verdict:
    """In a session that is not strict: what would be refused becomes something, or is lost."""
    if not change.backend.is_strict:
        blocks, verdict.blocks = verdict.blocks, []
        for block in blocks:
            verdict.doubt(block.predicate, "cut, zeroed or clamped where they do not fit")
    return verdict


def text_of(change: Change[MySQLBackend]) -> str:
    """The value as the engine writes it; what is no text in UTF-8 becomes some other text."""
    v = change.value
    match change.old.family:
        case Family.TEXT | Family.ADDRESS:
            return v
        case Family.BINARY:
            return f"CASE WHEN {v} IS NOT NULL THEN COALESCE(CONVERT({v} USING utf8mb4), '?') END"
        case _:
            return f"CAST({v} AS CHAR)"


def blank_after(text: str, length: int) -> str:
    """Whether nothing but blanks follows the first ``length`` characters."""
    rest = f"SUBSTR({text}, {length + 1})"
    # Most texts go on with something else, which one look tells.
    first = f"ASCII(SUBSTR({text}, {length + 1}, 1)) <= {max(BLANKS)}"
    for blank in BLANKS:
        rest = f"REPLACE({rest}, _utf8mb4 0x{blank:02x}, '')"
    # Not compared with '': a collation may take what it ignores for nothing.
    return f"({first} AND CHAR_LENGTH({rest}) = 0)"


def differ(one: str, other: str) -> str:
    """To the byte; else case, accents and trailing blanks are overlooked."""
    return f"CAST({one} AS BINARY) <> CAST({other} AS BINARY)"


def misread_time(verdict: Verdict, change: Change[MySQLBackend]) -> None:
    """A time of the engine's can be a span, of many hours or none; Django's is one of a day."""
    if change.new.family is Family.TIME:
        verdict.misread(outside_a_day(str(verdict.value)), "not read, or without their sign")


def outside_a_day(time: str) -> str:
    return f"{time} < CAST('0:0' AS TIME) OR {time} >= CAST('24:00:00' AS TIME)"


def written_back(change: Change[MySQLBackend], text: str) -> str:
    """What the old column holds of a text; a session that is not strict cuts it."""
    length = change.old.length
    return text if change.backend.is_strict or length is None else f"LEFT({text}, {length})"
