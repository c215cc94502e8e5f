"""Stands between the moment when `migrate` has made its plan and its first step.

Three public seams of Django are used, the same in 5.2, 6.0 and 6.1: the pre_migrate signal, which
carries the very plan that will run; ``SchemaEditorClass`` on the connection, which every step that
touches the database opens; and the command's progress callback. If a step starts and this gate
has not passed its plan, it fails closed.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import FrameType
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import Error, connections
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.module_loading import module_has_submodule

from migration_tools.analysis.assessment import assess
from migration_tools.analysis.context import never
from migration_tools.analysis.verdicts import Assessment
from migration_tools.backends import for_connection
from migration_tools.exceptions import Refused
from migration_tools.execution.archiving import Archivist, Wishes
from migration_tools.execution.archiving_editor import archiving
from migration_tools.execution.begun import Moment
from migration_tools.execution.coming import Return, columns_back
from migration_tools.execution.processes import other_processes_told
from migration_tools.execution.run import Occasion, RunLog
from migration_tools.plan import Direction, Target, plan_of_run

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration

    Pairs = list[tuple[Migration, bool]]

Key = tuple[str, str]
#: What was judged of a plan: its steps, and which objects their operations are.
Content = tuple[tuple[Key, bool, tuple[int, ...]], ...]


@dataclass(slots=True, kw_only=True)
class _Run:
    """One run of `migrate`. ``plan`` is its own list, in which receivers may change something."""

    plan: Pairs
    judged: Content | None = None
    #: Every receiver has been told of the plan; from here on it must stay what it is.
    settled: bool = False
    #: Open from the moment in which the plan was passed, unless it has nothing to do.
    log: RunLog | None = None


class Gate:
    """``decide`` is given every assessment; it raises to refuse the plan."""

    def __init__(
        self,
        connection: BaseDatabaseWrapper,
        decide: Callable[[Assessment], None],
        *,
        target: Target,
        count_timeout: float,
        fake: bool = False,
        fake_initial: bool = False,
        occasion: Occasion | None = None,
        wishes: Wishes | None = None,
        offer: Callable[[Assessment, Sequence[Return]], bool] | None = None,
    ) -> None:
        """``occasion``: what the journal is to say of the runs; without it they are not written.
        ``offer``: told of what a plan would bring back, and answers whether it is wanted."""
        self._connection = connection
        self._decide = decide
        self._target = target
        self._count_timeout = count_timeout
        self._fake = fake
        self._fake_initial = fake_initial
        self._occasion = occasion
        self._offer = offer
        #: What steps take away is kept, and comes back; None where that is not wanted.
        self.archivist = Archivist(connection, wishes, self._moment) if wishes else None
        self._runs: list[_Run] = []
        #: A plan has been announced: what `migrate` raises from here on is not about planning.
        self.was_reached = False
        #: Plans that have been run to their end; a command may migrate one schema after another.
        self.finished = 0

    @contextlib.contextmanager
    def closed(self) -> Iterator[None]:
        """Closed until the plan of the run inside is passed; everything is put back at the end."""
        _connect_receivers_of_apps()
        own = vars(self._connection).get("SchemaEditorClass")
        editor_class = self._connection.SchemaEditorClass
        pre_migrate.connect(self._on_plan, weak=False)
        post_migrate.connect(self._on_end, weak=False)
        editor = archiving(editor_class, self.archivist) if self.archivist else editor_class
        self._connection.SchemaEditorClass = _gated(editor, self)
        try:
            with other_processes_told(self._connection.alias):
                yield
        except BaseException as error:
            for run in reversed(self._runs):
                if run.log is not None:
                    run.log.stopped(error)
            raise
        finally:
            pre_migrate.disconnect(self._on_plan)
            post_migrate.disconnect(self._on_end)
            if own is None:
                del self._connection.SchemaEditorClass
            else:
                self._connection.SchemaEditorClass = own

    def require(self, key: Key | None = None) -> None:
        """Raise Refused unless a plan was passed that is still the same and has this step."""
        for run in self._runs:
            if not run.settled:  # a receiver of pre_migrate opens an editor: look before it
                self._pass(run)
            elif run.judged != _content(run.plan):
                raise Refused("The plan was changed after it had been looked at. It was stopped.")
        if not self._runs or (key is not None and not self._is_planned(key)):
            step = f" {key[0]}.{key[1]}" if key else " on the schema"
            raise Refused(
                f"A step{step} was about to run whose plan had not been looked at. It was stopped.",
                hint="No pre_migrate signal came before it; Django sends one for each app that has "
                "models. Run `migrate` if that is meant.",
            )

    def follow(self, action: str, migration: Migration | None, fake: bool) -> None:
        """What the progress callback is told: here before the step starts and after it is done."""
        if migration is None:
            return
        key = (migration.app_label, migration.name)
        starts = action in ("apply_start", "unapply_start")
        if starts:
            self.require(key)
        log = self._log_of(key)
        if log is None:
            return
        if starts:
            log.step_started(migration, backwards=action == "unapply_start", fake=fake)
        elif action in ("apply_success", "unapply_success"):
            log.step_done(fake=fake)

    @property
    def log(self) -> RunLog | None:
        """Of the innermost run that is going on."""
        return next((run.log for run in reversed(self._runs) if run.log is not None), None)

    def _moment(self) -> Moment | None:
        log = self.log
        if log is None or log.step is None:
            return None
        migration = log.step.migration
        direction = Direction.BACKWARDS if log.step.backwards else Direction.FORWARDS
        return Moment(
            run=log.number,
            app=migration.app_label,
            name=migration.name,
            direction=direction,
            source=log.step.source,
            operation=(log.number, log.position, log.step.position),
            unwatched=log.step.unwatched,
            begun_before=log.step.begun_before,
        )

    def _log_of(self, key: Key) -> RunLog | None:
        runs = (run for run in reversed(self._runs) if _plans(run, key))
        return next((run.log for run in runs), None)

    @property
    def is_within_another(self) -> bool:
        """A step of a run on this connection has started this one."""
        return hasattr(self._connection.SchemaEditorClass, "of_gate")

    @property
    def _is_innermost(self) -> bool:
        """Another migrate_safe that a step runs has a gate of its own, and writes for itself."""
        return getattr(self._connection.SchemaEditorClass, "of_gate", self) is self

    def _is_planned(self, key: Key) -> bool:
        return any(_plans(run, key) for run in self._runs)

    def _on_plan(
        self, *, sender: Any, using: str, plan: Pairs | None = None, **kwargs: Any
    ) -> None:
        # A signal without a plan (`flush` may send one) announces nothing.
        if using != self._connection.alias or plan is None:
            return
        if connections[using] is not self._connection:
            if plan:
                raise Refused(
                    f"A `migrate` on '{using}' was started on another connection than the one that "
                    "is watched, perhaps in another thread. It was stopped.",
                    hint="Let it run its plans one after another in one thread.",
                )
            return
        self.was_reached = True
        run = self._run_of(plan)
        if run is None:
            run = _Run(plan=plan)
            self._runs.append(run)
        # The signal comes once for each app; receivers of other apps may add operations to the
        # plan (contenttypes does), so the last one is the one to judge.
        if sender is last_app():
            self._pass(run)
            run.settled = True

    def _on_end(self, *, sender: Any, using: str, plan: Pairs | None = None, **kwargs: Any) -> None:
        # Another run in the same process (a tenant's schema) has a plan of its own.
        if connections[using] is not self._connection or plan is None or sender is not last_app():
            return
        run = self._run_of(plan)
        if run is not None:
            self._runs.remove(run)
            self.finished += bool(plan)
            if run.log is not None:
                run.log.done()

    def _run_of(self, plan: Pairs) -> _Run | None:
        return next((run for run in self._runs if run.plan is plan), None)

    def _pass(self, run: _Run) -> None:
        content = _content(run.plan)
        if run.judged == content:
            return
        fingerprint = ""
        resumed = self._occasion is not None and self._occasion.is_resumption
        if run.plan and not self._fake and not resumed:
            assessment = assess(
                plan_of_run(list(run.plan), self._connection, self._target),
                self._connection,
                tables_may_exist=self._fake_initial,
                count_timeout=self._count_timeout,
                comes_back=columns_back(self._connection) if self._restores else never,
            )
            if self.archivist is not None:
                assessment = self._with_archives(assessment, self.archivist)
            self._decide(assessment)
            if self.archivist is not None:
                self.archivist.prepare(assessment)
            fingerprint = assessment.fingerprint
        run.judged = content
        if self._occasion is not None and run.plan and run.log is None and self._is_innermost:
            log = RunLog(self._connection, self._occasion)
            log.open(run.plan, fingerprint=fingerprint, fake=self._fake)
            run.log = log

    @property
    def _restores(self) -> bool:
        return self.archivist is not None and self.archivist.wishes.restores

    def _with_archives(self, assessment: Assessment, archivist: Archivist) -> Assessment:
        returns = archivist.returns(assessment, seconds=self._count_timeout)
        judged = archivist.judged(assessment)
        if returns and self._offer is not None and not self._offer(judged, returns):
            archivist.decline()
            judged = archivist.judged(assessment)
        return judged


def _plans(run: _Run, key: Key) -> bool:
    return any((migration.app_label, migration.name) == key for migration, _ in run.plan)


def _content(plan: Pairs) -> Content:
    return tuple(
        ((m.app_label, m.name), backwards, tuple(map(id, m.operations))) for m, backwards in plan
    )


def _connect_receivers_of_apps() -> None:
    """As `migrate` does when it starts: here first, so that this gate's receiver is the last."""
    for config in apps.get_app_configs():
        if config.module is not None and module_has_submodule(config.module, "management"):
            import_module(".management", config.name)


