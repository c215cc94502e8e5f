"""MySQL and MariaDB: ALTER TABLE ... MODIFY.

A strict session refuses what is too long or out of range; any other cuts and clamps it. Both
round fractions without a word.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from migration_tools.backends.base import Conversion, Judgement, Obstacle
from migration_tools.backends.conversions.mysql import clocks, numbers, reading, text, times, words
from migration_tools.backends.conversions.mysql.shared import NUMBERS, WORDS, rules
from migration_tools.backends.conversions.rules import Change, unknown
from migration_tools.backends.conversions.stored import stored
from migration_tools.columns import Column, Default

if TYPE_CHECKING:
    from migration_tools.backends.mysql import MySQLBackend

#: Where the rules are; importing these registers them.
ROOMS = (numbers, text, reading, words, times, clocks)


def judge(backend: MySQLBackend, old: Column, new: Column, value: str) -> Conversion | None:
    change = Change(backend=backend, old=stored(old, WORDS), new=stored(new, WORDS), value=value)
    conversion = rules.judge(change)
    if conversion is not None and not default_follows(change, old):
        return unknown(f"its default in the database may not suit {new.db_type}")
    if conversion is not None and new.generated and backend.is_strict:
        return without_nulls(conversion, value)
    if conversion is None or backend.is_strict or not conversion.lost:
        return conversion
    return without_what_returns(change, conversion)


def without_nulls(conversion: Conversion, value: str) -> Conversion:
    """Django writes NOT NULL beside the new type of a generated column, which had none before."""
    nulls = Judgement(
        predicate=f"{value} IS NULL",
        reason="are NULL, which the new column does not take",
        obstacle=Obstacle.NULLS,
    )
    return dataclasses.replace(conversion, blocked=(*conversion.blocked, nulls))


def default_follows(change: Change[MySQLBackend], old: Column) -> bool:
    """Django repeats the old default beside the new type; what it is, is not known here."""
    families = {change.old.family, change.new.family}
    return old.default is not Default.DATABASE or len(families) == 1 or families <= set(NUMBERS)


def without_what_returns(change: Change[MySQLBackend], there: Conversion) -> Conversion:
    """What is cut at one bound on the way there may be cut to its old self on the way back."""
    if there.value is None:
        return there
    way_back = Change(
        backend=change.backend, old=change.new, new=change.old, value=f"({there.value})"
    )
    back = rules.judge(way_back)
    if back is None or back.value is None:
        return there
    one, other = change.value, back.value
    if change.old.family not in NUMBERS:  # else case, accents and trailing blanks are overlooked
        one, other = f"CAST({one} AS BINARY)", f"CAST({other} AS BINARY)"
    lost = tuple(
        # NULL stands for what the way back refuses.
        dataclasses.replace(loss, predicate=f"({loss.predicate}) AND ({other} <=> {one}) = 0")
        for loss in there.lost
    )
    return dataclasses.replace(there, lost=lost)
