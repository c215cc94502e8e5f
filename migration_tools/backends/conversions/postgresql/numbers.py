"""PostgreSQL: numbers that become other numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from migration_tools.backends.base import Conversion, Obstacle
from migration_tools.backends.conversions.postgresql.shared import rules
from migration_tools.backends.conversions.rules import (
    Change,
    Verdict,
    impossible,
    keep_in_range,
    unknown,
)
from migration_tools.backends.conversions.stored import Family, Stored

if TYPE_CHECKING:
    from migration_tools.backends.postgresql import PostgreSQLBackend

EXACT_IN_FLOAT = 2**53  # every whole number up to here
SAFE_DIGITS = 15  # that a decimal number keeps on its way through a float and back


@rules.rule(Family.INTEGER, Family.INTEGER)
def integer_to_integer(change: Change[PostgreSQLBackend]) -> Verdict:
    v = change.value
    verdict = Verdict(value=v)
    keep_in_range(
        verdict, change, below=lambda low: f"{v} < {low}", above=lambda high: f"{v} > {high}"
    )
    return verdict


@rules.rule(Family.DECIMAL, Family.INTEGER)
def decimal_to_integer(change: Change[PostgreSQLBackend]) -> Verdict:
    """Rounds half away from zero."""
    v, half = change.value, Decimal("0.5")
    verdict = Verdict(value=f"({v})::{change.new.declared}")
    ends = keep_in_range(
        verdict,
        change,
        below=lambda low: f"{v} <= {low - half}",
        above=lambda high: f"{v} >= {high + half}",
    )
    any_size = not verdict.blocks
    block_nan(verdict, v, ends=ends)
    if change.old.places != 0:
        # NaN is its own whole number.
        verdict.lose(f"{v} <> trunc({v})", "rounded", apart=any_size)
    return verdict


@rules.rule(Family.FLOAT, Family.INTEGER)
def float_to_integer(change: Change[PostgreSQLBackend]) -> Verdict:
    """Rounds half to even, and the bound of bigint is a float."""
    v, half = change.value, Decimal("0.5")
    verdict = Verdict(value=f"({v})::{change.new.declared}")
    ends = keep_in_range(
        verdict,
        change,
        below=lambda low: f"{v} < {low - half}",
        above=lambda high: f"{v} >= {high + half}",
    )
    block_nan(verdict, v, ends=ends)
    verdict.lose(f"{v} <> trunc({v})", "rounded")
    return verdict


def block_nan(verdict: Verdict, v: str, *, ends: bool) -> None:
    """``ends``: a bound above is tested, and NaN, which sorts after all numbers, is beyond it."""
    if not ends:
        verdict.block(f"{v} = 'NaN'", "are not a number", Obstacle.NOT_CONVERTIBLE)


@rules.rule(Family.DECIMAL, Family.DECIMAL)
def decimal_to_decimal(change: Change[PostgreSQLBackend]) -> Verdict:
    """Rounds half away from zero, which can make one digit more; NaN passes."""
    v, old, new = change.value, change.old, change.new
    if new.places is None:
        return Verdict(value=v)
    rounds = old.places is None or old.places > new.places
    verdict = Verdict(value=f"round({v}, {new.places})" if rounds else v)
    block_overflow(verdict, v, old, new, rounds=rounds)
    if rounds:
        verdict.lose(f"{v} <> round({v}, {new.places})", "rounded")
    return verdict


@rules.rule(Family.INTEGER, Family.DECIMAL)
def integer_to_decimal(change: Change[PostgreSQLBackend]) -> Verdict:
    verdict = Verdict(value=f"({change.value})::{change.new.declared}")
    block_overflow(verdict, change.value, change.old, change.new, rounds=False)
    return verdict


@rules.rule(Family.FLOAT, Family.DECIMAL)
def float_to_decimal(change: Change[PostgreSQLBackend]) -> Verdict:
    """Takes the 15 digits that a float is sure of, then rounds half away from zero."""
    new, exact = change.new, f"({change.value})::numeric"
    verdict = Verdict(value=f"{exact}::{new.declared}")
    block_overflow(verdict, exact, change.old, new, rounds=True)
    shown = exact if new.places is None else f"round({exact}, {new.places})"
    verdict.lose(f"{shown}::double precision <> {change.value}", "rounded")
    return verdict


def block_overflow(verdict: Verdict, v: str, old: Stored, new: Stored, *, rounds: bool) -> None:
    """Block what has too many digits before the point once it is rounded."""
    if new.whole_digits is None or new.places is None:
        return
    if old.whole_digits is not None:
        if old.whole_digits < new.whole_digits:
            return
        if old.whole_digits == new.whole_digits and not rounds:
            return
    limit = Decimal(10) ** new.whole_digits
    if rounds:
        limit -= Decimal(5).scaleb(-new.places - 1)
    verdict.block(
        f"({v} >= {limit:f} OR {v} <= -{limit:f}) AND {not_nan(v, old)}",
        f"need more than {new.digits} digits, {new.places} of them decimal",
        Obstacle.OUT_OF_RANGE,
    )


def not_nan(v: str, old: Stored) -> str:
    return "TRUE" if old.family is Family.INTEGER else f"{v} <> 'NaN'"


@rules.rule(Family.DECIMAL, Family.FLOAT)
def decimal_to_float(change: Change[PostgreSQLBackend]) -> Verdict | Conversion:
    v, old = change.value, change.old
    verdict = Verdict(value=f"({v})::double precision")
    if old.digits is None or old.places is None or old.digits > 300:
        return unknown("numbers of so many digits may not fit a float at all")
    if old.digits > SAFE_DIGITS:
        back = f"({v})::double precision::numeric"
        verdict.lose(f"round({back}, {old.places}) <> {v}", f"rounded to {SAFE_DIGITS} digits")
    return verdict


@rules.rule(Family.INTEGER, Family.FLOAT)
def integer_to_float(change: Change[PostgreSQLBackend]) -> Verdict:
    v, limit = change.value, EXACT_IN_FLOAT
    verdict = Verdict(value=f"({v})::double precision")
    if change.old.high is None or change.old.high > limit:
        float_value = f"({v})::double precision"
        verdict.lose(
            f"CASE WHEN {v} BETWEEN -{limit} AND {limit} THEN FALSE"
            f" WHEN {float_value} >= {2**63} THEN TRUE"
            f" ELSE {float_value}::bigint <> {v} END",
            "rounded to a float",
        )
    return verdict


@rules.rule(Family.BOOLEAN, Family.INTEGER)
def boolean_to_integer(change: Change[PostgreSQLBackend]) -> Verdict | Conversion:
    if change.new.declared != "integer":
        return impossible(f"boolean cannot be cast to {change.new.declared}")
    return Verdict(value=f"({change.value})::integer")


@rules.rule(Family.INTEGER, Family.BOOLEAN)
def integer_to_boolean(change: Change[PostgreSQLBackend]) -> Verdict | Conversion:
    v = change.value
    if change.old.declared != "integer":
        return impossible(f"{change.old.declared} cannot be cast to boolean")
    verdict = Verdict(value=f"({v} <> 0)")
    verdict.lose(f"{v} NOT IN (0, 1)", "made true")
    return verdict
