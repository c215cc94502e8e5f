"""PostgreSQL: what becomes of text that is read as another type, by USING value::type.

Version 16 tells by itself whether it can read a text. Before, patterns say it; what none knows
is left in doubt.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from migration_tools.backends.base import Obstacle
from migration_tools.backends.conversions.postgresql.moments import read_by_form
from migration_tools.backends.conversions.postgresql.shared import rules
from migration_tools.backends.conversions.rules import Change, Verdict
from migration_tools.backends.conversions.stored import Family

if TYPE_CHECKING:
    from migration_tools.backends.postgresql import PostgreSQLBackend

READABLE = (
    Family.INTEGER,
    Family.DECIMAL,
    Family.FLOAT,
    Family.BOOLEAN,
    Family.UUID,
    Family.JSON,
    Family.DATE,
    Family.DATETIME,
    Family.TIME,
    Family.DURATION,
    Family.ADDRESS,
)
INPUT_IS_VALID = 160000

BLANK = r"[ \t\n\v\f\r]*"
NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?"
FOUR = "[0-9a-f]{4}"
FORMS = {
    Family.INTEGER: r"[+-]?0*\d{1,30}",
    Family.DECIMAL: rf"{NUMBER}|nan",
    Family.FLOAT: rf"{NUMBER}|nan|[+-]?inf(?:inity)?",
    Family.BOOLEAN: "t|tr|tru|true|f|fa|fal|fals|false|y|ye|yes|n|no|on|of|off|1|0",
    Family.UUID: rf"\{{(?:{FOUR}-?){{7}}{FOUR}\}}|(?:{FOUR}-?){{7}}{FOUR}",
}
UNPADDED = frozenset({Family.UUID})  # blanks around the rest are read over
LEAST_FLOAT, GREATEST_FLOAT = "2.5e-324", "1.7976931348623158e308"


@rules.rule(Family.TEXT, READABLE)
def text_to_other(change: Change[PostgreSQLBackend]) -> Verdict:
    v, old, new = change.value, change.old, change.new
    result = f"({v})::{new.declared}"
    verdict = Verdict(value=result)
    if change.backend.connection.pg_version >= INPUT_IS_VALID:  # type: ignore[attr-defined]
        valid = f"pg_input_is_valid({v}, {change.backend.literal(new.declared)})"
        verdict.block(f"NOT {valid}", f"cannot be read as {new.declared}", Obstacle.NOT_CONVERTIBLE)
    elif new.family is Family.JSON:
        verdict.block(
            f"NOT ({json_form(v)})",
            f"are not JSON, or nested deeper than {DEEPEST} levels",
            Obstacle.NOT_CONVERTIBLE,
        )
    elif new.family in FORMS:
        read_by_pattern(verdict, change)
    else:
        read_by_form(verdict, change)
    # The way back is an explicit cast too, which cuts at the old length.
    verdict.lose(f"({result})::{old.declared} <> {v}", f"rewritten as {new.declared}")
    return verdict


def read_by_pattern(verdict: Verdict, change: Change[PostgreSQLBackend]) -> None:
    v, new = change.value, change.new
    blank = "" if new.family in UNPADDED else BLANK
    form = change.backend.literal(f"^{blank}(?:{FORMS[new.family]}){blank}$")
    # Nothing that is read has a thousand characters, and numeric refuses far longer ones.
    fits = f"char_length({v}) < 1000 AND {v} ~* {form}"
    verdict.block(f"NOT ({fits})", f"cannot be read as {new.declared}", Obstacle.NOT_CONVERTIBLE)
    if within := RANGES.get(new.family):
        test = within(f"({v})::numeric", change)
        verdict.block(
            f"CASE WHEN {fits} THEN NOT ({test}) ELSE FALSE END",
            f"are outside the range of {new.declared}",
            Obstacle.OUT_OF_RANGE,
        )


def within_integer(number: str, change: Change[PostgreSQLBackend]) -> str:
    return f"{number} BETWEEN {change.new.least} AND {change.new.high}"


def within_decimal(number: str, change: Change[PostgreSQLBackend]) -> str:
    new = change.new
    if new.whole_digits is None:
        return "TRUE"
    limit = Decimal(10) ** new.whole_digits
    return f"{number} = 'NaN' OR abs(round({number}, {new.places})) < {limit:f}"


def within_float(number: str, change: Change[PostgreSQLBackend]) -> str:
    special = "('NaN', 'Infinity', '-Infinity', 0)"
    return f"{number} IN {special} OR abs({number}) BETWEEN {LEAST_FLOAT} AND {GREATEST_FLOAT}"


RANGES: dict[Family, Callable[[str, Change[PostgreSQLBackend]], str]] = {
    Family.INTEGER: within_integer,
    Family.DECIMAL: within_decimal,
    Family.FLOAT: within_float,
}

# --- JSON ---------------------------------------------------------------------------------------
# Strings become one mark and other scalars another, then arrays and objects of marks become marks,
# level by level from the inside, until nothing but one mark is left.

DEEPEST = 24
STRING, SCALAR = "\\u0001", "\\u0002"
ESCAPE = (
    r'\\(?:["\\/bfnrt]|u(?!0000|[dD][89a-fA-F])[0-9a-fA-F]{4}'
    r"|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
)
STRINGS = rf'"(?:[^"\\\u0001-\u001f]|{ESCAPE})*"'
SCALARS = r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d{1,4})?|true|false|null"
MARK = f"[{STRING}{SCALAR}]"
NESTED = (
    rf"\[(?:{MARK}(?:,{MARK})*)?\]"
    rf"|\{{(?:{STRING}:{MARK}(?:,{STRING}:{MARK})*)?\}}"
)


def json_form(v: str) -> str:
    def replaced(text: str, pattern: str, mark: str) -> str:
        return f"regexp_replace({text}, '{pattern}', {mark}, 'g')"

    text = replaced(f"({v})::text", STRINGS, "chr(1)")
    text = replaced(text, SCALARS, "chr(2)")
    text = replaced(text, r"[ \t\n\r]+", "''")
    for _ in range(DEEPEST):
        text = replaced(text, NESTED, "chr(2)")
    return f"({v})::text !~ '{MARK}' AND {text} ~ '^{MARK}$'"
