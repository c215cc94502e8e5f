"""Keys to models that are not in the state of the moment: Django cannot make their columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.db.migrations import AddField, AlterField, CreateModel, DeleteModel, RenameModel
from django.db.migrations.utils import resolve_relation
from django.db.models import ForeignKey

from migration_tools.analysis import effects as fx
from migration_tools.analysis.nesting import flat

if TYPE_CHECKING:
    from django.db.migrations.migration import Migration
    from django.db.migrations.operations.base import Operation

    from migration_tools.analysis.states import ModelKey, WalkState
    from migration_tools.plan import Plan


def unresolved_keys(
    operation: Operation, app: str, state: WalkState, plan: Plan
) -> Iterator[fx.StateBroken]:
    """``state``: after the operation. Only of columns that it makes or changes on its way in: one
    that is there already may well point to nothing."""
    for model, name, field in _fields(operation):
        if not isinstance(field, ForeignKey):
            continue
        target = resolve_relation(field.remote_field.model, app, model.lower())
        if target in state.models or target[0] in state.real_apps:
            continue
        applied = (m for m in plan.history if (m.app_label, m.name) in plan.applied)
        by = [migration for migration in applied if target in models_gone(migration)]
        why = "no migration has made so far"
        if by:
            why = f"{by[-1].app_label}.{by[-1].name} has taken away"
        yield fx.StateBroken(
            detail=f"{app}.{model}.{name} would refer to {'.'.join(target)}, which {why}"
        )


def models_gone(migration: Migration) -> Iterator[ModelKey]:
    """By these names; a renamed one is there under another."""
    for operation in flat(migration.operations, "state_operations"):
        match operation:
            case DeleteModel():
                yield migration.app_label, operation.name_lower
            case RenameModel():
                yield migration.app_label, operation.old_name_lower


def _fields(operation: Operation) -> Iterator[tuple[str, str, Any]]:
    match operation:
        case CreateModel():
            yield from ((operation.name, name, field) for name, field in operation.fields)
        case AddField() | AlterField():
            yield operation.model_name, operation.name, operation.field
