"""PostgreSQL: ALTER COLUMN ... TYPE, with USING value::type where the Django types differ.

Without USING the cast is that of an assignment, which refuses what is too long; with it the cast
is an explicit one, which cuts. Fractions are rounded by both.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from migration_tools.backends.base import Conversion, Judgement
from migration_tools.backends.conversions.postgresql import (
    binary,
    moments,
    numbers,
    reading,
    several,
    text,
    times,
)
from migration_tools.backends.conversions.postgresql.several import lift, of_elements
from migration_tools.backends.conversions.postgresql.shared import WORDS, rules
from migration_tools.backends.conversions.rules import Change, any_of, impossible
from migration_tools.backends.conversions.stored import Family, stored
from migration_tools.columns import Column, Default

if TYPE_CHECKING:
    from migration_tools.backends.postgresql import PostgreSQLBackend

#: Where the rules are; importing these registers them.
ROOMS = (numbers, text, reading, moments, binary, several, times)

CASELESS = "citext"
#: Of types that are neither domains nor unknown, what can be cast is in the catalogue.
KINDS_QUERY = """
    SELECT COALESCE(bool_and(typtype IN ('b', 'r', 'm')), FALSE) AND COUNT(*) = 2
    FROM unnest(%s::text[]) AS asked (name)
    JOIN pg_catalog.pg_type ON pg_type.oid = to_regtype(asked.name)
"""
CAST_QUERY = """
    SELECT castcontext FROM pg_catalog.pg_cast
    WHERE castsource = to_regtype(%s) AND casttarget = to_regtype(%s)
"""


def judge(backend: PostgreSQLBackend, old: Column, new: Column, value: str) -> Conversion | None:
    if (element := of_elements(backend, old, new)) is not None:
        return lift(element, new, value) or missing_cast(element)
    change = Change(
        backend=backend,
        old=stored(old, WORDS),
        new=stored(new, WORDS),
        value=by_bytes(old, value),
        # What is generated is computed anew, and assigned.
        recast=not old.generated and data_type(backend, old) != data_type(backend, new),
    )
    conversion = rules.judge(change)
    if conversion is None:
        return missing_cast(change)
    if new.db_type == CASELESS and conversion.value is not None:
        conversion = dataclasses.replace(conversion, value=f"({conversion.value})::{CASELESS}")
    kept = old.default is Default.DATABASE and new.default is Default.DATABASE
    if not kept or change.old.family is change.new.family:
        return conversion
    return with_default(change, conversion)


def by_bytes(old: Column, value: str) -> str:
    """A text's value for the rules: its own way to compare may call different texts the same, and
    some collations have no patterns at all."""
    if old.db_type == CASELESS:
        value = f"({value})::text"
    return f'({value}) COLLATE "C"' if old.collation and old.is_text else value


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


def data_type(backend: PostgreSQLBackend, column: Column) -> object:
    """What Django compares to decide on USING, as DatabaseSchemaEditor._using_sql() (5.2-6.1)."""
    if column.references is not None:
        return column.db_type
    return backend.connection.data_types.get(column.kind, column.db_type)


def missing_cast(change: Change[PostgreSQLBackend]) -> Conversion | None:
    """A pair without a rule cannot be judged, but the engine knows whether it can be cast."""
    old, new = change.old, change.new
    if Family.TEXT in (old.family, new.family):
        return None
    with change.backend.connection.cursor() as cursor:
        cursor.execute(KINDS_QUERY, [[old.declared, new.declared]])
        (own_casts,) = cursor.fetchone()
    if own_casts and cast_context(change) is None:
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
