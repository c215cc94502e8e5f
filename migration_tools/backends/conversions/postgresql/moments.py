"""PostgreSQL: days, times, intervals and addresses that are written as text, and read from it.

Before version 16 the server does not tell which texts it reads. Those in the form that it writes
itself, or that ISO 8601 has, are judged by patterns; a word like "tomorrow" is left to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_tools.backends.base import Obstacle
from migration_tools.backends.conversions.postgresql.shared import rules, written
from migration_tools.backends.conversions.rules import Change, Verdict
from migration_tools.backends.conversions.stored import Family

if TYPE_CHECKING:
    from migration_tools.backends.postgresql import PostgreSQLBackend

YEAR = r"(?!0000)\d{4}"
LEAP = r"(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
DAY = (
    rf"(?:{YEAR}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)"
    rf"|02-(?:0[1-9]|1\d|2[0-8]))|{LEAP}-02-29)"
)
CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?"
ZONE = r"(?:Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)"
SPAN = r"(?:-?\d{1,5} days? ?)?(?:[+-]?\d{1,3}:[0-5]\d:[0-5]\d(?:\.\d{1,6})?)|[+-]?\d{1,8}"
BYTE = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
HEX = "[0-9a-f]{1,4}"
SIX = "|".join(
    [
        rf"(?:{HEX}:){{7}}{HEX}",
        *(rf"(?:{HEX}:){{1,{7 - n}}}(?::{HEX}){{1,{n}}}" for n in range(1, 7)),
        rf"(?:{HEX}:){{1,7}}:|:(?::{HEX}){{1,7}}|::",
    ]
)
#: What is read for certain.
READ = {
    Family.DATE: rf"{DAY}(?:[ T]{CLOCK})?",
    Family.DATETIME: rf"{DAY}(?:[ T]{CLOCK}{ZONE}?)?",
    Family.TIME: CLOCK,
    Family.DURATION: SPAN,
    Family.ADDRESS: rf"(?:{BYTE}\.){{3}}{BYTE}|{SIX}",
}
WORDS = "now|today|tomorrow|yesterday|epoch|infinity|allballs"
#: What is refused for certain.
NO_MOMENT = rf"v !~ '\d' AND v !~* '{WORDS}'"
NO_DAY = rf"v ~ '^\d{{4}}-\d\d-\d\d(?: {CLOCK})?$' AND v !~ '^{DAY}'"
REFUSED = {
    Family.DATE: f"({NO_MOMENT}) OR ({NO_DAY})",
    Family.DATETIME: f"({NO_MOMENT}) OR ({NO_DAY})",
    Family.TIME: NO_MOMENT,
    Family.DURATION: NO_MOMENT,
    Family.ADDRESS: "v ~* '[^0-9a-f.:/ ]' OR v !~ '[.:/0-9]'",
}


def read_by_form(verdict: Verdict, change: Change[PostgreSQLBackend]) -> None:
    """Text in a form that nobody need doubt, and the rest."""
    v, new = f"({change.value})", change.new
    read = f"{v} ~* '^(?:{READ[new.family]})$'"
    refused = REFUSED[new.family].replace("v ", f"{v} ")
    verdict.doubt(
        f"NOT ({read}) AND NOT ({refused})",
        f"of which PostgreSQL may make {new.declared}, or refuse them",
    )
    verdict.block(f"NOT ({read})", f"cannot be read as {new.declared}", Obstacle.NOT_CONVERTIBLE)


@rules.rule((Family.DATETIME, Family.TIME, Family.DURATION), Family.TEXT)
def moment_to_text(change: Change[PostgreSQLBackend]) -> Verdict:
    """Zeros that are cut off may come back."""
    full, kept = written(change)
    verdict = Verdict(value=kept)
    length = change.new.length
    if length is not None:
        rest = f"substr({full}, {length + 1})"
        verdict.doubt(
            f"{rest} <> '' AND translate({rest}, '0:.+- ', '') = ''",
            f"cut to {length} characters, which may be read back",
        )
        verdict.lose(f"{rest} <> ''", f"cut to {length} characters")
        if not longer_than(change, length):
            verdict.doubts, verdict.losses = [], []
    return verdict


#: The longest that ISO 8601 text of these gets within Django's years.
LONGEST_MOMENT = {Family.DATETIME: 35, Family.TIME: 15}


def longer_than(change: Change[PostgreSQLBackend], length: int) -> bool:
    return length < LONGEST_MOMENT.get(change.old.family, length + 1)


@rules.rule(Family.TIME, Family.DURATION)
def time_to_duration(change: Change[PostgreSQLBackend]) -> Verdict:
    v = change.value
    verdict = Verdict(value=f"({v})::interval")
    verdict.lose(f"{v} = '24:00:00'", "read back as midnight")
    return verdict


@rules.rule(Family.DURATION, Family.TIME)
def duration_to_time(change: Change[PostgreSQLBackend]) -> Verdict:
    v = change.value
    verdict = Verdict(value=f"({v})::time")
    verdict.lose(f"({v})::time::interval::text <> ({v})::text", "left without their days")
    return verdict
