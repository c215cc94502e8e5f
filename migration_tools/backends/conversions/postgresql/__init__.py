"""PostgreSQL: ALTER COLUMN ... TYPE, with USING value::type where the Django types differ.

Without USING the cast is that of an assignment, which refuses what is too long; with it the cast
is an explicit one, which cuts. Fractions are rounded by both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_tools.backends.base import Conversion
from migration_tools.backends.conversions.postgresql import numbers, reading, text, times
from migration_tools.backends.conversions.postgresql.shared import WORDS, rules
from migration_tools.backends.conversions.rules import Change, impossible
from migration_tools.backends.conversions.stored import Family, stored
from migration_tools.columns import Column, Default

if TYPE_CHECKING:
    from migration_tools.backends.postgresql import PostgreSQLBackend

#: Where the rules are; importing these registers them.
ROOMS = (numbers, text, reading, times)

CAST_QUERY = """
    SELECT castcontext FROM pg_catalog.pg_cast
    WHERE castsource = to_regtype(%s) AND casttarget = to_regtype(%s)
"""


def judge(backend: PostgreSQLBackend, old: Column, new: Column, value: str) -> Conversion | None:
    if old.generated or new.generated:
        return None
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
    if old.default is Default.DATABASE and change.old.family is not change.new.family:
        return (
            conversion
            if default_follows(change)
            else impossible(f"its default in the database cannot be cast to {new.db_type}")
        )
    return conversion


def data_type(backend: PostgreSQLBackend, column: Column) -> object:
    """What Django compares to decide on USING, as DatabaseSchemaEditor._using_sql() (5.2-6.1)."""
    if column.references is not None:
        return column.db_type
    return backend.connection.data_types.get(column.kind, column.db_type)


def missing_cast(change: Change[PostgreSQLBackend]) -> Conversion | None:
    """A pair without a rule cannot be judged, but the engine knows whether it can be cast."""
    old, new = change.old, change.new
    if Family.TEXT in (old.family, new.family) or "[" in old.declared + new.declared:
        return None
    if cast_context(change) is None and old.declared != new.declared:
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
