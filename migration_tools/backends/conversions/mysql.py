"""MySQL and MariaDB: ALTER TABLE ... MODIFY.

A strict session refuses what is too long or out of range; any other cuts and clamps it. Both
round fractions without a word.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from migration_tools.backends.base import Conversion, Obstacle
from migration_tools.backends.conversions.rules import (
    Change,
    Rules,
    Verdict,
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
EXACT_IN_FLOAT = 2**53  # every whole number up to here
SAFE_DIGITS = 15  # that a decimal number keeps on its way through a float and back
LONGEST = {Family.FLOAT: 24, Family.DATE: 10, Family.DATETIME: 26, Family.TIME: 17}

rules: Rules[MySQLBackend] = Rules()


def judge(backend: MySQLBackend, old: Column, new: Column, value: str) -> Conversion | None:
    if old.generated or new.generated:
        return None
    return rules.judge(
        Change(backend=backend, old=stored(old, WORDS), new=stored(new, WORDS), value=value)
    )


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


def to_integer(change: Change[MySQLBackend], *, below_half: bool) -> Verdict:
    """Rounds; ``below_half``: half a number below the least one still rounds up to it."""
    v, old, new, half = change.value, change.old, change.new, Decimal("0.5")
    rounds = old.family in (Family.DECIMAL, Family.FLOAT)
    rounded = f"ROUND({v})" if rounds else v
    verdict = Verdict(value=rounded)

    def below(low: Decimal) -> str:
        # MariaDB refuses every fraction below 0 in an unsigned column, even -0.4.
        if not rounds or (low == 0 and change.backend.is_mariadb):
            return f"{v} < {low}"
        return f"{v} {'<' if below_half else '<='} {low - half}"

    def above(high: Decimal) -> str:
        return f"{v} >= {high + half}" if rounds else f"{v} > {high}"

    keep_in_range(verdict, change, below=below, above=above)
    clamped = f"LEAST(GREATEST({rounded}, {new.low}), {new.high})"
    soften(verdict, change, clamped, f"set to the nearest of {new.low}..{new.high}")
    if rounds and old.places != 0:
        verdict.lose(f"{v} <> TRUNCATE({v}, 0)", "rounded")
    misread_boolean(verdict, change)
    return verdict


@rules.rule(WHOLE, WHOLE)
def integer_to_integer(change: Change[MySQLBackend]) -> Verdict:
    return to_integer(change, below_half=False)


@rules.rule(Family.DECIMAL, WHOLE)
def decimal_to_integer(change: Change[MySQLBackend]) -> Verdict:
    """Rounds half away from zero."""
    return to_integer(change, below_half=False)


@rules.rule(Family.FLOAT, WHOLE)
def float_to_integer(change: Change[MySQLBackend]) -> Verdict:
    """Rounds half to even."""
    return to_integer(change, below_half=True)


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
        # As decimals: a comparison with a float would round the other side too.
        verdict.lose(
            f"ABS({v}) > {limit} AND CAST({result} AS DECIMAL(20, 0)) <> {v}", "rounded to a float"
        )
    return verdict


# --- days and times -----------------------------------------------------------------------------


@rules.rule(Family.DATETIME, Family.DATE)
def datetime_to_date(change: Change[MySQLBackend]) -> Verdict:
    v = change.value
    verdict = Verdict(value=f"DATE({v})")
    verdict.lose(f"{v} <> DATE({v})", "cut to the day")
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
    return fit(verdict, change, f"CHAR_LENGTH({change.value}) > {change.new.length}")


@rules.rule(WHOLE, Family.TEXT)
def integer_to_text(change: Change[MySQLBackend]) -> Verdict:
    v, length = change.value, change.new.length
    verdict = Verdict(value=f"CAST({v} AS CHAR)")
    if length is None or always_fits(change):
        return verdict
    return fit(verdict, change, f"{v} >= {10**length} OR {v} <= -{10 ** (length - 1)}")


@rules.rule(Family.DECIMAL, Family.TEXT)
def decimal_to_text(change: Change[MySQLBackend]) -> Verdict:
    verdict = Verdict(value=f"CAST({change.value} AS CHAR)")
    if always_fits(change):
        return verdict
    return fit(verdict, change, f"CHAR_LENGTH({change.value}) > {change.new.length}")


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
