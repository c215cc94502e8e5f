"""What the states round an operation know of the tables that it touches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from migration_tools.analysis import effects as fx
from migration_tools.analysis.constraints import generated_of, rules_of
from migration_tools.analysis.known import Known, known_of
from migration_tools.analysis.states import WalkState


def known_round(
    effects: Iterable[fx.Effect], before: WalkState, after: WalkState, editor: Any
) -> Mapping[str, Known]:
    """By table. ``before`` and ``after`` the operation, in the direction in which it runs."""
    effects = tuple(effects)
    tables = {name for effect in effects for name in fx.tables_of(effect)}
    if not tables:
        return {}
    known = dict(known_of((before, after), tables, editor.connection))
    for effect in effects:
        match effect:
            case fx.TableRenamed():  # one table, under two names
                names = (effect.table, effect.new_table)
                both = known.get(names[0], Known()) | known.get(names[1], Known())
                known.update(dict.fromkeys(names, both))
            case fx.ColumnAltered(table=table) | fx.ColumnDropped(table=table) if table in known:
                if known[table].computes:
                    generated = generated_of(before, table, editor)
                    known[table] = replace(known[table], generated=generated)
                if isinstance(effect, fx.ColumnAltered) and _has_rules(known[table]):
                    known[table] = replace(
                        known[table],
                        rules=rules_of(before, table, editor),
                        new_rules=rules_of(after, table, editor),
                    )
    return known


def _has_rules(known: Known) -> bool:
    return any(constraint is not None for _columns, constraint in known.standing)
