"""MySQL and MariaDB: text that is shortened, or written from other values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from migration_tools.backends.base import Obstacle
from migration_tools.backends.conversions.mysql.shared import WHOLE, blank_after, rules, soften
from migration_tools.backends.conversions.rules import (
    Change,
    Verdict,
    any_of,
    never_longer,
)
from migration_tools.backends.conversions.stored import Family

if TYPE_CHECKING:
    from migration_tools.backends.mysql import MySQLBackend

#: Bytes of a character; any other character set counts as one byte.
WIDTHS = {"utf8mb4": 4, "utf8mb3": 3, "utf8": 3}
ONE_BYTE = 255  # the longest text whose length is kept in one


def fit(verdict: Verdict, change: Change[MySQLBackend], too_long: str) -> Verdict:
    """Block what is too long for the new column, or cut it."""
    length = change.new.length
    verdict.block(too_long, f"are longer than {length} characters", Obstacle.TOO_LONG)
    soften(verdict, change, f"LEFT({change.value}, {length})", f"cut to {length} characters")
    return verdict


def fit_but_blanks(
    verdict: Verdict, change: Change[MySQLBackend], longer: str, excused: str
) -> Verdict:
    """``excused``: what of ``longer`` is cut without a word; empty for nothing."""
    if not excused:
        return fit(verdict, change, longer)
    fit(verdict, change, f"{longer} AND NOT ({excused})")
    reason = f"trailing blanks cut to {change.new.length} characters"
    verdict.lose(f"{longer} AND {excused}", reason, apart=True)
    return verdict


def always_fits(change: Change[MySQLBackend]) -> bool:
    length, longest = change.new.length, never_longer(change.old)
    return length is None or (longest is not None and longest <= length)


@rules.rule(Family.TEXT, Family.TEXT)
def text_to_text(change: Change[MySQLBackend]) -> Verdict:
    verdict = Verdict(value=change.value)
    if always_fits(change):
        return verdict
    v, length = change.value, change.new.length or 0
    longer = f"CHAR_LENGTH({v}) > {length}"
    verdict.value = f"LEFT({v}, {length})"
    return fit_but_blanks(verdict, change, longer, excused_blanks(change, length))


def excused_blanks(change: Change[MySQLBackend], length: int) -> str:
    """Blanks too many are cut without a word, unless both lengths are kept in as many bytes.

    Empty where none are."""
    v = change.value

    def cut_silently(width: int) -> bool:
        old = change.old.length
        return old is None or (old * width > ONE_BYTE) != (length * width > ONE_BYTE)

    silent = [name for name, width in WIDTHS.items() if cut_silently(width)]
    if len(silent) == len(WIDTHS) and cut_silently(1):
        return blank_after(v, length)
    charsets = [f"CHARSET({v}) IN ({_listed(silent)})"] if silent else []
    if cut_silently(1):
        charsets.append(f"CHARSET({v}) NOT IN ({_listed(WIDTHS)})")
    return f"({any_of(charsets)}) AND {blank_after(v, length)}" if charsets else ""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


@rules.rule(WHOLE, Family.TEXT)
def integer_to_text(change: Change[MySQLBackend]) -> Verdict:
    v, length = change.value, change.new.length
    verdict = Verdict(value=f"CAST({v} AS CHAR)")
    if length is None or always_fits(change):
        return verdict
    return fit(verdict, change, f"{v} >= {10**length} OR {v} <= -{10 ** (length - 1)}")


@rules.rule(Family.DECIMAL, Family.TEXT)
def decimal_to_text(change: Change[MySQLBackend]) -> Verdict:
    text, length = f"CAST({change.value} AS CHAR)", change.new.length
    verdict = Verdict(value=text)
    if length is None or always_fits(change):
        return verdict
    longer = f"CHAR_LENGTH({text}) > {length}"
    if not change.backend.is_strict:  # zeros cut off after the point come back
        whole, rest = f"SUBSTRING_INDEX({text}, '.', 1)", f"SUBSTR({text}, {length + 1})"
        zeros = f"REPLACE(REPLACE({rest}, '0', ''), '.', '') = ''"
        longer += f" AND NOT (CHAR_LENGTH({whole}) <= {length} AND {zeros})"
        verdict.value = f"LEFT({text}, {length})"
    return fit(verdict, change, longer)


@rules.rule((Family.UUID, Family.ADDRESS, Family.JSON), Family.TEXT)
def worded_to_text(change: Change[MySQLBackend]) -> Verdict:
    text, length = f"CAST({change.value} AS CHAR)", change.new.length
    verdict = Verdict(value=text)
    if length is None:
        return verdict
    longer = f"CHAR_LENGTH({text}) > {length}"
    verdict.value = f"LEFT({text}, {length})"
    return fit_but_blanks(verdict, change, longer, blank_after(text, length))
