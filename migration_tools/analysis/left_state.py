"""The state that a way back leaves: Django builds it after the last step, and before any later run.

Where an app has handed a model over to another one and their migrations do not depend on each
other, taking back one side leaves fields that refer to a model that is not there. Each step passes,
then `migrate` fails, and fails from then on, in either direction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from migration_tools.analysis import effects as fx
from migration_tools.analysis.recording import (
    RecordedOperation,
    RecordedStep,
    Recording,
    forward_state,
    mutate,
)
from migration_tools.analysis.rendering import full
from migration_tools.analysis.states import ModelKey, WalkState
from migration_tools.analysis.unresolved import models_gone, unresolved_keys
from migration_tools.exceptions import HistoryError

if TYPE_CHECKING:
    from django.db.migrations.migration import Migration

    from migration_tools.plan import Plan


def with_left_state(recording: Recording, plan: Plan) -> Recording:
    """Puts what Django would fail on behind the operations of the last step."""
    if not plan.is_backwards or not recording.executed:
        return recording
    effects = tuple(_broken(plan))
    if not effects:
        return recording
    last = recording.executed[-1]
    index = max((operation.index for operation in last.operations), default=-1) + 1
    built = RecordedOperation(
        index=index, description="Build the state that is left", effects=effects, by_engine=True
    )
    told = replace(last, operations=(*last.operations, built))

    def instead(step: RecordedStep) -> RecordedStep:
        return told if step is last else step

    return replace(
        recording,
        steps=tuple(map(instead, recording.steps)),
        executed=tuple(map(instead, recording.executed)),
    )


def _broken(plan: Plan) -> Iterator[fx.StateBroken | fx.WayInBroken]:
    gone = _models_gone(plan)
    if not gone:
        return
    # An operation of unknown make may look at the models that it changes.
    state = WalkState({}, set(plan.unmigrated_apps)).rendered_by(full)
    try:
        for migration in _left(plan):
            mutate(migration, state)
    except HistoryError as error:  # Django follows it on the same way
        yield fx.StateBroken(detail=str(error))
        return
    left = tuple(_unbuilt(gone, state))
    yield from left
    if not left:  # else nothing is rendered any more, on no way
        yield from _way_in(plan, state)


def _unbuilt(gone: dict[ModelKey, Migration], state: WalkState) -> Iterator[fx.StateBroken]:
    for key, by in gone.items():
        if key in state.models:
            continue
        fields = sorted(
            f"{state.models[referrer].app_label}.{state.models[referrer].name}.{name}"
            for referrer, names in state.relations.get(key, {}).items()
            for name in names
        )
        if fields:
            yield fx.StateBroken(
                detail=f"{', '.join(fields)} would refer to {'.'.join(key)}, which "
                f"{by.app_label}.{by.name} has taken away, and that stays applied"
            )


def _way_in(plan: Plan, state: WalkState) -> Iterator[fx.WayInBroken]:
    """The first operation at which `migrate` would fail on the way in again."""
    going = {(step.app, step.name) for step in plan.steps}
    for migration in plan.history:
        if (migration.app_label, migration.name) not in going:
            continue
        for operation in migration.operations:
            try:
                forward_state(migration, operation, state)
            except HistoryError as error:
                yield fx.WayInBroken(detail=str(error))
                return
            found = tuple(unresolved_keys(operation, migration.app_label, state, plan))
            yield from (fx.WayInBroken(detail=broken.detail) for broken in found)
            if found:
                return


def _left(plan: Plan) -> Iterator[Migration]:
    going = {(step.app, step.name) for step in plan.steps}
    for migration in plan.history:
        key = (migration.app_label, migration.name)
        if key in plan.applied and key not in going:
            yield migration


def _models_gone(plan: Plan) -> dict[ModelKey, Migration]:
    """By migrations that stay though they come after the first of those that go."""
    going = {(step.app, step.name) for step in plan.steps}
    found: dict[ModelKey, Migration] = {}
    after = False
    for migration in plan.history:
        key = (migration.app_label, migration.name)
        after = after or key in going
        if not after or key in going or key not in plan.applied:
            continue
        found |= dict.fromkeys(models_gone(migration), migration)
    return found
