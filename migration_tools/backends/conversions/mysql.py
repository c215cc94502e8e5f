"""MySQL and MariaDB: ALTER TABLE ... MODIFY.

A strict session refuses what is too long or out of range; any other cuts and clamps it. Both
round fractions without a word.
"""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from collections.abc import Callable
from typing import TYPE_CHECKING

from migration_tools.backends.base import Conversion, Obstacle
from migration_tools.backends.conversions.rules import (
    Change,
    Rules,
    Verdict,
    any_of,
    keep_in_range,
    never_longer,
    reach,
    unknown,
)
from migration_tools.backends.conversions.stored import Family, Stored, stored
from migration_tools.columns import Column

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
EXACT_IN_FLOAT = 2**53  # every whole number up to here
GREATEST_SIGNED = 2**63 - 1
HALF = Decimal("0.5")
SAFE_DIGITS = 15  # that a decimal number keeps on its way through a float and back
#: Bytes of a character; any other character set counts as one byte.
WIDTHS = {"utf8mb4": 4, "utf8mb3": 3, "utf8": 3}
ONE_BYTE = 255  # the longest text whose length is kept in one
BLANKS = (0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x20)
ROUNDED_BEYOND = "9999-12-31 23:59:59.5"
LONGEST = {Family.FLOAT: 24, Family.DATE: 10, Family.DATETIME: 26, Family.TIME: 17}

rules: Rules[MySQLBackend] = Rules()


def judge(backend: MySQLBackend, old: Column, new: Column, value: str) -> Conversion | None:
    if old.generated or new.generated:
        return None
    change = Change(backend=backend, old=stored(old, WORDS), new=stored(new, WORDS), value=value)
    conversion = rules.judge(change)
    if conversion is None or backend.is_strict or not conversion.lost:
        return conversion
    return without_what_returns(change, conversion)


def without_what_returns(change: Change[MySQLBackend], there: Conversion) -> Conversion:
    """What is cut at one bound on the way there may be cut to its old self on the way back."""
    if there.value is None:
        return there
    way_back = Change(
        backend=change.backend, old=change.new, new=change.old, value=f"({there.value})"
    )
    back = rules.judge(way_back)
    if back is None or back.value is None:
        return there
    one, other = change.value, back.value
    if change.old.family not in NUMBERS:  # else case, accents and trailing blanks are overlooked
        one, other = f"CAST({one} AS BINARY)", f"CAST({other} AS BINARY)"
    lost = tuple(
        dataclasses.replace(loss, predicate=f"({loss.predicate}) AND {other} <> {one}")
        for loss in there.lost
    )
    return dataclasses.replace(there, lost=lost)


def soften(verdict: Verdict, change: Change[MySQLBackend], kept: str, reason: str) -> None:
    """In a session that is not strict: what would be refused is stored as ``kept`` instead."""
    if change.backend.is_strict:
        return
    blocks, verdict.blocks = verdict.blocks, []
    if blocks:
        verdict.value = kept
    for block in blocks:
        verdict.lose(block.predicate, reason)


def misread_boolean(verdict: Verdict, change: Change[MySQLBackend]) -> None:
    if change.new.family is Family.BOOLEAN and change.old.family is not Family.BOOLEAN:
        verdict.misread(f"{verdict.value} NOT IN (0, 1)", "read as neither true nor false")


# --- numbers ------------------------------------------------------------------------------------


def to_integer(change: Change[MySQLBackend]) -> Verdict:
    """Decimals are rounded half away from zero, floats half to even."""
    v, old, new = change.value, change.old, within_reach(change)
    rounds = old.family in (Family.DECIMAL, Family.FLOAT)
    verdict = Verdict(value=v)
    if rounds:
        verdict.value = whole(change, v) if old.family is Family.FLOAT else f"ROUND({v})"
    clamped = f"LEAST(GREATEST({verdict.value}, {new.low}), {new.high})"
    below, above = bounds_of(change)
    keep_in_range(verdict, dataclasses.replace(change, new=new), below=below, above=above)
    soften(verdict, change, clamped, f"set to the nearest of {new.low}..{new.high}")
    if rounds and old.places != 0:
        verdict.lose(f"{v} <> TRUNCATE({v}, 0)", "rounded")
    misread_boolean(verdict, change)
    return verdict


def whole(change: Change[MySQLBackend], number: str) -> str:
    """The bigint of a float, which MySQL's CAST alone would raise for beyond the bounds."""
    top = 2**63 if change.backend.is_mariadb else 2**63 - 1024
    return (
        f"CASE WHEN {number} >= {top}e0 THEN {GREATEST_SIGNED} WHEN {number} <= -{2**63}e0"
        f" THEN {-GREATEST_SIGNED - 1} ELSE CAST(ROUND({number}) AS SIGNED) END"
    )


def within_reach(change: Change[MySQLBackend]) -> Stored:
    """The new column, less what its type could hold but a conversion never puts there."""
    family = change.old.family
    if family is Family.FLOAT or (family is Family.DECIMAL and not change.backend.is_mariadb):
        high = min(change.new.high or 0, GREATEST_SIGNED)
        return dataclasses.replace(change.new, high=high)
    return change.new


