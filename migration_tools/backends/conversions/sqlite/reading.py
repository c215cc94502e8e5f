"""SQLite: which stored values Django reads as what their field means.

Only the forms that Django itself writes count as readable dates, times and UUIDs. The tests are
asked of every row of a table, so that what decides nearly all of them comes first, and is cheap. It
is CASE that leaves the rest unasked: AND and OR do so only where SQLite branches on them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import django

from migration_tools.columns import Column

#: True for a value that is read wrongly, false for any other that is not NULL; never NULL.
Test = Callable[[str, Column], str]

TRUE, FALSE = "TRUE", "FALSE"
SURE_DIGITS = 15  # of a float, for Django
#: Added and taken off again, it leaves a float without its fraction, if that is not too large.
ROUNDS = "6755399441055744.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """``kinds``: what may be stored, by SQLite's typeof(); a test where not all of it is right."""

    kinds: Mapping[str, Test | None]
    wrongly: str

    def wrong(self, v: str, column: Column, kind: str | None = None) -> str:
        """A test of ``v``, which is not NULL, and of this kind if one is given."""
        if kind is not None:
            test = self.kinds.get(kind, _always)
            return FALSE if test is None else test(v, column)
        if len(self.kinds) == 1 and not any(self.kinds.values()):
            return f"typeof({v}) <> '{next(iter(self.kinds))}'"
        cases = (f"WHEN '{kind}' THEN {self.wrong(v, column, kind)}" for kind in self.kinds)
        return f"CASE typeof({v}) {' '.join(cases)} ELSE TRUE END"


def _always(v: str, column: Column) -> str:
    return TRUE


# --- one test a way of reading --------------------------------------------------------------------


def not_boolean(v: str, column: Column) -> str:
    return f"{v} NOT IN (0, 1)"


def too_long_for_an_interval(v: str, column: Column) -> str:
    return f"{v} NOT BETWEEN -8.64e22 AND 8.64e22"


def too_many_digits(v: str, column: Column) -> str:
    """Of a whole number in a decimal column."""
    if column.max_digits is None or column.decimal_places is None:
        return FALSE
    room = column.max_digits - column.decimal_places
    outside = f"{v} >= {10**room}.0 OR {v} <= -{10**room}.0"
    if django.VERSION < (6, 1) and room > SURE_DIGITS:  # it takes 15 digits of a whole number, too
        text = f"ltrim(CAST({v} AS TEXT), '-')"
        outside += f" OR rtrim(substr({text}, {SURE_DIGITS + 1}), '0') <> ''"
    return f"({outside})"


def not_decimal(v: str, column: Column) -> str:
    """Django takes 15 digits of a float and quantizes; what has too many digits it cannot read."""
    digits, places = column.max_digits, column.decimal_places
    if digits is None or places is None:
        return FALSE
    limit = f"{10 ** (digits - places)}.0"
    sure = f"CAST(printf('%.15g', {v}) AS REAL)"
    thorough = (
        f"{sure} >= {limit} OR {sure} <= -{limit}"
        # One digit too many, of 15, makes more than this; what floats cannot say makes less.
        f" OR abs({sure}) < 1e{SURE_DIGITS - places}"
        f" AND abs(round({sure}, {places}) - {sure}) > abs({sure}) * 5e-16"
    )
    return _quickly(v, digits, places, thorough)


def _quickly(v: str, digits: int, places: int, thorough: str) -> str:
    """Answer for nearly every float by arithmetic; printing it costs ten times as much.

    Counted in units of the last place, a value that fits is a whole number, up to the last bits,
    which 15 digits do not show; one that does not fit is far from any, as long as the number is
    so small that its last of 15 digits is worth less than a thousandth of a unit.
    """
    unit = f"{v} * {10**places}.0"
    whole = f"({unit} + {ROUNDS} - {ROUNDS})"
    most = f"{min(10**digits, 10**10) - 1}.0"
    small = f"{unit} BETWEEN -{most} AND {most}"
    return (
        f"CASE WHEN {unit} = {whole} AND {small} THEN FALSE"
        f" WHEN {unit} - {whole} NOT BETWEEN -0.001 AND 0.001 AND {small} THEN TRUE"
        f" WHEN abs({unit} - {whole}) <= abs({unit}) * 3e-16 AND {small} THEN FALSE"
        f" WHEN {v} NOT BETWEEN -1e300 AND 1e300 THEN TRUE"  # of infinity no digits can be printed
        f" ELSE {thorough} END"
    )


