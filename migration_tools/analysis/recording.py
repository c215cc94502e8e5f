"""Runs a plan's operations on an editor that only takes notes: what would each step do?

One forward pass serves both directions: an operation that is to be unapplied is recorded at the
moment when the states before and after it are both alive, and the notes are put in order at the
end. Nothing of the project's migrations is executed: no RunPython, no cursor of an operation's own.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.migrations.migration import Migration
from django.db.migrations.operations import RenameModel, RunPython, RunSQL
from django.db.migrations.operations.base import Operation
from django.db.utils import NotSupportedError

from migration_tools.analysis import effects as fx
from migration_tools.analysis.editor import recording_editor
from migration_tools.analysis.known import Known
from migration_tools.analysis.known_round import known_round
from migration_tools.analysis.noops import nothing_undone
from migration_tools.analysis.overridden import has_no_way_back, overriding
from migration_tools.analysis.python_code import (
    note_python,
    python_noted,
    renames_content_type,
)
from migration_tools.analysis.queries import QueryRefused, no_queries
from migration_tools.analysis.receivers import MISSING, ContentTypes
from migration_tools.analysis.rendering import Renderer, full, has_known_state, renderer_for
from migration_tools.analysis.statements import gives_nothing_back
from migration_tools.analysis.states import WalkState
from migration_tools.analysis.unresolved import unresolved_keys
from migration_tools.exceptions import HistoryError
from migration_tools.plan import Plan, Step

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedOperation:
    """``index``: the operation's place in its migration's list, whatever the direction.

    ``by_engine``: no operation of the migration, but what the engine or Django does besides.
    ``by_class``: nor here: it is the apply() or unapply() that the migration's class has.
    ``injected``: not of the migration's file; put there by a receiver when the run began.
    ``known``: of the tables that the effects speak of, what the history knows.
    """

    index: int
    description: str
    effects: tuple[fx.Effect, ...]
    is_reversible: bool = True
    by_engine: bool = False
    by_class: bool = False
    injected: bool = False
    known: Mapping[str, Known] = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_opaque(self) -> bool:
        return any(isinstance(effect, fx.Opaque) for effect in self.effects)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedStep:
    """``operations`` in the order in which they run: reversed when the step goes backwards.

    ``has_way_back``: the migration's class does not refuse it, whatever its operations say.
    """

    step: Step
    operations: tuple[RecordedOperation, ...]
    has_way_back: bool = True

    @property
    def is_reversible(self) -> bool:
        return self.has_way_back and all(operation.is_reversible for operation in self.operations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """``steps`` in the plan's order; ``executed`` the same in the order in which they run.

    ``falls``: operations that needed every model rendered, with the reason; tests count them.
    """

    steps: tuple[RecordedStep, ...]
    executed: tuple[RecordedStep, ...]
    falls: tuple[str, ...] = ()

    def operations(self) -> Iterator[tuple[RecordedStep, RecordedOperation]]:
        for step in self.steps:
            for operation in step.operations:
                yield step, operation


def record(
    plan: Plan,
    connection: BaseDatabaseWrapper,
    *,
    online: bool,
    choose_renderer: Callable[[Operation, str], Renderer] = renderer_for,
) -> Recording:
    """Record every step of ``plan``; no query is made, ``online`` or not.

    ``online``: the connection has been used before, so that it knows its server, and effects can
    carry this engine's names of types. ``choose_renderer`` is the seam for the fully rendered
    recording. Raises HistoryError if the files contradict each other.
    """
    if online:
        connection.features.supports_json_field  # noqa: B018 -- a query on one engine: ask it now
    recorder = _Recorder(connection, online=online, choose_renderer=choose_renderer)
    with no_queries(), python_noted(recorder.note):
        return recorder.walk(plan)


class _Recorder:
    def __init__(
        self,
        connection: BaseDatabaseWrapper,
        *,
        online: bool,
        choose_renderer: Callable[[Operation, str], Renderer],
    ) -> None:
        self.connection = connection
        self.choose_renderer = choose_renderer
        self.editor = recording_editor(connection, self.note, online=online)
        self.events: list[fx.Effect] = []
        self.falls: list[str] = []

    def note(self, effect: fx.Effect) -> None:
        self.events.append(effect)

    def walk(self, plan: Plan) -> Recording:
        self.plan = plan
        self.content_types = ContentTypes(plan, self.connection)
        wanted = dict(zip(((s.app, s.name) for s in plan.steps), plan.steps, strict=True))
        state = WalkState({}, set(plan.unmigrated_apps)).rendered_by(full)
        recorded: dict[Step, RecordedStep] = {}
        throughs: frozenset[tuple[str, str]] = frozenset()
        backwards = plan.is_backwards
        if not backwards:
            # Django starts from all that is applied, even what comes later in the graph.
            for migration in plan.history:
                if (migration.app_label, migration.name) in plan.applied:
                    mutate(migration, state)
            throughs = state.throughs()
        for migration in plan.history:
            key = (migration.app_label, migration.name)
            if (step := wanted.get(key)) is not None:
                recorded[step] = self._record_step(migration, step, state)
            elif backwards and key in plan.applied:
                mutate(migration, state)
        if backwards:
            throughs = state.throughs()
        steps = tuple(_with_throughs(recorded[step], throughs) for step in plan.steps)
        by_step = {recorded_step.step: recorded_step for recorded_step in steps}
        order = plan.steps if backwards else tuple(recorded)
        return Recording(
            steps=steps,
            executed=tuple(by_step[step] for step in order),
            falls=tuple(self.falls),
        )

    def _record_step(self, migration: Migration, step: Step, state: WalkState) -> RecordedStep:
        operations = []
        for index, operation in enumerate(migration.operations):
            before = state.clone()
            forward_state(migration, operation, state)
            effects = self._record_operation(operation, migration, step, before, state)
            states = (state, before) if step.is_backwards else (before, state)
            if isinstance(operation, RenameModel) and self.content_types.fail(step, state):
                effects.append(fx.Impossible(table="", detail=f"{_describe(operation)}: {MISSING}"))
            if effects and not step.is_backwards:
                effects += unresolved_keys(operation, migration.app_label, state, self.plan)
            effects += nothing_undone(operation, migration, step, self.connection)
            operations.append(
                RecordedOperation(
                    index=index,
                    description=_describe(operation),
                    effects=tuple(effects),
                    is_reversible=_is_reversible(operation)
                    and not any(isinstance(effect, fx.Irreversible) for effect in effects),
                    known=known_round(effects, *states, self.editor),
                    injected=renames_content_type(operation),
                )
            )
        if step.is_backwards:
            operations.reverse()
        operations = _with_overridden(migration, step, operations)
        return RecordedStep(
            step=step,
            operations=tuple(operations),
            has_way_back=not has_no_way_back(migration),
        )

    def _record_operation(
        self,
        operation: Operation,
        migration: Migration,
        step: Step,
        before: WalkState,
        after: WalkState,
    ) -> list[fx.Effect]:
        if isinstance(operation, RunPython):
            self.events = []
            note_python(self.note, operation, migration.app_label, self.editor, step.is_backwards)
            return self.events
        if step.is_backwards and not operation.reversible:
            return [fx.Irreversible(detail=_describe(operation))]
        if isinstance(operation, RenameModel) and operation.old_name_lower == (
            operation.new_name_lower
        ):
            # Its state_forwards() removes the model it has just renamed (5.2 to 6.1).
            detail = f"{_describe(operation)}: Django cannot change only the letter case"
            return [fx.Impossible(table="", detail=detail)]
        renderer = self.choose_renderer(operation, migration.app_label)
        error = self._run(operation, migration, step, before, after, renderer)
        if error is not None and renderer is not full:
            self.falls.append(f"{step.label}: {_describe(operation)}: {error!r}")
            error = self._run(operation, migration, step, before, after, full)
        elif renderer is full:
            self.falls.append(f"{step.label}: {_describe(operation)}")
        if error is not None:
            detail = f"{type(error).__name__}: {error}"
            self.events.append(fx.Opaque(kind=fx.OpaqueKind.FAILED, detail=detail))
        if isinstance(operation, RenameModel):
            return _in_stable_order(self.events)
        return self.events

    def _run(
        self,
        operation: Operation,
        migration: Migration,
        step: Step,
        before: WalkState,
        after: WalkState,
        renderer: Renderer,
    ) -> Exception | None:
        """Run one direction of a copy of ``operation``; the error if it could not be recorded."""
        self.events = []
        # A copy: operations are shared by all loaders of the process, and some swap their own
        # attributes while they run backwards.
        copied: Any = copy.deepcopy(operation)
        self.editor.statements_are_known = _is_known(operation, step.is_backwards)
        self.editor.returns = _returns(operation, step.is_backwards, self.editor)
        before.rendered_by(renderer)
        after.rendered_by(renderer)
        try:
            with self.editor, _as_in_run(self.connection, migration, operation):
                if step.is_backwards:
                    copied.database_backwards(migration.app_label, self.editor, after, before)
                else:
                    copied.database_forwards(migration.app_label, self.editor, before, after)
        except QueryRefused:
            if not self.editor.statements_are_known:
                self.note(fx.Opaque(kind=fx.OpaqueKind.CURSOR, detail=_describe(operation)))
        except NotImplementedError as error:
            if not step.is_backwards:
                return error
            self.note(fx.Irreversible(detail=_describe(operation)))
        except NotSupportedError as error:
            # Django's own refusal on this engine or in a transaction; the plan does not tell.
            self.note(fx.Impossible(table="", detail=str(error)))
        except Exception as error:  # a custom operation may raise anything
            return error
        finally:
            after.rendered_by(full)
        return None


@contextlib.contextmanager
def _as_in_run(
    connection: BaseDatabaseWrapper, migration: Migration, operation: Operation
) -> Iterator[None]:
    """Some operations ask whether they run in a transaction: answer as Migration.apply would."""
    saved = connection.in_atomic_block
    whole = migration.atomic and connection.features.can_rollback_ddl
    single = operation.atomic or (migration.atomic and operation.atomic is not False)
    connection.in_atomic_block = bool(whole or single)
    try:
        yield
    finally:
        connection.in_atomic_block = saved


def mutate(migration: Migration, state: WalkState) -> None:
    for operation in migration.operations:
        forward_state(migration, operation, state)


def forward_state(migration: Migration, operation: Operation, state: WalkState) -> None:
    if not has_known_state(operation):
        operation = copy.deepcopy(operation)
        state.own_all()
    try:
        operation.state_forwards(migration.app_label, state)
    except Exception as error:
        where = f"{migration.app_label}.{migration.name}, {_describe(operation)}"
        raise HistoryError(
            f"The history cannot be followed at {where}: {type(error).__name__}: {error}"
        ) from error


def _with_throughs(recorded: RecordedStep, throughs: frozenset[tuple[str, str]]) -> RecordedStep:
    def told(effect: fx.Effect) -> fx.Effect:
        if isinstance(effect, fx.TableDropped) and effect.role is fx.Role.MODEL:
            app_label, name = effect.model.split(".", 1)
            if (app_label, name.lower()) in throughs:
                return replace(effect, role=fx.Role.THROUGH)
        return effect

    return replace(
        recorded,
        operations=tuple(
            replace(operation, effects=tuple(map(told, operation.effects)))
            for operation in recorded.operations
        ),
    )


def _with_overridden(
    migration: Migration, step: Step, operations: list[RecordedOperation]
) -> list[RecordedOperation]:
    """A migration class with an apply() of its own may do anything besides its operations."""
    effect = overriding(migration, backwards=step.is_backwards)
    if effect is None:
        return operations
    extra = RecordedOperation(
        index=len(operations),
        description=f"Custom {'unapply' if step.is_backwards else 'apply'}()",
        effects=(effect,),
        by_class=True,
    )
    return [extra, *operations]


def _in_stable_order(events: list[fx.Effect]) -> list[fx.Effect]:
    """RenameModel follows its referrers in hash order; sort each run of altered columns."""
    ordered: list[fx.Effect] = []
    run: list[fx.Effect] = []
    for event in events:
        if isinstance(event, fx.ColumnAltered):
            run.append(event)
            continue
        ordered += [*sorted(run, key=repr), event]
        run = []
    return ordered + sorted(run, key=repr)


def _is_reversible(operation: Operation) -> bool:
    """SeparateDatabaseAndState calls itself reversible whatever it is made of."""
    parts = getattr(operation, "database_operations", ())
    return bool(operation.reversible) and all(map(_is_reversible, parts))


def _describe(operation: Operation) -> str:
    try:
        return str(operation.describe())
    except Exception:  # a custom operation's describe() is not ours to trust
        return type(operation).__name__


def _returns(operation: Operation, backwards: bool, editor: Any) -> bool:
    """Whether what would take the operation back, as Django would run it, may bring back values."""
    if isinstance(operation, RunSQL):
        sql = operation.sql if backwards else operation.reverse_sql
        if not sql:  # None where there is none
            return False
        scripts = [sql] if isinstance(sql, str) else list(sql)
        if not all(isinstance(script, str) for script in scripts):
            return True
        split = BaseDatabaseOperations.prepare_sql_script
        readings = (editor.read(text, split(editor.connection.ops, text)) for text in scripts)
        return not all(map(gives_nothing_back, readings))
    parts = getattr(operation, "database_operations", None)
    return parts is None or any(_returns(part, backwards, editor) for part in parts)


def _is_known(operation: Operation, backwards: bool) -> bool:
    """Django's own operations for one engine (extensions, collations, ...) touch no rows."""
    name = "database_backwards" if backwards else "database_forwards"
    module = getattr(getattr(type(operation), name), "__module__", "")
    return module.startswith("django.contrib.")
