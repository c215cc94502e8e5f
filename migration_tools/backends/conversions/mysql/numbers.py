"""MySQL and MariaDB: numbers that become other numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from migration_tools.backends.base import Obstacle
from migration_tools.backends.conversions.mysql.shared import GREATEST_SIGNED, WHOLE, rules, soften
from migration_tools.backends.conversions.rules import Change, Verdict, keep_in_range, reach
from migration_tools.backends.conversions.stored import Family, Stored

if TYPE_CHECKING:
    from migration_tools.backends.mysql import MySQLBackend

EXACT_IN_FLOAT = 2**53  # every whole number up to here
HALF = Decimal("0.5")
SAFE_DIGITS = 15  # that a decimal number keeps on its way through a float and back


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
