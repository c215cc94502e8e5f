"""MySQL and MariaDB: days and times that become numbers of their digits, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_tools.backends.base import Obstacle
from migration_tools.backends.conversions.mysql.numbers import block_overflow, misread_boolean
from migration_tools.backends.conversions.mysql.shared import (
    NUMBERS,
    TIMES,
    WHOLE,
    hesitate,
    misread_time,
    rules,
)
from migration_tools.backends.conversions.rules import Change, Verdict, keep_in_range
from migration_tools.backends.conversions.stored import Family, Stored

if TYPE_CHECKING:
    from migration_tools.backends.mysql import MySQLBackend

FIRST_YEAR = 1000  # whose digits are read as they were written; shorter ones are taken for years
MICROSECONDS = 6
ROUNDED_BEYOND = "9999-12-31 23:59:59.5"
GREATEST_TIME = 8385959


def digits(change: Change[MySQLBackend]) -> str:
    """20240229123456.789012; of a whole number, MySQL rounds the seconds and MariaDB cuts them."""
    v = change.value
    if change.old.family is Family.DATE or change.new.family not in WHOLE:
        return f"({v} + 0)"
    kind = "TIME" if change.old.family is Family.TIME else "DATETIME"
    return f"(CAST({v} AS {kind}(0)) + 0)"


@rules.rule(TIMES, WHOLE)
def time_to_integer(change: Change[MySQLBackend]) -> Verdict:
    v, number = change.value, digits(change)
    verdict = Verdict(value=f"CAST({number} AS SIGNED)")
    if change.old.family is Family.DATETIME and not change.backend.is_mariadb:
        beyond = f"{v} >= '{ROUNDED_BEYOND}'"
        verdict.block(beyond, "would be rounded up to the year 10000", Obstacle.OUT_OF_RANGE)
    keep_in_range(
        verdict,
        change,
        below=lambda low: f"{number} < {low}",
        above=lambda high: f"{number} > {high}",
    )
    lose_digits(verdict, change)
    misread_boolean(verdict, change)
    return hesitate(verdict, change)


@rules.rule(TIMES, (Family.DECIMAL, Family.FLOAT))
def time_to_fraction(change: Change[MySQLBackend]) -> Verdict:
    v, old, new, number = change.value, change.old, change.new, digits(change)
    verdict = Verdict(value=f"CAST({number} AS DOUBLE)")
    if new.family is Family.DECIMAL:
        verdict.value = f"CAST({number} AS DECIMAL({new.digits}, {new.places}))"
        source = Stored(family=Family.DECIMAL, declared="", digits=20, places=MICROSECONDS)
        block_overflow(verdict, number, source, new, rounds=(new.places or 0) < MICROSECONDS)
    if old.family is Family.DATE and too_fine_for_days(change, new):
        reason = f"left without a way back by more than {MICROSECONDS} decimal places"
        verdict.lose(f"{v} IS NOT NULL", reason)
    lose_digits(verdict, change)
    if old.family is Family.TIME and change.backend.is_mariadb:
        # Of a decimal number it takes a last part of a second for a whole one.
        verdict.doubt(f"MICROSECOND({v}) > 999000", "whose fraction may be rounded up")
    return hesitate(verdict, change)


def lose_digits(verdict: Verdict, change: Change[MySQLBackend]) -> None:
    v, old, new = change.value, change.old.family, change.new
    if old is not Family.TIME:
        early = f"{v} < '{FIRST_YEAR}-01-01'"
        verdict.lose(early, f"read back as another year, before {FIRST_YEAR}")
    if old is Family.DATE or (old is Family.TIME and new.family is Family.FLOAT):
        return
    if new.family in WHOLE:
        verdict.lose(f"MICROSECOND({v}) <> 0", "rounded to the second")
    elif new.family is Family.FLOAT:
        # Read back is the shortest text of the float, not its exact value.
        kept = f"CAST(CAST({v} + 0 AS DOUBLE) AS DECIMAL(20, {MICROSECONDS}))"
        verdict.lose(f"{kept} <> {v} + 0", "rounded to a float")
    elif new.places is not None and new.places < MICROSECONDS:
        unit = 10 ** (MICROSECONDS - new.places)
        verdict.lose(f"MICROSECOND({v}) % {unit} <> 0", "rounded")


@rules.rule(NUMBERS, Family.TIME)
def number_to_time(change: Change[MySQLBackend]) -> Verdict:
    """HHMMSS, up to 838 hours; the digits of a day give another time."""
    v, old = change.value, change.old
    size = f"ABS({v})" if old.family is Family.FLOAT else f"ABS({v} + 0.0)"
    verdict = Verdict(value=f"CAST({v} AS TIME(6))")
    doubtful = f"{size} >= {GREATEST_TIME + 1}"
    finer = old.family is Family.DECIMAL and (old.places or 0) > MICROSECONDS
    if finer or old.family is Family.FLOAT:
        doubtful += f" OR ROUND({v}, {MICROSECONDS}) <> {v}"
    if old.family in (Family.DECIMAL, Family.FLOAT) and change.backend.is_mariadb:
        doubtful += f" OR {size} % 1 > 0.999"
    verdict.doubt(doubtful, "of which the engine may make times, or refuse them")
    verdict.block(
        f"{size} % 100 >= 60 OR FLOOR({size} / 100) % 100 >= 60",
        "cannot be read as times",
        Obstacle.NOT_CONVERTIBLE,
    )
    misread_time(verdict, change)
    return hesitate(verdict, change)


@rules.rule(NUMBERS, Family.DATE)
def number_to_date(change: Change[MySQLBackend]) -> Verdict:
    """YYYYMMDD; what has fewer or more digits may be read in other ways."""
    v, old = change.value, change.old
    day = f"STR_TO_DATE(CAST(FLOOR({v}) AS CHAR), '%Y%m%d')"
    verdict = Verdict(value=day)
    if too_fine_for_days(change, old):
        verdict.block(
            f"{v} IS NOT NULL",
            f"have more than {MICROSECONDS} decimal places, even if they are zeros",
            Obstacle.NOT_CONVERTIBLE,
        )
        return verdict
    refuse_or_doubt(verdict, change, 8)
    if old.family in (Family.DECIMAL, Family.FLOAT):
        verdict.doubt(f"{v} <> FLOOR({v})", "of which the engine may make days, or refuse them")
    return hesitate(verdict, change)


@rules.rule(NUMBERS, Family.DATETIME)
def number_to_datetime(change: Change[MySQLBackend]) -> Verdict:
    """YYYYMMDDHHMMSS, or YYYYMMDD, which comes back longer."""
    v, old = change.value, change.old
    day = f"STR_TO_DATE(CAST(FLOOR({v}) AS CHAR), '%Y%m%d')"
    verdict = Verdict(value=f"CAST({day} AS DATETIME(6))")
    refuse_or_doubt(verdict, change, 8)
    if old.family in (Family.DECIMAL, Family.FLOAT):
        verdict.doubt(f"{v} <> FLOOR({v})", "of which the engine may make days, or refuse them")
    verdict.lose(f"{v} IS NOT NULL", "read as days, which are written with a time of day")
    return hesitate(verdict, change)


def too_fine_for_days(change: Change[MySQLBackend], number: Stored) -> bool:
    """MySQL's strict mode minds that the places of a point in time do not suffice."""
    backend = change.backend
    finer = number.family is Family.DECIMAL and (number.places or 0) > MICROSECONDS
    return finer and backend.is_strict and not backend.is_mariadb


def refuse_or_doubt(verdict: Verdict, change: Change[MySQLBackend], length: int) -> None:
    v = change.value
    month, day = f"FLOOR({v} / 100) % 100", f"FLOOR({v}) % 100"
    canonical = (
        f"{v} >= {FIRST_YEAR * 10000} AND {v} < 100000000"
        f" AND {month} BETWEEN 1 AND 12 AND {day} BETWEEN 1 AND 31"
    )
    negative = f"{v} < 0"
    verdict.doubt(
        f"NOT ({canonical}) AND NOT ({negative})",
        "of which the engine may make days, or refuse them",
    )
    last = f"DAY(LAST_DAY(STR_TO_DATE(CONCAT(FLOOR({v} / 100), '01'), '%Y%m%d')))"
    verdict.block(
        f"({negative}) OR {day} > {last}", "cannot be read as days", Obstacle.NOT_CONVERTIBLE
    )