def not_date(v: str, column: Column) -> str:
    return f"NOT ({is_date(v)})"


def not_time(v: str, column: Column) -> str:
    return f"NOT ({is_time(v)})"


def not_datetime(v: str, column: Column) -> str:
    """SQLite writes what it reads as Django does, but with a blank and without a fraction."""
    zone = f"{v} GLOB '*[+-][01][0-9]:[0-5][0-9]'"
    zone = f"CASE WHEN substr({v}, -1) = 'Z' THEN 1 WHEN {zone} THEN 6 ELSE 0 END"
    time = is_time(f"substr({v}, 12, length({v}) - 11 - {zone})")
    rest = f"length({v}) = 10 OR substr({v}, 11, 1) IN (' ', 'T') AND {time}"
    return (
        f"CASE WHEN datetime({v}, '+0 days') IS substr({v}, 1, 19) AND {v} >= '0001'"
        f" AND {is_fraction(v, 20)} THEN FALSE"
        f" ELSE NOT ({is_date(f'substr({v}, 1, 10)')} AND ({rest})) END"
    )


def not_uuid(v: str, column: Column) -> str:
    return (
        f"CASE WHEN length({v}) = 32 AND {v} GLOB '{'[0-9a-f]' * 32}' THEN FALSE"
        f" ELSE length(replace({v}, '-', '')) <> 32 OR {v} GLOB '*[^0-9a-fA-F-]*' END"
    )


# Only with a modifier does SQLite reckon, so that 30 February and 24:00 become something else.


def is_date(v: str) -> str:
    return f"length({v}) = 10 AND date({v}, '+0 days') IS {v} AND {v} >= '0001'"


def is_time(v: str) -> str:
    second = f"substr({v}, 1, 8)"
    return f"time({second}, '+0 days') IS {second} AND {is_fraction(v, 9)}"


def is_fraction(v: str, start: int) -> str:
    """Nothing, or a point and up to six digits; Django writes all six."""
    rest = f"substr({v}, {start})"
    return (
        f"CASE WHEN length({v}) = {start - 1} OR {rest} GLOB '.{'[0-9]' * 6}' THEN TRUE"
        f" ELSE {rest} GLOB '.[0-9]*' AND {rest} NOT GLOB '?*[^0-9]*'"
        f" AND length({v}) <= {start + 6} END"
    )


INTEGER = Reading(kinds={"integer": None}, wrongly="read as text or with their fraction")
TEXT = Reading(kinds={"text": None}, wrongly="read as bytes")
NOT_AT_ALL, NONE = "not read at all", "read as None or not at all"
READINGS: Mapping[str, Reading] = {
    **dict.fromkeys(("AutoField", "BigAutoField", "SmallAutoField"), INTEGER),
    **dict.fromkeys(("IntegerField", "BigIntegerField", "SmallIntegerField"), INTEGER),
    **dict.fromkeys(("PositiveIntegerField", "PositiveBigIntegerField"), INTEGER),
    "PositiveSmallIntegerField": INTEGER,
    **dict.fromkeys(("CharField", "SlugField", "FileField", "FilePathField", "TextField"), TEXT),
    **dict.fromkeys(("GenericIPAddressField", "IPAddressField"), TEXT),
    "BinaryField": Reading(kinds={"blob": None}, wrongly="read as text or numbers"),
    "BooleanField": Reading(kinds={"integer": not_boolean}, wrongly="read as False"),
    "DateField": Reading(kinds={"text": not_date}, wrongly=NONE),
    "DateTimeField": Reading(kinds={"text": not_datetime}, wrongly=NONE),
    "DecimalField": Reading(
        kinds={"integer": too_many_digits, "real": not_decimal},
        wrongly="read with {places} decimal places, or not at all",
    ),
    "DurationField": Reading(
        kinds={"integer": None, "real": too_long_for_an_interval}, wrongly=NOT_AT_ALL
    ),
    "FloatField": Reading(kinds={"real": None}, wrongly="read as text"),
    "TimeField": Reading(kinds={"text": not_time}, wrongly=NONE),
    "UUIDField": Reading(kinds={"text": not_uuid}, wrongly=NOT_AT_ALL),
}