def bounds_of(change: Change[MySQLBackend]) -> tuple[Callable[[Decimal], str], ...]:
    v, family, mariadb, half = change.value, change.old.family, change.backend.is_mariadb, HALF

    def whole_below(low: Decimal) -> str:
        return f"{v} < {low}"

    def whole_above(high: Decimal) -> str:
        return f"{v} > {high}"

    def decimal_below(low: Decimal) -> str:
        # MariaDB refuses every fraction below 0 in an unsigned column, even -0.4.
        return f"{v} < 0" if low == 0 and mariadb else f"{v} <= {low - half}"

    def decimal_above(high: Decimal) -> str:
        return f"{v} >= {high + half}"

    def float_below(low: Decimal) -> str:
        if low == -GREATEST_SIGNED - 1:
            return f"{v} {'<' if mariadb else '<='} {low}e0"
        return f"{v} < {low - half}"

    def float_above(high: Decimal) -> str:
        if high == GREATEST_SIGNED:  # no float: the next ones are 2**63 and 2**63 - 1024
            return f"{v} > {2**63}e0" if mariadb else f"{v} >= {2**63 - 1024}e0"
        return f"{v} >= {high + half}"

    if family is Family.FLOAT:
        return float_below, float_above
    return (
        (decimal_below, decimal_above) if family is Family.DECIMAL else (whole_below, whole_above)
    )


rules.rule((Family.DECIMAL, Family.FLOAT, *WHOLE), WHOLE)(to_integer)


@rules.rule((Family.DECIMAL, Family.FLOAT, *WHOLE), Family.DECIMAL)
def number_to_decimal(change: Change[MySQLBackend]) -> Verdict:
    """Rounds half away from zero, which can make one digit more; floats by their shortest text."""
    v, old, new = change.value, change.old, change.new
    rounds = old.family is Family.FLOAT or (old.places or 0) > (new.places or 0)
    result = f"CAST({v} AS DECIMAL({new.digits}, {new.places}))"
    verdict = Verdict(value=result if rounds else v)
    block_overflow(verdict, v, old, new, rounds=rounds)
    soften(verdict, change, result, f"set to the nearest of {new.digits} digits")
    if rounds:
        verdict.lose(f"{v} <> {result}", "rounded")
    return verdict


def block_overflow(verdict: Verdict, v: str, old: Stored, new: Stored, *, rounds: bool) -> None:
    """Block what has too many digits before the point once it is rounded."""
    if new.whole_digits is None or new.places is None:
        return
    least, greatest = reach(old)
    limit = Decimal(10) ** new.whole_digits
    if greatest is not None and least is not None and max(greatest, -least) < limit:
        return
    if old.whole_digits == new.whole_digits and old.family is Family.DECIMAL and not rounds:
        return
    if rounds:
        limit -= Decimal(5).scaleb(-new.places - 1)
    verdict.block(
        f"{v} >= {limit:f} OR {v} <= -{limit:f}",
        f"need more than {new.digits} digits, {new.places} of them decimal",
        Obstacle.OUT_OF_RANGE,
    )


@rules.rule(Family.DECIMAL, Family.FLOAT)
def decimal_to_float(change: Change[MySQLBackend]) -> Verdict:
    v, old = change.value, change.old
    result = f"CAST({v} AS DOUBLE)"
    verdict = Verdict(value=result)
    if (old.digits or 0) > SAFE_DIGITS:
        verdict.lose(
            f"CAST({result} AS DECIMAL({old.digits}, {old.places})) <> {v}"
            f" OR ABS({result}) >= 1e{old.whole_digits}",
            f"rounded to {SAFE_DIGITS} digits",
        )
    return verdict


@rules.rule(WHOLE, Family.FLOAT)
def integer_to_float(change: Change[MySQLBackend]) -> Verdict:
    v, limit = change.value, EXACT_IN_FLOAT
    result = f"CAST({v} AS DOUBLE)"
    verdict = Verdict(value=result)
    greatest = reach(change.old)[1]
    if greatest is None or greatest > limit:
        lost = f"{whole(change, result)} <> {v}"
        if not change.backend.is_mariadb:  # which takes back floats at the very bounds
            lost += f" OR {result} >= {2**63 - 1024}e0 OR {result} <= -{2**63}e0"
        verdict.lose(f"{v} NOT BETWEEN -{limit} AND {limit} AND ({lost})", "rounded to a float")
    return verdict


# --- days and times -----------------------------------------------------------------------------


@rules.rule(Family.DATETIME, Family.DATE)
def datetime_to_date(change: Change[MySQLBackend]) -> Verdict:
    """MariaDB cuts the time off, MySQL rounds half a second before midnight up to the next day."""
    v = change.value
    if change.backend.is_mariadb:
        verdict = Verdict(value=f"DATE({v})")
        verdict.lose(f"{v} <> DATE({v})", "cut to the day")
        return verdict
    verdict = Verdict(value=f"DATE(CAST({v} AS DATETIME))")
    beyond = f"{v} >= '{ROUNDED_BEYOND}'"
    verdict.block(beyond, "would be rounded up to the year 10000", Obstacle.OUT_OF_RANGE)
    zero = f"CASE WHEN {beyond} THEN CAST('0000-00-00' AS DATE) ELSE {verdict.value} END"
    soften(verdict, change, zero, "set to 0000-00-00")
    if not change.backend.is_strict:
        verdict.misread(beyond, "read as None")
    verdict.lose(f"{v} <> DATE({v})", "rounded to the day")
    return verdict


@rules.rule(Family.DATE, Family.DATETIME)
def date_to_datetime(change: Change[MySQLBackend]) -> Verdict:
    return Verdict(value=f"CAST({change.value} AS DATETIME(6))")


@rules.rule(Family.DATETIME, Family.TIME)
def datetime_to_time(change: Change[MySQLBackend]) -> Verdict:
    """The way back puts the day of that run before the time, not the old one."""
    v = change.value
    verdict = Verdict(value=f"TIME({v})")
    verdict.lose(f"{v} IS NOT NULL", "cut to the time of day")
    return verdict


# --- text ---------------------------------------------------------------------------------------


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
