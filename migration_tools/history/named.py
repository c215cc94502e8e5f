"""Whether a field that a setting names exists, now or at any point of the history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.db.migrations.state import ProjectState

from migration_tools.exceptions import HistoryError
from migration_tools.plan import executor_of


def unknown(labels: Iterable[str]) -> tuple[str, ...]:
    """Of "app.Model" and "app.Model.field", those that no state of the migrations has. Reads the
    migrations only if the models of today do not have all of them."""
    wanted = {label: label.lower() for label in labels}
    for found in (_today(), _history(wanted.values())):
        if wanted:
            there = set(found)
            wanted = {label: lower for label, lower in wanted.items() if lower not in there}
    return tuple(wanted)


def _today() -> Iterator[str]:
    for model in apps.get_models(include_auto_created=True):
        fields = [*model._meta.local_fields, *model._meta.local_many_to_many]
        yield from _named(model._meta.label, (field.name for field in fields))


def _history(labels: Iterable[str]) -> Iterator[str]:
    wanted = {tuple(label.split(".")[:2]) for label in labels}
    try:
        executor = executor_of(None)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes(), clean_start=True)
    except HistoryError:
        return  # other checks say so
    state = ProjectState()
    for migration, _ in plan:
        for operation in migration.operations:
            operation.state_forwards(migration.app_label, state)
            for model_key in wanted & state.models.keys():
                model: Any = state.models[model_key]
                yield from _named(".".join(model_key), model.fields)


def _named(model: str, fields: Iterable[str]) -> Iterator[str]:
    yield model.lower()
    yield from (f"{model}.{name}".lower() for name in fields)
