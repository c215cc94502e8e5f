"""MySQL and MariaDB: days and times that become each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_tools.backends.base import Obstacle
from migration_tools.backends.conversions.mysql.shared import outside_a_day, rules, soften
from migration_tools.backends.conversions.rules import Change, Verdict
from migration_tools.backends.conversions.stored import Family

if TYPE_CHECKING:
    from migration_tools.backends.mysql import MySQLBackend

ROUNDED_BEYOND = "9999-12-31 23:59:59.5"


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


@rules.rule(Family.DATE, Family.TIME)
def date_to_time(change: Change[MySQLBackend]) -> Verdict:
    verdict = Verdict(value=f"CASE WHEN {change.value} IS NOT NULL THEN CAST('0:0' AS TIME(6)) END")
    verdict.lose(f"{change.value} IS NOT NULL", "set to midnight")
    return verdict


@rules.rule(Family.TIME, (Family.DATE, Family.DATETIME))
def time_to_date(change: Change[MySQLBackend]) -> Verdict:
    """The day is that of the run."""
    v, new = change.value, change.new.family
    verdict = Verdict(value=None)
    if new is Family.DATE:
        verdict.lose(f"{v} <> CAST('0:0' AS TIME(6))", "cut to the day of the run")
    else:
        verdict.lose(outside_a_day(v), "turned into a time of another day")
    return verdict
