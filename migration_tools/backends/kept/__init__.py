"""The text of a rule as the engine keeps it, which a change of its columns does not change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a column holds when the rule is applied to it: SQL over today's columns.

    ``db_type``: of the column by then, where it is not the one of today.
    """

    sql: str
    db_type: str = ""


#: By the column's name today.
Holding = Mapping[str, Held]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRule:
    """``parts``: of a unique key, or the one condition of a check; in the engine's words.

    ``hidden``: what an expression gives is kept in a column of its own, whose type stays as it was.
    """

    parts: tuple[str, ...]
    where: str = ""
    hidden: bool = False
