"""PostgreSQL: text that is shortened, and values that are written as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_tools.backends.base import Obstacle
from migration_tools.backends.conversions.postgresql.shared import rules, written
from migration_tools.backends.conversions.rules import Change, Verdict, never_longer
from migration_tools.backends.conversions.stored import Family

if TYPE_CHECKING:
    from migration_tools.backends.postgresql import PostgreSQLBackend


def always_fits(change: Change[PostgreSQLBackend]) -> bool:
    length, longest = change.new.length, never_longer(change.old)
    return length is None or (longest is not None and longest <= length)


def cut(change: Change[PostgreSQLBackend]) -> str:
    return f"cut to {change.new.length} characters"


@rules.rule(Family.TEXT, Family.TEXT)
def text_to_text(change: Change[PostgreSQLBackend]) -> Verdict:
    v, length = change.value, change.new.length
    verdict = Verdict(value=v)
    if always_fits(change):
        return verdict
    longer = f"char_length({v}) > {length}"
    verdict.value = f"left({v}, {length})"
    if change.recast:
        verdict.lose(longer, f"cut to {length} characters")
        return verdict
    rest = f"rtrim(substr({v}, {(length or 0) + 1}), ' ')"
    verdict.block(
        f"{longer} AND {rest} <> ''",
        f"are longer than {length} characters",
        Obstacle.TOO_LONG,
    )
    verdict.lose(
        f"{longer} AND {rest} = ''", f"trailing blanks cut to {length} characters", apart=True
    )
    return verdict


@rules.rule((Family.FLOAT, Family.UUID, Family.DATE, Family.JSON), Family.TEXT)
def any_to_text(change: Change[PostgreSQLBackend]) -> Verdict:
    """Text that says something else, or nothing, as soon as one character of it is missing."""
    full, kept = written(change)
    verdict = Verdict(value=kept)
    if change.new.length is not None:
        verdict.lose(f"char_length({full}) > {change.new.length}", cut(change))
    return verdict


@rules.rule(Family.INTEGER, Family.TEXT)
def integer_to_text(change: Change[PostgreSQLBackend]) -> Verdict:
    v, length = change.value, change.new.length
    verdict = Verdict(value=written(change)[1])
    if length is not None and not always_fits(change):
        verdict.lose(f"{v} >= {10**length} OR {v} <= -{10 ** (length - 1)}", cut(change))
    return verdict


@rules.rule(Family.DECIMAL, Family.TEXT)
def decimal_to_text(change: Change[PostgreSQLBackend]) -> Verdict:
    """Zeros cut off after the point come back."""
    full, kept = written(change)
    verdict = Verdict(value=kept)
    if not always_fits(change):
        length = change.new.length or 0
        whole, rest = f"split_part({full}, '.', 1)", f"substr({full}, {length + 1})"
        zeros = f"char_length({whole}) <= {length} AND rtrim({rest}, '.0') = ''"
        verdict.lose(f"char_length({full}) > {length} AND NOT ({zeros})", cut(change))
    return verdict


@rules.rule(Family.BOOLEAN, Family.TEXT)
def boolean_to_text(change: Change[PostgreSQLBackend]) -> Verdict:
    """Even the first letter is read back as what it was."""
    return Verdict(value=written(change)[1])


@rules.rule(Family.ADDRESS, Family.TEXT)
def address_to_text(change: Change[PostgreSQLBackend]) -> Verdict:
    """Written with the length of the network, which may be cut off where it says nothing."""
    v, length = change.value, change.new.length
    full, kept = written(change)
    verdict = Verdict(value=kept)
    if length is not None:
        whole = f"{kept} = host({v}) AND {v} = host({v})::inet"
        verdict.lose(f"char_length({full}) > {length} AND NOT ({whole})", cut(change))
    return verdict