def last_app() -> Any:
    configs = [config for config in apps.get_app_configs() if config.models_module is not None]
    return configs[-1] if configs else None


def _gated(editor_class: type[Any], gate: Gate) -> type[Any]:
    class GatedSchemaEditor(editor_class):  # type: ignore[misc]
        of_gate = gate
        #: The log of the step whose editor this is; a step's code may open more of them.
        _log: RunLog | None = None

        def __enter__(self) -> Any:
            if not _makes_record_of_migrations(sys._getframe(1)):
                gate.require()
                self._log = gate.log and gate.log.taken_by_editor()
            if self._log is None:
                return super().__enter__()
            # What is kept and given back is looked at before it is written.
            with for_connection(self.connection).writing_at_once():
                return super().__enter__()

        def __exit__(self, *exc_info: Any) -> None:
            log = None if exc_info[0] else self._log
            if log is not None and self.atomic_migration:
                log.step_written()
            elif log is not None:
                log.step_closing(self)
            try:
                super().__exit__(*exc_info)
            except BaseException as error:
                _close(self, error)
                raise
            if log is not None and not self.atomic_migration:
                log.step_written()

    return GatedSchemaEditor


def _close(editor: Any, error: BaseException) -> None:
    """Close what an editor leaves open that fails after its last operation.

    Some of its statements run only then (foreign keys, a look at all of them), outside of what
    Django's ``__exit__`` would take back: the connection stayed in a broken transaction, and
    without its checks. Read in 5.2, 6.0 and 6.1: BaseDatabaseSchemaEditor.__enter__ (``atomic``),
    Atomic.__enter__ (``atomic_blocks``).
    """
    connection, block = editor.connection, getattr(editor, "atomic", None)
    if block is not None and block in connection.atomic_blocks:
        block.__exit__(type(error), error, error.__traceback__)
    if connection.features.can_rollback_ddl and not connection.in_atomic_block:
        with contextlib.suppress(Error):  # the connection may be lost
            connection.enable_constraint_checking()


def _makes_record_of_migrations(caller: FrameType | None) -> bool:
    """Whether an editor is opened for the empty table in which migrations are recorded.

    That is no step, and a command that prepares a schema of its own may do it before any plan.
    """
    while caller is not None and caller.f_code.co_name == "__enter__":
        caller = caller.f_back
    return caller is not None and caller.f_code is MigrationRecorder.ensure_schema.__code__
