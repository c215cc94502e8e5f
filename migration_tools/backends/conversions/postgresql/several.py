"""PostgreSQL: arrays, which are cast element by element, and types known by their text alone."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from migration_tools.backends.base import Conversion, Judgement
from migration_tools.backends.conversions.postgresql.shared import WORDS, rules, written
from migration_tools.backends.conversions.rules import Change, Verdict
from migration_tools.backends.conversions.stored import Family, Stored, stored
from migration_tools.columns import Column

if TYPE_CHECKING:
    from migration_tools.backends.postgresql import PostgreSQLBackend

ARRAY = re.compile(r"(?P<inner>.*?)(?:\[\d*\])+")
SIZES = re.compile(r"[\d, ]+")
ELEMENT = "element.e"
#: Besides arrays: what is read from its own text as what it was.
FAITHFUL = frozenset(
    {"int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange", "hstore"}
)


def of_elements(
    backend: PostgreSQLBackend, old: Column, new: Column
) -> Change[PostgreSQLBackend] | None:
    """What happens to each element; None if these are not two arrays."""
    found = [ARRAY.fullmatch(str(column.db_type)) for column in (old, new)]
    if found[0] is None or found[1] is None:
        return None
    before, after = (
        stored(dataclasses.replace(column, type="", db_type=match["inner"]), WORDS)
        for column, match in ((old, found[0]), (new, found[1]))
    )
    # As DatabaseSchemaEditor._using_sql() (5.2-6.1): USING where more than a length differs.
    kinds = {SIZES.sub("", str(column.db_type)) for column in (old, new)}
    return Change(backend=backend, old=before, new=after, value=ELEMENT, recast=len(kinds) > 1)


def lift(change: Change[PostgreSQLBackend], new: Column, value: str) -> Conversion | None:
    """The judgement of arrays from that of their elements; None if these have no rule.

    The size of an array is not enforced.
    """
    if change.old.declared == change.new.declared:
        return Conversion(value=value)
    conversion = rules.judge(change)
    if conversion is None or conversion.unknown or conversion.impossible:
        return conversion

    def lifted(judgements: tuple[Judgement, ...]) -> tuple[Judgement, ...]:
        return tuple(
            dataclasses.replace(judgement, predicate=any_element(value, judgement.predicate))
            for judgement in judgements
        )

    blocked, doubtful = lifted(conversion.blocked), lifted(conversion.doubtful)
    verdict = Verdict(value=f"({value})::{new.db_type}", blocks=list(blocked))
    verdict.doubts = list(doubtful)
    verdict.losses = list(lifted(conversion.lost))
    return verdict.conversion()


def any_element(value: str, predicate: str) -> str:
    return f"EXISTS (SELECT FROM unnest({value}) AS element (e) WHERE {predicate})"


@rules.rule(Family.OTHER, Family.TEXT)
def several_to_text(change: Change[PostgreSQLBackend]) -> Verdict | None:
    full, kept = written(change)
    if not is_faithful(change.old):
        return None
    verdict = Verdict(value=kept)
    if change.new.length is not None:
        cut = f"cut to {change.new.length} characters"
        verdict.lose(f"char_length({full}) > {change.new.length}", cut)
    return verdict


@rules.rule(Family.TEXT, Family.OTHER)
def text_to_several(change: Change[PostgreSQLBackend]) -> Verdict | None:
    v, declared = change.value, change.new.declared
    if not is_faithful(change.new):
        return None
    verdict = Verdict(value=None)
    verdict.doubt(f"{v} IS NOT NULL", f"of which PostgreSQL may make {declared}, or refuse them")
    return verdict


def is_faithful(column: Stored) -> bool:
    return column.declared in FAITHFUL or ARRAY.fullmatch(column.declared) is not None
