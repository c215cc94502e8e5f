"""The gate of `migrate_safe` cannot be passed by accident, and leaves nothing behind."""

from __future__ import annotations

import gc
import os
from contextlib import AbstractContextManager
from typing import Any
from unittest import mock
from weakref import ref

import pytest
from django.apps import apps
from django.core.management import CommandError
from django.core.management.commands import migrate as django_migrate
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import connections
from django.db.migrations import CreateModel, RenameModel, RunPython
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.signals import post_migrate, pre_migrate

from migration_tools.analysis.verdicts import Assessment
from migration_tools.exceptions import Refused
from migration_tools.execution import gate as gate_module
from migration_tools.execution.processes import VARIABLE
from migration_tools.management.commands import migrate_safe
from migration_tools.management.talking import Talk
from tests import cars
from tests.gate.shared import LOSSY, UNSEEN, a_gate, never, plain, safe
from tests.helpers import Project, key
from tests.twins import command_line, state


def alive(signal: Any) -> list[Any]:
    """Without those of an app registry of before, which go whenever memory is tidied up."""
    gc.collect()
    return [each for each in signal.receivers if not isinstance(each[1], ref) or each[1]()]


def traces(alias: str) -> tuple[Any, ...]:
    """What a gate puts anywhere; the same again when it has gone."""
    gc.collect()  # receivers of apps that earlier tests had installed go when these do
    return (
        vars(connections[alias]).get("SchemaEditorClass"),
        alive(pre_migrate),
        alive(post_migrate),
        os.environ.get(VARIABLE),
    )


# --- it fails closed --------------------------------------------------------------------------


def without_signal() -> AbstractContextManager[Any]:
    return mock.patch.object(django_migrate, "emit_pre_migrate_signal")


def without_callback() -> AbstractContextManager[Any]:
    return mock.patch.object(migrate_safe.GatedMigrate, "migration_progress_callback")


@pytest.mark.parametrize("words", [LOSSY, ("Cars", "zero"), ("Cars", "0002", "--fake")])
def test_a_step_without_the_signal(filled: str, words: tuple[str, ...]) -> None:
    before = state(filled)
    with without_signal(), pytest.raises(CommandError, match=f"Cars.0003.*{UNSEEN}"):
        safe(filled, *words, allow_data_loss=True)
    assert state(filled) == before


def test_a_step_without_signal_and_callback(filled: str) -> None:
    """The command below may call no callback of ours: the editor asks as well."""
    before = state(filled)
    with without_signal(), without_callback(), pytest.raises(CommandError, match=UNSEEN):
        safe(filled, *LOSSY, allow_data_loss=True)
    assert state(filled) == before


def test_signal_without_a_plan_announces_nothing(filled: str) -> None:
    def emit(verbosity: int, interactive: bool, db: str, **kwargs: Any) -> None:
        pre_migrate.send(sender=gate_module.last_app(), using=db)

    before = state(filled)
    with (
        mock.patch.object(django_migrate, "emit_pre_migrate_signal", emit),
        without_callback(),
        pytest.raises(CommandError, match=UNSEEN),
    ):
        safe(filled, *LOSSY, allow_data_loss=True)
    assert state(filled) == before


def test_signal_to_some_apps_only(filled: str) -> None:
    """The gate waits for the last app; if it is never told, a step is judged all the same."""

    def emit(verbosity: int, interactive: bool, db: str, **kwargs: Any) -> None:
        pre_migrate.send(sender=object(), using=db, **kwargs)

    before = state(filled)
    with (
        mock.patch.object(django_migrate, "emit_pre_migrate_signal", emit),
        pytest.raises(CommandError, match="there is nobody to ask"),
    ):
        safe(filled, *LOSSY)
    assert state(filled) == before


def test_another_plan_than_the_judged_one(filled: str) -> None:
    """The plan is emptied, passes, and the executor makes one anew."""

    def emptied(*, plan: list[Any], **kwargs: Any) -> None:
        plan.clear()

    def anew(self: Any, targets: Any, plan: Any = None, **kwargs: Any) -> Any:
        return migrate(self, targets, plan=self.migration_plan(targets), **kwargs)

    migrate = MigrationExecutor.migrate
    before = state(filled)
    pre_migrate.connect(emptied)
    try:
        with (
            mock.patch.object(MigrationExecutor, "migrate", anew),
            pytest.raises(CommandError, match=f"Cars.0003.*{UNSEEN}"),
        ):
            safe(filled, *LOSSY)
        assert state(filled) == before
        safe(filled, *LOSSY)  # without the executor's own plan there is nothing to do
        assert state(filled) == before
    finally:
        pre_migrate.disconnect(emptied)


