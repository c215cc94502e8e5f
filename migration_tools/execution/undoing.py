"""Takes a run back: the plan is made from the journal, its steps the other way round."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migration_tools.exceptions import Refused
from migration_tools.journal import Journal, Outcome, RunRecord, StepRecord
from migration_tools.plan import executor_of

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.executor import MigrationExecutor

Key = tuple[str, str]
STATUS = "See what ran:  manage.py migrate_safe --status"


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """``keys``: the migrations in the order in which they are taken back."""

    run: RunRecord
    keys: tuple[Key, ...]
    backwards: bool
    fake: bool


def plan_undo(number: int | None, connection: BaseDatabaseWrapper) -> Undo:
    """Of the last run without a number. Raises Refused where something is in the way."""
    journal = Journal(connection)
    run = _run_to_undo(journal, number)
    steps = [step for step in journal.steps(run.id) if step.outcome is Outcome.DONE]
    if not steps:
        raise Refused(f"Run {run.id} did no step, so there is nothing to take back.", hint=STATUS)
    executor = executor_of(connection, keys=[step.key for step in steps])
    left = _still_there(journal, run, steps, executor)
    keys = tuple(step.key for step in reversed(left))
    backwards = not left[0].is_backwards
    _check_files(run, keys, executor)
    (_check_dependents if backwards else _check_dependencies)(journal, run, keys, executor)
    faked = {step.faked for step in left}
    if len(faked) > 1:
        raise Refused(
            f"Some steps of run {run.id} were only recorded (--fake), others run: it cannot be "
            "taken back as one.",
            hint=STATUS,
        )
    return Undo(run=run, keys=keys, backwards=backwards, fake=faked.pop())


def _run_to_undo(journal: Journal, number: int | None) -> RunRecord:
    if number is not None:
        run = journal.run(number)
        if run is None:
            raise Refused(f"There is no run {number} in the journal of this database.", hint=STATUS)
        return run
    for run in journal.runs():
        if any(step.outcome is Outcome.DONE for step in journal.steps(run.id)):
            return run
    raise Refused("The journal of this database has no run that could be taken back.")


def _still_there(
    journal: Journal, run: RunRecord, steps: Sequence[StepRecord], executor: MigrationExecutor
) -> list[StepRecord]:
    """The steps that are as the run left them; an undo that stopped has taken some back."""
    applied = executor.loader.applied_migrations
    left = []
    for step in steps:
        last = journal.last_step(*step.key)
        if (step.key in applied) == step.is_backwards:
            continue
        if last is not None and last.run != run.id:
            raise Refused(
                f"Run {run.id} cannot be taken back: run {last.run} was at {step.label} after it.",
                hint=f"Take that one back first:  manage.py migrate_safe --undo {last.run}",
            )
        left.append(step)
    if not left:
        by = next(iter(journal.runs(undo_of=run.id, limit=1)), None)
        raise Refused(
            f"Run {run.id} was taken back already{f', by run {by.id}' if by else ''}.",
            hint=f"To go there again:  manage.py migrate_safe --undo {by.id}" if by else STATUS,
        )
    return left


def _check_files(run: RunRecord, keys: Iterable[Key], executor: MigrationExecutor) -> None:
    if gone := [key for key in keys if key not in executor.loader.graph.nodes]:
        raise Refused(
            f"Run {run.id} cannot be taken back: there is no migration {_named(gone)} any more.",
            hint="The journal has the text of each file that was run.",
        )


def _check_dependents(
    journal: Journal, run: RunRecord, keys: Sequence[Key], executor: MigrationExecutor
) -> None:
    applied, graph = executor.loader.applied_migrations, executor.loader.graph
    later = {
        child.key
        for key in keys
        for child in graph.node_map[key].children
        if child.key in applied and child.key not in keys
    }
    if later:
        raise Refused(
            f"Run {run.id} cannot be taken back: {_named(later)} depends on it and is applied"
            f"{_by_runs(journal, later)}.",
            hint="Take that back first, or revert by `migrate_safe APP MIGRATION`.",
        )


def _check_dependencies(
    journal: Journal, run: RunRecord, keys: Sequence[Key], executor: MigrationExecutor
) -> None:
    applied, graph = executor.loader.applied_migrations, executor.loader.graph
    missing = {
        parent.key
        for key in keys
        for parent in graph.node_map[key].parents
        if parent.key not in applied and parent.key not in keys
    }
    if missing:
        raise Refused(
            f"Run {run.id} cannot be taken back: it needs {_named(missing)}, which is not applied"
            f"{_by_runs(journal, missing)}.",
            hint="Take that back first, or apply it by `migrate_safe APP MIGRATION`.",
        )


def _by_runs(journal: Journal, keys: Iterable[Key]) -> str:
    found = {step.run for key in keys if (step := journal.last_step(*key)) is not None}
    return f" (run {', '.join(map(str, sorted(found)))})" if found else ""


def _named(keys: Iterable[Key]) -> str:
    return ", ".join(f"{app}.{name}" for app, name in sorted(keys))
