"""PostgreSQL: ALTER COLUMN ... TYPE, with USING value::type where the Django types differ.

Without USING the cast is that of an assignment, which refuses what is too long; with it the cast
is an explicit one, which cuts. Fractions are rounded by both.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from migration_tools.backends.base import Conversion, Obstacle
from migration_tools.backends.conversions import postgresql_reading as reading
from migration_tools.backends.conversions import postgresql_text as text
from migration_tools.backends.conversions.rules import (
    Change,
    Rules,
    Verdict,
    impossible,
    keep_in_range,
    unknown,
)
from migration_tools.backends.conversions.stored import Family, Stored, stored
from migration_tools.columns import Column, Default

if TYPE_CHECKING:
    from migration_tools.backends.postgresql import PostgreSQLBackend

WORDS = {
    word: frozenset({family})
    for word, family in {
        "smallint": Family.INTEGER,
        "integer": Family.INTEGER,
        "bigint": Family.INTEGER,
        "numeric": Family.DECIMAL,
        "double precision": Family.FLOAT,
        "boolean": Family.BOOLEAN,
        "varchar": Family.TEXT,
        "text": Family.TEXT,
        "date": Family.DATE,
        "timestamp with time zone": Family.DATETIME,
        "time": Family.TIME,
        "interval": Family.DURATION,
        "uuid": Family.UUID,
        "jsonb": Family.JSON,
        "bytea": Family.BINARY,
        "inet": Family.ADDRESS,
    }.items()
}
EXACT_IN_FLOAT = 2**53  # every whole number up to here
SAFE_DIGITS = 15  # that a decimal number keeps on its way through a float and back
CAST_QUERY = """
    SELECT castcontext FROM pg_catalog.pg_cast
    WHERE castsource = to_regtype(%s) AND casttarget = to_regtype(%s)
