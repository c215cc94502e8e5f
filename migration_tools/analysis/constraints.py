"""A constraint of a model as an effect, with its SQL where the engine can be asked."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from django.db.migrations.state import ModelState
from django.db.models import CheckConstraint, UniqueConstraint

from migration_tools.analysis import effects as fx
from migration_tools.analysis.compiling import (
    compile_check,
    compile_divisors,
    compile_generated,
    compile_unique,
    is_made,
)
from migration_tools.analysis.describing import describe
from migration_tools.analysis.known import table_of
from migration_tools.analysis.rendering import Cells
from migration_tools.analysis.states import WalkState


def added(model: Any, constraint: Any, editor: Any) -> fx.Rule | fx.ConstraintAdded:
    """As its model compiles it at this moment."""
    table, online, connection = str(model._meta.db_table), editor.online, editor.connection
    if isinstance(constraint, CheckConstraint):
        return fx.CheckAdded(
            table=table,
            name=constraint.name,
            condition=_text(constraint),
            made=not online or is_made(constraint, connection),
            predicate=compile_check(model, constraint, editor) if online else None,
        )
    if isinstance(constraint, UniqueConstraint):
        parts, where = compile_unique(model, constraint, editor) if online else (None, None)
        return fx.UniqueAdded(
            table=table,
            name=constraint.name,
            columns=tuple(model._meta.get_field(name).column for name in constraint.fields),
            condition=_text(constraint),
            nulls_distinct=constraint.nulls_distinct is not False,
            made=not online or is_made(constraint, connection),
            inline=is_inline(constraint),
            parts=parts,
            where=where,
            indexed=editor._columns_of(model, constraint.fields),
            divisors=compile_divisors(model, constraint.expressions, editor, online),
        )
    kind = type(constraint).__name__
    return fx.ConstraintAdded(table=table, name=constraint.name, kind=kind)


def rules_of(state: WalkState, table: str, editor: Any) -> tuple[fx.Rule, ...]:
    """The checks of a table, and what is unique by more than its columns, as in this state."""
    found = _model_of(state, table, editor)
    return () if found is None else tuple(_rules(found, _cells(state), editor))


def generated_of(state: WalkState, table: str, editor: Any) -> tuple[fx.ColumnAdded, ...]:
    """The generated columns of a table, as in this state."""
    found = _model_of(state, table, editor)
    return () if found is None else tuple(_generated(found, _cells(state), editor))


def _model_of(state: WalkState, table: str, editor: Any) -> ModelState | None:
    if not editor.online:
        return None
    model_state: ModelState
    for key, model_state in state.models.items():
        if not model_state.options.get("proxy") and table == table_of(
            model_state, key[0], editor.connection
        ):
            return model_state
    return None


def _cells(state: WalkState) -> Cells:
    return Cells(state, {}, frozenset())


def _generated(model_state: ModelState, cells: Cells, editor: Any) -> Iterator[fx.ColumnAdded]:
    with contextlib.suppress(Exception):  # as of rules
        model = cells.get_model(model_state.app_label, model_state.name)
        for field in model._meta.concrete_fields:
            if getattr(field, "generated", False):
                _parts, more = compile_generated(field, editor)
                column = describe(field, editor.connection, online=True)
                yield fx.ColumnAdded(table=str(model._meta.db_table), column=column, **more)


def _rules(model_state: ModelState, cells: Cells, editor: Any) -> Iterator[fx.Rule]:
    rules = [
        constraint
        for constraint in model_state.options.get("constraints") or ()
        if not (isinstance(constraint, UniqueConstraint) and is_plain(constraint))
    ]
    # Without its model a rule is not known, and so not judged.
    with contextlib.suppress(Exception):
        model = cells.get_model(model_state.app_label, model_state.name)
        for constraint in rules:
            rule = added(model, constraint, editor)
            if not isinstance(rule, fx.ConstraintAdded):
                yield rule


def is_plain(constraint: UniqueConstraint) -> bool:
    """Whether its columns alone say what is unique."""
    return constraint.condition is None and not constraint.expressions


def is_inline(constraint: Any) -> bool:
    """Whether it is part of the table's definition; some unique ones are an index and no more."""
    special = ("condition", "contains_expressions", "include", "deferrable")
    return not isinstance(constraint, UniqueConstraint) or not any(
        getattr(constraint, name) for name in special
    )


def _text(constraint: Any) -> str:
    """The constraint's arguments, in the same words on every Django version."""
    _path, _args, kwargs = constraint.deconstruct()
    # 5.2 still writes a check as ``check`` in some paths; the value is what counts.
    named = {("condition" if key == "check" else key): value for key, value in kwargs.items()}
    return ", ".join(f"{key}={named[key]!r}" for key in sorted(named))
