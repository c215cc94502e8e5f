"""PostgreSQL: ALTER COLUMN ... TYPE, with USING value::type where the Django types differ.

Without USING the cast is that of an assignment, which refuses what is too long; with it the cast
is an explicit one, which cuts. Fractions are rounded by both.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from migration_tools.backends.base import Conversion, Judgement
from migration_tools.backends.conversions.postgresql import numbers, reading, text, times
from migration_tools.backends.conversions.postgresql.shared import WORDS, rules
from migration_tools.backends.conversions.rules import Change, any_of, impossible
from migration_tools.backends.conversions.stored import Family, stored
from migration_tools.columns import Column, Default

if TYPE_CHECKING:
    from migration_tools.backends.postgresql import PostgreSQLBackend

#: Where the rules are; importing these registers them.
ROOMS = (numbers, text, reading, times)

ARRAY = re.compile(r"(?P<inner>.*?)(?P<sizes>(?:\[\d*\])+)")
DIMENSION = re.compile(r"\[")
CAST_QUERY = """
    SELECT castcontext FROM pg_catalog.pg_cast
    WHERE castsource = to_regtype(%s) AND casttarget = to_regtype(%s)
"""


def judge(backend: PostgreSQLBackend, old: Column, new: Column, value: str) -> Conversion | None:
    if old.generated or new.generated:
        return None
    if (arrays := is_array_growth(old, new)) is not None:
        return Conversion(value=value) if arrays else None
    change = Change(
        backend=backend,
        old=stored(old, WORDS),
        new=stored(new, WORDS),
        value=value,
        recast=data_type(backend, old) != data_type(backend, new),
    )
    conversion = rules.judge(change)
    if conversion is None:
        return missing_cast(change)
    kept = old.default is Default.DATABASE and new.default is Default.DATABASE
    if not kept or change.old.family is change.new.family:
        return conversion
    return with_default(change, conversion)


def with_default(change: Change[PostgreSQLBackend], conversion: Conversion) -> Conversion:
    """A default in the database has to take the step too, there and back."""
    if not default_follows(change):
        return impossible(f"its default in the database cannot be cast to {change.new.declared}")
    if default_follows(dataclasses.replace(change, old=change.new, new=change.old)):
        return conversion
    refused = any_of(judgement.predicate for judgement in conversion.blocked) or "FALSE"
    lost = f"CASE WHEN {refused} THEN FALSE ELSE {change.value} IS NOT NULL END"
    reason = "left without a way back by the default in the database"
    return dataclasses.replace(conversion, lost=(Judgement(predicate=lost, reason=reason),))


def is_array_growth(old: Column, new: Column) -> bool | None:
    """Whether every element keeps its room; the size of an array is not enforced. None if these
    are not two arrays."""
    before, after = (ARRAY.fullmatch(str(column.db_type)) for column in (old, new))
    if before is None or after is None:
        return None
    inner = [
        stored(dataclasses.replace(column, type="", db_type=found["inner"]), WORDS)
        for column, found in ((old, before), (new, after))
    ]
    depths = {len(DIMENSION.findall(found["sizes"])) for found in (before, after)}
    if len(depths) > 1 or inner[0].family is not inner[1].family:
        return False
    if inner[0].family is Family.TEXT:
        longest, length = inner[0].length, inner[1].length
        return length is None or (longest is not None and longest <= length)
    return inner[0].declared == inner[1].declared


def data_type(backend: PostgreSQLBackend, column: Column) -> object:
    """What Django compares to decide on USING, as DatabaseSchemaEditor._using_sql() (5.2-6.1)."""
    if column.references is not None:
        return column.db_type
    return backend.connection.data_types.get(column.kind, column.db_type)


def missing_cast(change: Change[PostgreSQLBackend]) -> Conversion | None:
    """A pair without a rule cannot be judged, but the engine knows whether it can be cast."""
    old, new = change.old, change.new
    if {Family.TEXT, Family.OTHER} & {old.family, new.family} or old.family is new.family:
        return None
    if cast_context(change) is None:
        return impossible(f"{old.declared} cannot be cast to {new.declared}")
    return None


def default_follows(change: Change[PostgreSQLBackend]) -> bool:
    """A default expression is cast as by an assignment, even where values have USING."""
    return change.new.family is Family.TEXT or cast_context(change) in ("a", "i")


def cast_context(change: Change[PostgreSQLBackend]) -> str | None:
    with change.backend.connection.cursor() as cursor:
        cursor.execute(CAST_QUERY, [change.old.declared, change.new.declared])
        row = cursor.fetchone()
    return row and str(row[0])
