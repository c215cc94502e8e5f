"""PostgreSQL: days and times that become each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_tools.backends.base import Obstacle
from migration_tools.backends.conversions.postgresql.shared import rules
from migration_tools.backends.conversions.rules import Change, Verdict
from migration_tools.backends.conversions.stored import Family

if TYPE_CHECKING:
    from migration_tools.backends.postgresql import PostgreSQLBackend


@rules.rule(Family.DATETIME, Family.DATE)
def datetime_to_date(change: Change[PostgreSQLBackend]) -> Verdict:
    """The day in the session's time zone, which is Django's."""
    v = change.value
    verdict = Verdict(value=f"({v})::date")
    verdict.lose(f"({v})::date::timestamp with time zone <> {v}", "cut to the day")
    return verdict


@rules.rule(Family.DATE, Family.DATETIME)
def date_to_datetime(change: Change[PostgreSQLBackend]) -> Verdict:
    v = change.value
    verdict = Verdict(value=f"({v})::timestamp with time zone")
    verdict.block(
        f"isfinite({v}) AND NOT {v} BETWEEN '4713-01-01 BC' AND '294276-12-30'",
        "are outside the range of timestamps",
        Obstacle.OUT_OF_RANGE,
    )
    return verdict


@rules.rule(Family.DATETIME, Family.TIME)
def datetime_to_time(change: Change[PostgreSQLBackend]) -> Verdict:
    """Nothing comes back: a time alone cannot be cast to a timestamp."""
    v = change.value
    verdict = Verdict(value=f"({v})::time")
    # The time of an infinite timestamp is NULL, which a NOT NULL column refuses.
    verdict.lose(f"{v} IS NOT NULL", "cut to the time of day")
    return verdict
