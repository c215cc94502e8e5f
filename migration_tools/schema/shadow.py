"""A shadow: a database of our own that starts as the real one is, without its rows.

It is made and removed by the process that asks; what runs on it runs in a process of its own
(isolation.py), in which the alias means the shadow and every other alias means nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.db.migrations.operations import RunSQL
from django.db.migrations.operations.base import Operation
from django.db.migrations.recorder import MigrationRecorder

from migration_tools.backends import for_connection
from migration_tools.backends.scratch import Scratch, scratch_for
from migration_tools.exceptions import NoShadow, ShadowError
from migration_tools.plan import Key, Plan
from migration_tools.schema import both_ways, collecting, running
from migration_tools.schema.isolation import run_isolated
from migration_tools.schema.running import Start
from migration_tools.schema.statements import PlanSQL, Source, StepSQL

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


def sql_of(
    plan: Plan, connection: BaseDatabaseWrapper, *, online: bool = True, replay: bool = False
) -> PlanSQL:
    """The statements of every step of ``plan``, by running it where nothing is at stake.

    ``online=False``: the database is not asked; there is a shadow only where none is needed for
    that. ``replay``: the shadow is made by the plan's own history, whatever is there today.
    Raises ShadowError if nothing can be said.
    """
    if not plan.steps:
        return PlanSQL(steps=(), source=Source.CLONE)
    scratch = scratch_for(connection)
    if not online and not scratch.needs_no_server:
        raise ShadowError(
            "The statements of a plan are found by running it in a shadow database, which this "
            "engine's server has to hold.",
            hint="Leave out --offline.",
        )
    try:
        with scratch.database() as settings:
            cloned = online and plan.is_of_today and not replay
            return _on_shadow(plan, connection, scratch, settings, cloned=cloned)
    except NoShadow as error:
        return _without(plan, connection, scratch, str(error), replay=replay)


def _on_shadow(
    plan: Plan,
    connection: BaseDatabaseWrapper,
    scratch: Scratch,
    settings: dict[str, Any],
    *,
    cloned: bool,
) -> PlanSQL:
    script, reason = None, ""
    if cloned:
        script, reason = scratch.clone()
    alias = connection.alias
    if script is None:
        start = Start(way=Source.REPLAY, recorded=tuple(sorted(plan.applied)))
    else:
        start = Start(way=Source.CLONE, recorded=recorded(connection), script=script)
    try:
        steps = _run(plan, alias, scratch, settings, start)
    except ShadowError as error:
        if start.way is Source.REPLAY:
            raise
        reason = f"the schema could not be cloned: {error}"
    else:
        return PlanSQL(steps=steps, source=start.way, reason=reason)
    # Half a clone is in the way, so the history gets a database of its own.
    start = Start(way=Source.REPLAY, recorded=tuple(sorted(plan.applied)))
    with scratch.database() as another:
        steps = _run(plan, alias, scratch, another, start)
    return PlanSQL(steps=steps, source=Source.REPLAY, reason=reason)


def _run(
    plan: Plan, alias: str, scratch: Scratch, settings: dict[str, Any], start: Start
) -> tuple[StepSQL, ...]:
    """Each operation sees few models; where a plan stops, it is judged by Django's own way."""
    if plan.is_backwards:
        told: tuple[StepSQL, ...] = run_isolated(
            running.run_plan, alias, settings, start, plan.steps
        )
        return told
    quick = functools.partial(running.run_plan, small=True)
    told = run_isolated(quick, alias, settings, start, plan.steps)
    if any(step.error for step in told):
        with scratch.database() as another:
            told = run_isolated(running.run_plan, alias, another, start, plan.steps)
    return told


def sql_of_both_ways(plan: Plan, connection: BaseDatabaseWrapper) -> PlanSQL:
    """What applying each step of a plan from nothing sends, and what taking it back does.

    Raises ShadowError where that cannot be said, NoShadow included.
    """
    scratch, start = scratch_for(connection), Start(way=Source.REPLAY, recorded=())
    told: tuple[StepSQL, ...] = ()
    for small in (True, False):
        with scratch.database() as settings:
            run = functools.partial(both_ways.run_both_ways, small=small)
            told = run_isolated(run, connection.alias, settings, start, plan.steps)
        if not any(step.error for step in told):
            break
    return PlanSQL(steps=told, source=Source.REPLAY)


def recorded(connection: BaseDatabaseWrapper) -> tuple[Key, ...]:
    backend = for_connection(connection)
    if backend.is_absent():
        return ()
    with backend.read_only():
        return tuple(MigrationRecorder(connection).applied_migrations())


def _without(
    plan: Plan, connection: BaseDatabaseWrapper, scratch: Scratch, reason: str, *, replay: bool
) -> PlanSQL:
    """No right to make a database: what the session alone sees, or else what can be collected."""
    alias = connection.alias
    temporary = None if replay else scratch.temporary()
    if temporary is not None and plan.is_of_today and all(map(_is_plain, _operations(plan))):
        start = Start(way=Source.MODELS, recorded=recorded(connection))
        try:
            steps = run_isolated(running.run_plan, alias, temporary, start, plan.steps)
        except ShadowError as error:
            reason = f"{reason}; nor in a schema of the session: {error}"
        else:
            if not any(step.error for step in steps):
                return PlanSQL(steps=steps, source=Source.MODELS, reason=reason)
    steps = run_isolated(
        collecting.collect, alias, scratch.read_only(), tuple(plan.applied), plan.steps
    )
    return PlanSQL(steps=steps, source=Source.NONE, reason=reason)


def _operations(plan: Plan) -> Iterator[Operation]:
    for migration in plan.migrations:
        yield from migration.operations


def _is_plain(operation: Operation) -> bool:
    """Its statements name no schema, so that they stay in the one of the session."""
    parts = getattr(operation, "database_operations", ())
    known = type(operation).__module__.startswith("django.db.migrations.operations.")
    return known and not isinstance(operation, RunSQL) and all(map(_is_plain, parts))