@pytest.mark.parametrize("callback", [True, False])
def test_plan_changed_after_it_was_judged(
    filled: str, callback: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A receiver that the gate cannot be behind adds a step, or an operation, to the plan."""
    decide = Talk.decide

    def and_change(self: Any, assessment: Assessment, earlier_plans: int) -> None:
        decide(self, assessment, earlier_plans)
        migration, _ = assessments[-1]
        migration.operations = [*migration.operations, RunPython(RunPython.noop)]

    def announced(*, plan: list[Any], **kwargs: Any) -> None:
        assessments.extend(plan)

    assessments: list[Any] = []
    monkeypatch.setattr(Talk, "decide", and_change)
    if not callback:
        monkeypatch.setattr(migrate_safe.GatedMigrate, "migration_progress_callback", mock.Mock())
    before = state(filled)
    pre_migrate.connect(announced)
    try:
        with pytest.raises(CommandError, match="changed after it had been looked at"):
            safe(filled, *LOSSY, allow_data_loss=True)
    finally:
        pre_migrate.disconnect(announced)
    assert state(filled) == before


# --- receivers of the project -----------------------------------------------------------------

RECEIVER = """
from django.db.migrations import RunSQL
from django.db.models.signals import pre_migrate

def add(*, plan, **kwargs):
    if plan:
        plan[0][0].operations.append(RunSQL("DELETE FROM nowhere", ""))

pre_migrate.connect(add, dispatch_uid="late")
"""


def test_receivers_that_migrate_itself_connects_come_first(project: Project, alias: str) -> None:
    """`migrate` imports each app's management package; the last app's receiver adds SQL."""
    project.write("shop/models.py")
    project.migration("0001_initial", CreateModel("A", [key()]))
    project.migration("0002_more", CreateModel("B", [key()]))
    project.write("shop/management/__init__.py", RECEIVER)
    with project.installed("Cars"):  # the signal comes for it first
        # Not by `migrate`, which would connect the receiver.
        MigrationExecutor(connections[alias]).migrate([("shop", "0001_initial")])
        try:
            outcome = command_line(
                "migrate_safe", "shop", "--database", alias, "--fail-on-loss", "--skip-checks"
            )
        finally:
            pre_migrate.disconnect(dispatch_uid="late")
    assert outcome.code == 1
    assert "DELETE FROM nowhere" in outcome.out
    assert outcome.err.startswith("CommandError: --fail-on-loss:")


def test_operations_of_contenttypes_are_judged(
    project: Project, alias: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """contenttypes puts an operation behind every RenameModel when the plan is announced."""
    seen: list[Assessment] = []
    monkeypatch.setattr(Talk, "decide", lambda self, found, earlier: seen.append(found))
    project.migration("0001_initial", CreateModel("A", [key()]))
    project.migration("0002_rename", RenameModel("A", "B"))
    # Not the first app to be told of the plan: the gate must not judge before the last one was.
    with project.installed("Cars", "django.contrib.contenttypes"):
        plain(alias, "contenttypes")
        plain(alias, "shop", "0001")
        safe(alias, "shop")
    (assessment,) = seen
    (step,) = assessment.steps
    assert [operation.index for operation in step.operations] == [0, 1]
    assert step.operations[1].description == "Raw Python operation"
    # It is Django's own, which the way back takes back: nobody needs to be asked.
    assert not assessment.opaque


@pytest.mark.parametrize(("label", "said"), [("shop", "there is nobody to ask"), ("Cars", UNSEEN)])
def test_schema_editor_of_a_receiver(project: Project, alias: str, label: str, said: str) -> None:
    """The gate looks before it is opened; in the first app's receiver, nothing is known yet."""

    def drop(*, using: str, **kwargs: Any) -> None:
        with connections[using].schema_editor() as editor:
            editor.execute("DROP TABLE django_migrations")

    project.app("shop")
    project.write("shop/models.py")
    with project.installed("Cars"):
        cars.fill(alias)
        before = state(alias)
        pre_migrate.connect(drop, sender=apps.get_app_config(label))
        try:
            with pytest.raises(CommandError, match=said):
                safe(alias, *LOSSY)
            assert state(alias) == before
        finally:
            pre_migrate.disconnect(drop, sender=apps.get_app_config(label))


def test_end_of_a_run_closes_the_gate_again(filled: str) -> None:
    plan: list[Any] = []
    editor = connections[filled].schema_editor
    with a_gate(filled, never).closed():
        emit_pre_migrate_signal(0, False, filled, plan=plan)
        with editor():
            pass
        emit_post_migrate_signal(0, False, filled)  # as `flush` does: not the end of this run
        with editor():
            pass
        emit_post_migrate_signal(0, False, filled, plan=plan)
        with pytest.raises(Refused, match=UNSEEN), editor():
            pass


def test_schema_editor_before_any_plan(filled: str) -> None:
    editor = connections[filled].schema_editor
    with a_gate(filled, never).closed(), pytest.raises(Refused, match=UNSEEN), editor():
        pass


def test_record_of_migrations_is_no_step(alias: str) -> None:
    """A command that prepares a schema of its own makes that table before any plan."""
    with a_gate(alias, never).closed():
        MigrationRecorder(connections[alias]).ensure_schema()
    assert MigrationRecorder(connections[alias]).has_table()


# --- it leaves nothing behind -----------------------------------------------------------------


@pytest.mark.parametrize("own", [False, True])
def test_everything_is_put_back(filled: str, own: bool) -> None:
    connection = connections[filled]
    if own:  # another app may have set an editor of its own on this connection
        connection.SchemaEditorClass = type("Own", (connection.SchemaEditorClass,), {})
    try:
        before = traces(filled)
        safe(filled, "Cars")
        assert traces(filled) == before, "after a run"
        with pytest.raises(CommandError):
            safe(filled, *LOSSY)
        assert traces(filled) == before, "after a refusal"
        with pytest.raises(CommandError):
            safe(filled, "nowhere")
        assert traces(filled) == before, "after an error before the plan"
        interrupted = mock.patch.object(MigrationExecutor, "migrate", side_effect=KeyboardInterrupt)
        with interrupted, pytest.raises(KeyboardInterrupt):
            safe(filled, "Cars")
        assert traces(filled) == before, "after an exception"
    finally:
        vars(connection).pop("SchemaEditorClass", None)


def test_gate_is_there_while_it_runs(filled: str) -> None:
    """The test above could not fail otherwise."""
    before = traces(filled)
    with a_gate(filled, never).closed():
        assert all(now != then for now, then in zip(traces(filled), before, strict=True))
