"""Checks, and unique keys with a condition or an expression, over what a changed column will hold.

Where the engine keeps the text of such a rule, that text is asked of the new values, since the
engine does so, too. Where it makes the table anew, Django writes the rule for the new field.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migration_tools.analysis import effects as fx
from migration_tools.analysis import hazards as hz
from migration_tools.analysis.context import Context
from migration_tools.analysis.known import Known
from migration_tools.analysis.losses import fills, forbids_null
from migration_tools.analysis.obstacles import check_violated, key_repeated
from migration_tools.analysis.questions import Candidate, count_rows
from migration_tools.backends.kept import Held, KeptRule

NOT_KNOWN = "what the column will hold cannot be told"
NOT_READ = "it cannot be asked in SQL"
NOT_FITTING = "the engine keeps its values in a hidden column, which may be too narrow"
OTHERWISE = "it is made in this plan, for another type"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Texts:
    """``parts`` and ``where`` over the rows of today; ``unknown``: why there are none."""

    parts: tuple[str, ...] = ()
    where: str = ""
    unknown: str = ""


def rule_obstacles(
    effect: fx.ColumnAltered, value: str | None, name: str, known: Known, context: Context
) -> Iterator[Candidate]:
    table = str(context.holds_rows(effect.table))
    rule = _named(known.rules, name)
    if rule is not None and not rule.made:
        return
    texts = _Texts(unknown=NOT_READ)
    if rule is not None:
        found = _texts(effect, value, name, known, context)
        if found is None:
            return
        texts = found
    if rule is None or texts.unknown:
        reason = f"{name} ({texts.unknown})"
        yield context.candidate(
            hazard=hz.NOT_JUDGED, table=table, reason=reason, decides=count_rows(table)
        )
        return
    for text in (*texts.parts, texts.where):
        refused = text and context.backend.refused_rule(text, table)
        if refused:
            yield context.candidate(
                hazard=hz.IMPOSSIBLE, table=table, reason=f"{name} does not take it: {refused}"
            )
            return
    if isinstance(rule, fx.CheckAdded):
        yield check_violated(name, texts.parts[0], table, context)
        return
    yield key_repeated(rule, texts.parts, texts.where, table, context)


def _named(rules: tuple[fx.Rule, ...], name: str) -> fx.Rule | None:
    return next((rule for rule in rules if rule.name == name), None)


def _texts(
    effect: fx.ColumnAltered, value: str | None, name: str, known: Known, context: Context
) -> _Texts | None:
    """None where there is no such rule in the database."""
    if value is None:
        return _Texts(unknown=NOT_KNOWN)
    if context.backend.remakes_tables:
        return _compiled(_named(known.new_rules, name), effect, value, context)
    table = str(context.holds_rows(effect.table))
    kept = context.backend.kept_rules(table)
    if kept is None:
        return _Texts(unknown=NOT_READ)
    if (table, name) not in context.made:
        return _kept(kept[name], effect, value, context) if name in kept else None
    if effect.old.is_text != effect.new.is_text:
        # The engine has written the old type into it, in words that only it knows.
        return _Texts(unknown=OTHERWISE)
    return _compiled(_named(known.rules, name), effect, value, context)


def _kept(rule: KeptRule, effect: fx.ColumnAltered, value: str, context: Context) -> _Texts:
    if rule.hidden and _may_outgrow(effect, context):
        return _Texts(unknown=NOT_FITTING)
    backend = context.backend
    altered = context.column(effect.table, effect.old.name)
    holding = {}
    for name in context.lineage.columns_of_today(effect.table):
        line = context.lineage.column_from(effect.table, name)
        if line is altered:
            holding[name] = Held(sql=value, db_type=effect.new.db_type or "")
        elif line is not None and line.value is not None:
            holding[name] = Held(sql=line.value)
        elif any(name in text for text in (*rule.parts, rule.where)):
            return _Texts(unknown=NOT_KNOWN)
    parts = tuple(backend.over(part, holding) for part in rule.parts)
    return _Texts(parts=parts, where=backend.over(rule.where, holding) if rule.where else "")


def _may_outgrow(effect: fx.ColumnAltered, context: Context) -> bool:
    """Whether the column may come to hold what its old type could not."""
    old, new = effect.old, effect.new
    if old.type != new.type or (forbids_null(effect) and fills(new, context) is not None):
        return True
    sizes = [
        (column.max_length or 0, (column.max_digits or 0) - (column.decimal_places or 0))
        for column in (old, new)
    ]
    return any(after > before for before, after in zip(*sizes, strict=True))


def _compiled(
    rule: fx.Rule | None, effect: fx.ColumnAltered, value: str, context: Context
) -> _Texts:
    texts: tuple[str, ...] | None = None
    if isinstance(rule, fx.CheckAdded) and rule.predicate is not None:
        texts = (rule.predicate, "")
    if isinstance(rule, fx.UniqueAdded) and rule.parts is not None:
        texts = (*rule.parts, rule.where or "")
    if texts is None:
        return _Texts(unknown=NOT_READ)
    by_then = {effect.old.name: value, effect.new.name: value}
    replaced = context.with_values(effect.table, texts, by_then)
    if replaced is None:
        return _Texts(unknown=NOT_KNOWN)
    return _Texts(parts=replaced[:-1], where=replaced[-1])
