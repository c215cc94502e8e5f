"""PostgreSQL: bytes that are written as text in their digits, and JSON that is read as numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from migration_tools.backends.base import Obstacle
from migration_tools.backends.conversions.postgresql.shared import rules, written
from migration_tools.backends.conversions.rules import Change, Verdict, keep_in_range
from migration_tools.backends.conversions.stored import Family

if TYPE_CHECKING:
    from migration_tools.backends.postgresql import PostgreSQLBackend

HEX_TEXT = r"^\\x(?:[0-9a-f]{2}|[ \t\n\r])*$"
ESCAPED = r"\\\\|\\[0-3][0-7]{2}"
GREATEST_FLOAT = "1.7976931348623158e308"
NULLS_PASS = 180000  # the version from which a JSON null is cast to NULL


@rules.rule(Family.BINARY, Family.TEXT)
def bytes_to_text(change: Change[PostgreSQLBackend]) -> Verdict:
    """Not the text that they are, but their digits: \\x6162."""
    full, kept = written(change)
    verdict = Verdict(value=kept)
    if change.new.length is not None:
        cut = f"char_length({full}) > {change.new.length}"
        verdict.lose(cut, f"cut to {change.new.length} characters of their digits")
    return verdict


@rules.rule(Family.TEXT, Family.BINARY)
def text_to_bytes(change: Change[PostgreSQLBackend]) -> Verdict:
    """Read with escapes; what comes back are digits."""
    v, old, literal = f"({change.value})", change.old, change.backend.literal
    verdict = Verdict(value=f"{v}::text::bytea")
    escapes = f"regexp_replace({v}::text, {literal(ESCAPED)}, '', 'g')"
    backslash = literal("\\")
    verdict.block(
        f"CASE WHEN {v} ~ {literal('^' + chr(92) * 2 + 'x')} THEN {v} !~* {literal(HEX_TEXT)}"
        f" ELSE strpos({escapes}, {backslash}) > 0 END",
        "cannot be read as bytea",
        Obstacle.NOT_CONVERTIBLE,
    )
    verdict.lose(f"{verdict.value}::{old.declared} <> {v}", "read back as digits of bytes")
    return verdict


@rules.rule(Family.JSON, (Family.INTEGER, Family.DECIMAL, Family.FLOAT, Family.BOOLEAN))
def json_to_scalar(change: Change[PostgreSQLBackend]) -> Verdict:
    """Nothing comes back: no number can be cast to jsonb."""
    v, new = f"({change.value})", change.new
    verdict = Verdict(value=f"{v}::{new.declared}")
    wanted = "boolean" if new.family is Family.BOOLEAN else "number"
    if change.backend.connection.pg_version >= NULLS_PASS:  # type: ignore[attr-defined]
        verdict.doubt(f"jsonb_typeof({v}) = 'null'", "which become NULL")
    other = f"jsonb_typeof({v}) <> '{wanted}'"
    verdict.block(other, f"are no {wanted}", Obstacle.NOT_CONVERTIBLE)
    number = f"CASE WHEN {other} THEN NULL ELSE {v}::text::numeric END"
    if new.family is Family.INTEGER:
        half = Decimal("0.5")
        keep_in_range(
            verdict,
            change,
            below=lambda low: f"{number} <= {low - half}",
            above=lambda high: f"{number} >= {high + half}",
        )
    elif new.whole_digits is not None and new.family is Family.DECIMAL:
        verdict.block(
            f"abs(round({number}, {new.places})) >= {10**new.whole_digits}",
            f"need more than {new.digits} digits, {new.places} of them decimal",
            Obstacle.OUT_OF_RANGE,
        )
    elif new.family is Family.FLOAT:
        too_large = f"abs({number}) > {GREATEST_FLOAT}"
        verdict.block(too_large, f"are outside the range of {new.declared}", Obstacle.OUT_OF_RANGE)
    verdict.lose(f"{v} IS NOT NULL", "left without a way back to jsonb")
    return verdict
