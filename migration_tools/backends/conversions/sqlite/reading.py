"""SQLite: which stored values Django reads as something that its field does not mean.

Only the forms that Django itself writes count as readable dates, times and UUIDs.
"""

from __future__ import annotations

from collections.abc import Callable

import django

from migration_tools.backends.conversions.stored import FAMILIES
from migration_tools.columns import Column


def misreading(old: Column, new: Column, before: str, there: str) -> tuple[str, str] | None:
    """A predicate over the stored value and what Django makes of it; None if all is read well.

    What was misread before the change, too, is not the change's doing.
    """
    if way_of_reading(old) == way_of_reading(new) or new.type not in WRONG or widens(old, new):
        return None
    wrong, reason = WRONG[new.type]
    if (wrong is not_float and old.is_integer) or (wrong is not_text and old.type in WRITTEN):
        return None  # the affinity of the column makes them what they should be
    predicate = f"({there}) IS NOT NULL AND ({wrong(there, new)})"
    if old.type in WRONG:
        predicate += f" AND NOT ({WRONG[old.type][0](before, old)})"
    return predicate, reason.format(places=new.decimal_places)


def way_of_reading(column: Column) -> object:
    if column.type == "DecimalField":
        return column.max_digits, column.decimal_places
    return WRONG[column.type][0] if column.type in WRONG else column.type


WRITTEN = frozenset(FAMILIES) - {"BinaryField"}


def widens(old: Column, new: Column) -> bool:
    """Whether a decimal column only gets room, on both sides of the point."""
    if old.type != "DecimalField" or new.type != "DecimalField":
        return False
    if new.max_digits is None or new.decimal_places is None:
        return True
    if old.max_digits is None or old.decimal_places is None:
        return False
    before, after = old.max_digits - old.decimal_places, new.max_digits - new.decimal_places
    return before <= after and old.decimal_places <= new.decimal_places


SURE_DIGITS = 15  # of a float, for Django


# --- one test a way of reading; true or false, never NULL, for what is not NULL -------------------


def not_integer(v: str, column: Column) -> str:
    return f"typeof({v}) <> 'integer'"


def not_float(v: str, column: Column) -> str:
    return f"typeof({v}) <> 'real'"


def not_number(v: str, column: Column) -> str:
    return f"typeof({v}) NOT IN ('integer', 'real')"


def not_text(v: str, column: Column) -> str:
    return f"typeof({v}) <> 'text'"


def not_bytes(v: str, column: Column) -> str:
    return f"typeof({v}) <> 'blob'"


def not_boolean(v: str, column: Column) -> str:
    return f"{v} NOT IN (0, 1)"


def not_decimal(v: str, column: Column) -> str:
    """Django takes 15 digits of a float and quantizes; what has too many digits it cannot read."""
    digits, places = column.max_digits, column.decimal_places
    if digits is None or places is None:
        return not_number(v, column)
    limit = f"{10 ** (digits - places)}.0"
    sure = f"CAST(printf('%.15g', {v}) AS REAL)"
    integer = f"{v} >= {limit} OR {v} <= -{limit}"
    if django.VERSION < (6, 1):  # it takes 15 digits of a whole number, too
        text = f"ltrim(CAST({v} AS TEXT), '-')"
        integer += f" OR rtrim(substr({text}, 16), '0') <> ''"
    real = (
        f"{sure} >= {limit} OR {sure} <= -{limit}"
        # One digit too many, of 15, makes more than this; what floats cannot say makes less.
        f" OR abs({sure}) < 1e{SURE_DIGITS - places}"
        f" AND abs(round({sure}, {places}) - {sure}) > abs({sure}) * 5e-16"
    )
    real = _quickly(v, digits, places, real)
    return f"CASE typeof({v}) WHEN 'integer' THEN {integer} WHEN 'real' THEN {real} ELSE TRUE END"


def _quickly(v: str, digits: int, places: int, thorough: str) -> str:
    """Answer for nearly every float by arithmetic; printing it costs twenty times as much.

    Counted in units of the last place, a value that fits is a whole number, up to the last bit,
    which 15 digits do not show; one that does not fit is far from any, as long as the number is
    so small that its last of 15 digits is worth less than a thousandth of a unit.
    """
    unit = f"{v} * {10**places}.0"
    small = min(10**digits, 10**10)
    whole = f"CAST({unit} + CASE WHEN {v} < 0 THEN -0.5 ELSE 0.5 END AS INTEGER)"
    return (
        f"CASE WHEN abs({unit}) < {small}.0 AND {unit} = {whole} THEN FALSE"
        f" WHEN abs({unit}) < {small}.0 AND abs({unit} - {whole}) > 0.001 THEN TRUE"
        f" WHEN abs({v}) > 1e300 THEN TRUE"  # of infinity no digits can be printed
        f" ELSE {thorough} END"
    )


def not_date(v: str, column: Column) -> str:
    return f"NOT ({is_date(v)})"


def not_time(v: str, column: Column) -> str:
    return f"NOT ({is_time(v)})"


def not_datetime(v: str, column: Column) -> str:
    day, time = f"substr({v}, 1, 10)", f"substr({v}, 12)"
    with_time = f"substr({v}, 11, 1) IN (' ', 'T') AND {is_time(time)}"
    return f"NOT ({is_date(day)} AND (length({v}) = 10 OR {with_time}))"


def not_uuid(v: str, column: Column) -> str:
    return f"length(replace({v}, '-', '')) <> 32 OR {v} GLOB '*[^0-9a-fA-F-]*'"


def is_date(v: str) -> str:
    # Only with a modifier is 30 February told from a day.
    return f"coalesce(date({v}, '+0 days') = {v}, FALSE)"


def is_time(v: str) -> str:
    second, fraction = f"substr({v}, 1, 8)", f"substr({v}, 9)"
    digits = f"substr({v}, 10)"
    return (
        f"coalesce(time({second}) = {second} AND ({fraction} = '' OR ({fraction} GLOB '.[0-9]*'"
        f" AND {digits} NOT GLOB '*[^0-9]*' AND length({digits}) <= 6)), FALSE)"
    )


INTEGER = (not_integer, "read as text or with their fraction")
TEXT = (not_text, "read as bytes")
WRONG: dict[str, tuple[Callable[[str, Column], str], str]] = {
    **dict.fromkeys(("AutoField", "BigAutoField", "SmallAutoField"), INTEGER),
    **dict.fromkeys(("IntegerField", "BigIntegerField", "SmallIntegerField"), INTEGER),
    **dict.fromkeys(("PositiveIntegerField", "PositiveBigIntegerField"), INTEGER),
    "PositiveSmallIntegerField": INTEGER,
    **dict.fromkeys(("CharField", "SlugField", "FileField", "FilePathField", "TextField"), TEXT),
    **dict.fromkeys(("GenericIPAddressField", "IPAddressField"), TEXT),
    "BinaryField": (not_bytes, "read as text or numbers"),
    "BooleanField": (not_boolean, "read as False"),
    "DateField": (not_date, "read as None or not at all"),
    "DateTimeField": (not_datetime, "read as None or not at all"),
    "DecimalField": (not_decimal, "read with {places} decimal places, or not at all"),
    "DurationField": (not_number, "not read at all"),
    "FloatField": (not_float, "read as text"),
    "TimeField": (not_time, "read as None or not at all"),
    "UUIDField": (not_uuid, "not read at all"),
}
