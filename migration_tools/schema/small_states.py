"""States for a run on a shadow that render no more models than each operation looks at.

Rendering is nearly all that a long history costs, since Django shows every operation every model.
See analysis/rendering.py. Whoever uses this runs the plan again without it where the run stops:
only then is it known whether the small rendering or the plan is at fault.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterable
from typing import Any

from django.apps.registry import Apps
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation

from migration_tools.analysis.rendering import (
    Renderer,
    Unsure,
    full,
    has_known_state,
    nothing,
    renderer_for,
)
from migration_tools.analysis.states import ModelKey, WalkState


def applied_small(executor: MigrationExecutor, migrations: Iterable[Migration]) -> WalkState:
    """What the recorded migrations make of the models; those of ``migrations`` are to be run."""
    loader: Any = executor.loader
    state = WalkState({}, set(loader.unmigrated_apps)).rendered_by(nothing)
    for migration in migrations:
        for operation in migration.operations:
            _show_small(operation, migration.app_label)
    for migration, _ in executor.migration_plan(loader.graph.leaf_nodes(), clean_start=True):
        if (migration.app_label, migration.name) in loader.applied_migrations:
            for operation in migration.operations:
                if not has_known_state(operation):
                    state.own_all()
                operation.state_forwards(migration.app_label, state)
    return state


def _show_small(operation: Operation, app_label: str) -> None:
    """Its own methods: the executor that calls them is Django's."""
    renderer = _sure(renderer_for(operation, app_label, whole=True))
    name = getattr(operation, "model_name", None)
    model = (app_label, name) if isinstance(name, str) else None
    for method, earlier in (("database_forwards", 0), ("database_backwards", 1)):
        setattr(operation, method, _shown(operation, method, renderer, model, earlier=earlier))
    if not has_known_state(operation):
        setattr(operation, "state_forwards", _owning(operation.state_forwards))  # noqa: B010


def _shown(
    operation: Operation, method: str, renderer: Renderer, model: ModelKey | None, *, earlier: int
) -> Any:
    """``earlier``: which of the two states is the one before the operation.

    Django renders that one first, and fields made earlier come first in a table made anew.
    """

    def run(app_label: str, editor: Any, *states: WalkState) -> None:
        if all(state.renderer is renderer for state in states):
            # A way back that calls the way in with the states that it was shown.
            getattr(type(operation), method)(operation, app_label, editor, *states)
            return
        for state in states:
            state.rendered_by(renderer)
        if model is not None:
            with contextlib.suppress(LookupError):
                states[earlier].apps.get_model(*model)
        try:
            # Asked of the class only now: what keeps Python code from running stands there.
            getattr(type(operation), method)(operation, app_label, editor, *states)
        finally:
            for state in states:
                state.rendered_by(nothing)

    return run


def _owning(method: Any) -> Any:
    def run(app_label: str, state: WalkState) -> None:
        state.own_all()
        method(app_label, state)

    return run


def _sure(renderer: Renderer) -> Renderer:
    return lambda state: _Sure(renderer(state), state)


class _Sure:
    """What the small registry cannot answer, all models together do."""

    def __init__(self, small: Apps, state: WalkState) -> None:
        self._small, self._state = small, state

    @functools.cached_property
    def _full(self) -> Apps:
        return full(self._state)

    def get_model(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return self._small.get_model(*args, **kwargs)
        except Unsure:
            return self._full.get_model(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._full, name)
