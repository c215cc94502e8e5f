"""Keys to models that are not in the state of the moment: Django cannot make their columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.db.migrations import AddField, AlterField, CreateModel
from django.db.migrations.utils import resolve_relation
from django.db.models import ForeignKey

from migration_tools.analysis import effects as fx

if TYPE_CHECKING:
    from django.db.migrations.operations.base import Operation

    from migration_tools.analysis.states import WalkState


def unresolved_keys(operation: Operation, app: str, state: WalkState) -> Iterator[fx.Impossible]:
    """``state``: after the operation. Only of columns that it makes or changes on its way in: one
    that is there already may well point to nothing."""
    for model, field in _fields(operation):
        if not isinstance(field, ForeignKey):
            continue
        target = resolve_relation(field.remote_field.model, app, model.lower())
        if target not in state.models and target[0] not in state.real_apps:
            yield fx.Impossible(
                table="",
                detail=f"{app}.{model} would refer to {'.'.join(target)}, which no applied "
                "migration has, or one has taken away",
            )


def _fields(operation: Operation) -> Iterator[tuple[str, Any]]:
    match operation:
        case CreateModel():
            yield from ((operation.name, field) for _, field in operation.fields)
        case AddField() | AlterField():
            yield operation.model_name, operation.field
