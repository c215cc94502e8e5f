"""MySQL and MariaDB: text that is shortened, written from other values, or read as such."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from migration_tools.backends.base import Conversion, Obstacle
from migration_tools.backends.conversions.mysql.shared import GREATEST_SIGNED, WHOLE, rules, soften
from migration_tools.backends.conversions.rules import (
    Change,
    Verdict,
    any_of,
    keep_in_range,
    never_longer,
    unknown,
)
from migration_tools.backends.conversions.stored import Family

if TYPE_CHECKING:
    from migration_tools.backends.mysql import MySQLBackend

#: Bytes of a character; any other character set counts as one byte.
WIDTHS = {"utf8mb4": 4, "utf8mb3": 3, "utf8": 3}
ONE_BYTE = 255  # the longest text whose length is kept in one
BLANKS = (0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x20)
LONGEST = {Family.FLOAT: 24, Family.DATE: 10, Family.DATETIME: 26, Family.TIME: 17}
# No backslash in a pattern: whether it escapes in a literal is a matter of sql_mode.
BLANK = "[ \t\n\v\f\r]*"
MARIADB_NUMBER = f"^{BLANK}[-+]?[0-9]+{BLANK}$"
MYSQL_NUMBER = f"^{BLANK}[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]*)?{BLANK}$"


def fit(verdict: Verdict, change: Change[MySQLBackend], too_long: str) -> Verdict:
    """Block what is too long for the new column, or cut it."""
    length = change.new.length
    verdict.block(too_long, f"are longer than {length} characters", Obstacle.TOO_LONG)
    soften(verdict, change, f"LEFT({change.value}, {length})", f"cut to {length} characters")
    return verdict


def always_fits(change: Change[MySQLBackend]) -> bool:
    length, longest = change.new.length, never_longer(change.old)
    return length is None or (longest is not None and longest <= length)


@rules.rule(Family.TEXT, Family.TEXT)
def text_to_text(change: Change[MySQLBackend]) -> Verdict:
    verdict = Verdict(value=change.value)
    if always_fits(change):
        return verdict
    v, length = change.value, change.new.length or 0
    longer = f"CHAR_LENGTH({v}) > {length}"
    verdict.value = f"LEFT({v}, {length})"
    fit(verdict, change, f"{longer} AND NOT ({excused_blanks(change, length)})")
    verdict.lose(longer, f"trailing blanks cut to {length} characters")
    return verdict


def excused_blanks(change: Change[MySQLBackend], length: int) -> str:
    """Blanks too many are cut without a word, unless both lengths are kept in as many bytes."""
    v = change.value

    def cut_silently(width: int) -> bool:
        old = change.old.length
        return old is None or (old * width > ONE_BYTE) != (length * width > ONE_BYTE)

    wide = ", ".join(f"'{name}'" for name in WIDTHS)
    silent = ", ".join(f"'{name}'" for name, width in WIDTHS.items() if cut_silently(width))
    charsets = [f"CHARSET({v}) IN ({silent})"] if silent else []
    if cut_silently(1):
        charsets.append(f"CHARSET({v}) NOT IN ({wide})")
    rest = f"SUBSTR({v}, {length + 1})"
    for blank in BLANKS:
        rest = f"REPLACE({rest}, _utf8mb4 0x{blank:02x}, '')"
    return f"({any_of(charsets)}) AND {rest} = ''" if charsets else "FALSE"


@rules.rule(WHOLE, Family.TEXT)
def integer_to_text(change: Change[MySQLBackend]) -> Verdict:
    v, length = change.value, change.new.length
    verdict = Verdict(value=f"CAST({v} AS CHAR)")
    if length is None or always_fits(change):
        return verdict
    return fit(verdict, change, f"{v} >= {10**length} OR {v} <= -{10 ** (length - 1)}")


@rules.rule(Family.DECIMAL, Family.TEXT)
def decimal_to_text(change: Change[MySQLBackend]) -> Verdict:
    text, length = f"CAST({change.value} AS CHAR)", change.new.length
    verdict = Verdict(value=text)
    if length is None or always_fits(change):
        return verdict
    longer = f"CHAR_LENGTH({text}) > {length}"
    if not change.backend.is_strict:  # zeros cut off after the point come back
        whole, rest = f"SUBSTRING_INDEX({text}, '.', 1)", f"SUBSTR({text}, {length + 1})"
        zeros = f"REPLACE(REPLACE({rest}, '0', ''), '.', '') = ''"
        longer += f" AND NOT (CHAR_LENGTH({whole}) <= {length} AND {zeros})"
        verdict.value = f"LEFT({text}, {length})"
    return fit(verdict, change, longer)


@rules.rule((Family.FLOAT, Family.DATE, Family.DATETIME, Family.TIME), Family.TEXT)
def formatted_to_text(change: Change[MySQLBackend]) -> Verdict | Conversion:
    length = change.new.length
    if length is not None and length < LONGEST[change.old.family]:
        return unknown(f"{change.old.family} as text of {length} characters may lose its end")
    return Verdict(value=f"CAST({change.value} AS CHAR)")


@rules.rule((Family.UUID, Family.ADDRESS, Family.JSON), Family.TEXT)
def worded_to_text(change: Change[MySQLBackend]) -> Verdict:
    text, length = f"CAST({change.value} AS CHAR)", change.new.length
    verdict = Verdict(value=text)
    if length is None:
        return verdict
    return fit(verdict, change, f"CHAR_LENGTH({text}) > {length}")


@rules.rule(Family.TEXT, Family.JSON)
def text_to_json(change: Change[MySQLBackend]) -> Verdict:
    """MariaDB keeps the text and checks it; MySQL stores it parsed and writes it anew."""
    v = change.value
    verdict = Verdict(value=v)
    verdict.block(f"NOT JSON_VALID({v})", "are not JSON", Obstacle.NOT_CONVERTIBLE)
    if not change.backend.is_mariadb:
        verdict.value = f"CAST({v} AS JSON)"
        verdict.lose(
            f"BINARY CAST(CAST({v} AS JSON) AS CHAR) <> BINARY {v}", "rewritten as normal JSON"
        )
    return verdict


@rules.rule(Family.TEXT, Family.INTEGER)
def text_to_integer(change: Change[MySQLBackend]) -> Verdict:
    """MySQL rounds half away from zero; MariaDB takes whole numbers only, or cuts the rest off."""
    v, new, mariadb = change.value, change.new, change.backend.is_mariadb
    form = MARIADB_NUMBER if mariadb else MYSQL_NUMBER
    number = f"ROUND(CAST({v} AS DECIMAL(65, 10)))"
    if mariadb:  # it reads through a bigint
        new = dataclasses.replace(new, high=min(new.high or 0, GREATEST_SIGNED))
    verdict = Verdict(value=number)
    verdict.block(f"{v} NOT REGEXP '{form}'", "cannot be read as numbers", Obstacle.NOT_CONVERTIBLE)
    keep_in_range(
        verdict,
        dataclasses.replace(change, new=new),
        below=lambda low: f"{number} < {low}",
        above=lambda high: f"{number} > {high}",
    )
    start = f"REGEXP_SUBSTR({v}, '^{BLANK}[-+]?[0-9]+')"
    loose = f"CAST({start} AS DECIMAL(65, 0))" if mariadb else number
    clamped = f"LEAST(GREATEST({loose}, {new.low}), {new.high})"
    soften(verdict, change, clamped, "read as far as they look like numbers")
    as_text = f"CAST(CAST({verdict.value} AS CHAR) AS BINARY)"
    verdict.lose(f"{as_text} <> CAST({v} AS BINARY)", "rewritten as numbers")
    return verdict