"""

rules: Rules[PostgreSQLBackend] = Rules()


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


# --- numbers ------------------------------------------------------------------------------------


@rules.rule(Family.INTEGER, Family.INTEGER)
def integer_to_integer(change: Change[PostgreSQLBackend]) -> Verdict:
    v = change.value
    verdict = Verdict(value=v)
    keep_in_range(
        verdict, change, below=lambda low: f"{v} < {low}", above=lambda high: f"{v} > {high}"
    )
    return verdict


@rules.rule(Family.DECIMAL, Family.INTEGER)
def decimal_to_integer(change: Change[PostgreSQLBackend]) -> Verdict:
    """Rounds half away from zero."""
    v, half = change.value, Decimal("0.5")
    verdict = Verdict(value=f"({v})::{change.new.declared}")
    verdict.block(f"{v} = 'NaN'", "are not a number", Obstacle.NOT_CONVERTIBLE)
    keep_in_range(
        verdict,
        change,
        below=lambda low: f"{v} <= {low - half}",
        above=lambda high: f"{v} >= {high + half}",
    )
    if change.old.places != 0:
        verdict.lose(f"{v} <> trunc({v})", "rounded")
    return verdict


@rules.rule(Family.FLOAT, Family.INTEGER)
def float_to_integer(change: Change[PostgreSQLBackend]) -> Verdict:
    """Rounds half to even, and the bound of bigint is a float."""
    v, half = change.value, Decimal("0.5")
    verdict = Verdict(value=f"({v})::{change.new.declared}")
    verdict.block(f"{v} = 'NaN'", "are not a number", Obstacle.NOT_CONVERTIBLE)
    keep_in_range(
        verdict,
        change,
        below=lambda low: f"{v} < {low - half}",
        above=lambda high: f"{v} >= {high + half}",
    )
    verdict.lose(f"{v} <> trunc({v})", "rounded")
    return verdict


@rules.rule(Family.DECIMAL, Family.DECIMAL)
def decimal_to_decimal(change: Change[PostgreSQLBackend]) -> Verdict:
    """Rounds half away from zero, which can make one digit more; NaN passes."""
    v, old, new = change.value, change.old, change.new
    if new.places is None:
        return Verdict(value=v)
    rounds = old.places is None or old.places > new.places
    verdict = Verdict(value=f"round({v}, {new.places})" if rounds else v)
    block_overflow(verdict, v, old, new, rounds=rounds)
    if rounds:
        verdict.lose(f"{v} <> round({v}, {new.places})", "rounded")
    return verdict


@rules.rule(Family.INTEGER, Family.DECIMAL)
def integer_to_decimal(change: Change[PostgreSQLBackend]) -> Verdict:
    verdict = Verdict(value=f"({change.value})::{change.new.declared}")
    block_overflow(verdict, change.value, change.old, change.new, rounds=False)
    return verdict


@rules.rule(Family.FLOAT, Family.DECIMAL)
def float_to_decimal(change: Change[PostgreSQLBackend]) -> Verdict:
    """Takes the 15 digits that a float is sure of, then rounds half away from zero."""
    new, exact = change.new, f"({change.value})::numeric"
    verdict = Verdict(value=f"{exact}::{new.declared}")
    block_overflow(verdict, exact, change.old, new, rounds=True)
    shown = exact if new.places is None else f"round({exact}, {new.places})"
    verdict.lose(f"{shown}::double precision <> {change.value}", "rounded")
    return verdict


def block_overflow(verdict: Verdict, v: str, old: Stored, new: Stored, *, rounds: bool) -> None:
    """Block what has too many digits before the point once it is rounded."""
    if new.whole_digits is None or new.places is None:
        return
    if old.whole_digits is not None:
        if old.whole_digits < new.whole_digits:
            return
        if old.whole_digits == new.whole_digits and not rounds:
            return
    limit = Decimal(10) ** new.whole_digits
    if rounds:
        limit -= Decimal(5).scaleb(-new.places - 1)
    verdict.block(
        f"({v} >= {limit:f} OR {v} <= -{limit:f}) AND {not_nan(v, old)}",
        f"need more than {new.digits} digits, {new.places} of them decimal",
        Obstacle.OUT_OF_RANGE,
    )


def not_nan(v: str, old: Stored) -> str:
    return "TRUE" if old.family is Family.INTEGER else f"{v} <> 'NaN'"


@rules.rule(Family.DECIMAL, Family.FLOAT)
def decimal_to_float(change: Change[PostgreSQLBackend]) -> Verdict | Conversion:
    v, old = change.value, change.old
    verdict = Verdict(value=f"({v})::double precision")
    if old.digits is None or old.places is None or old.digits > 300:
        return unknown("numbers of so many digits may not fit a float at all")
    if old.digits > SAFE_DIGITS:
        back = f"({v})::double precision::numeric"
        verdict.lose(f"round({back}, {old.places}) <> {v}", f"rounded to {SAFE_DIGITS} digits")
    return verdict


@rules.rule(Family.INTEGER, Family.FLOAT)
def integer_to_float(change: Change[PostgreSQLBackend]) -> Verdict:
    v, limit = change.value, EXACT_IN_FLOAT
    verdict = Verdict(value=f"({v})::double precision")
    if change.old.high is None or change.old.high > limit:
        float_value = f"({v})::double precision"
        verdict.lose(
            f"CASE WHEN {v} BETWEEN -{limit} AND {limit} THEN FALSE"
            f" WHEN {float_value} >= {2**63} THEN TRUE"
            f" ELSE {float_value}::bigint <> {v} END",
            "rounded to a float",
        )
    return verdict


@rules.rule(Family.BOOLEAN, Family.INTEGER)
def boolean_to_integer(change: Change[PostgreSQLBackend]) -> Verdict | Conversion:
    if change.new.declared != "integer":
        return impossible(f"boolean cannot be cast to {change.new.declared}")
    return Verdict(value=f"({change.value})::integer")


@rules.rule(Family.INTEGER, Family.BOOLEAN)
def integer_to_boolean(change: Change[PostgreSQLBackend]) -> Verdict | Conversion:
    v = change.value
    if change.old.declared != "integer":
        return impossible(f"{change.old.declared} cannot be cast to boolean")
    verdict = Verdict(value=f"({v} <> 0)")
    verdict.lose(f"{v} NOT IN (0, 1)", "made true")
    return verdict


# --- days and times -----------------------------------------------------------------------------


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


# --- text ---------------------------------------------------------------------------------------


@rules.rule(Family.TEXT, Family.TEXT)
def text_to_text(change: Change[PostgreSQLBackend]) -> Verdict:
    v, length = change.value, change.new.length
    verdict = Verdict(value=v)
    if text.always_fits(change):
        return verdict
    longer = f"char_length({v}) > {length}"
    verdict.value = f"left({v}, {length})"
    if change.recast:
        verdict.lose(longer, f"cut to {length} characters")
        return verdict
    rest = f"substr({v}, {Decimal(length or 0) + 1})"
    verdict.block(
        f"{longer} AND rtrim({rest}, ' ') <> ''",
        f"are longer than {length} characters",
        Obstacle.TOO_LONG,
    )
    verdict.lose(longer, f"trailing blanks cut to {length} characters")
    return verdict


rules.rule(Family.INTEGER, Family.TEXT)(text.integer_to_text)
rules.rule(Family.DECIMAL, Family.TEXT)(text.decimal_to_text)
rules.rule((Family.FLOAT, Family.UUID, Family.DATE, Family.JSON), Family.TEXT)(text.any_to_text)
rules.rule((Family.DATETIME, Family.TIME), Family.TEXT)(text.moment_to_text)
rules.rule(Family.BOOLEAN, Family.TEXT)(text.boolean_to_text)
rules.rule(Family.ADDRESS, Family.TEXT)(text.address_to_text)
rules.rule(Family.TEXT, reading.READABLE)(reading.text_to_other)
