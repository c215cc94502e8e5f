"""SQLite: which values a change of type leaves in a form that Django reads as something else."""

from __future__ import annotations

from migration_tools.backends.conversions.rules import any_of
from migration_tools.backends.conversions.sqlite.affinity import WHOLE, affinity, stays_real
from migration_tools.backends.conversions.sqlite.reading import FALSE, READINGS, TRUE
from migration_tools.backends.conversions.stored import FAMILIES
from migration_tools.columns import Column

WRITTEN = frozenset(FAMILIES) - {"BinaryField"}


def misreading(
    old: Column, new: Column, before: str, there: str, *, kept: bool
) -> tuple[str, str] | None:
    """A predicate over the stored value and what Django makes of it; None if all is read well.

    What was misread before the change, too, is not the change's doing. ``kept``: every value
    stays as it is stored.
    """
    if way_of_reading(old) == way_of_reading(new) or new.type not in READINGS:
        return None
    after = READINGS[new.type]
    if old.type in READINGS:
        predicate = newly_wrong(old, new, before, there, kept=kept)
    elif old.type in WRITTEN and after is READINGS["TextField"]:
        return None  # the affinity of the column makes them what they should be
    else:
        predicate = f"({there}) IS NOT NULL AND ({after.wrong(there, new)})"
    return (predicate, after.wrongly.format(places=new.decimal_places)) if predicate else None


def way_of_reading(column: Column) -> object:
    if column.type == "DecimalField":
        return column.max_digits, column.decimal_places
    return READINGS.get(column.type, column.type)


def newly_wrong(old: Column, new: Column, before: str, there: str, *, kept: bool) -> str:
    """A condition for each way in which a value of the old column is rightly stored."""
    conditions = []
    for kind in READINGS[old.type].kinds:
        if fits_as_before(old, new, kind):
            continue
        if kept:
            wrong = READINGS[new.type].wrong(before, new, kind)
        else:
            wrong = wrong_once_stored(new, before, there, kind)
        if wrong == FALSE:
            continue
        tests = [f"typeof({before}) = '{kind}'"]
        if wrong != TRUE:
            tests.append(f"({wrong})")
        wrong_before = READINGS[old.type].wrong(before, old, kind)
        if wrong_before != FALSE:
            tests.append(f"NOT ({wrong_before})")
        conditions.append(" AND ".join(tests))
    return conditions[0] if len(conditions) == 1 else any_of(conditions)


def fits_as_before(old: Column, new: Column, kind: str) -> bool:
    """Whether a decimal column has as much room, before the point and, for floats, behind it."""
    if not old.type == new.type == "DecimalField":
        return False
    if new.max_digits is None or new.decimal_places is None:
        return True
    if old.max_digits is None or old.decimal_places is None:
        return False
    before, after = old.max_digits - old.decimal_places, new.max_digits - new.decimal_places
    return before <= after and (kind == "integer" or old.decimal_places <= new.decimal_places)


def wrong_once_stored(new: Column, v: str, there: str, kind: str) -> str:
    """A test of ``v``, of this kind, for what the new column's affinity makes of it."""
    reading, becomes = READINGS[new.type], affinity(new)
    if kind == "blob":
        return reading.wrong(v, new, "blob")
    if becomes == "TEXT":
        return reading.wrong(v if kind == "text" else f"CAST({v} AS TEXT)", new, "text")
    if kind == "integer" and becomes == "REAL":
        return reading.wrong(f"CAST({v} AS REAL)", new, "real")
    if kind == "real" and becomes in WHOLE:
        real = reading.wrong(v, new, "real")
        whole = reading.wrong(f"CAST({v} AS INTEGER)", new, "integer")
        if (real, whole) == (TRUE, FALSE):
            return stays_real(v)
        return f"CASE WHEN {stays_real(v)} THEN {real} ELSE {whole} END"
    if kind == "text" and set(reading.kinds) == {"text"}:
        return reading.wrong(v, new, "text")  # no date or time looks like a number
    return reading.wrong(there, new)
