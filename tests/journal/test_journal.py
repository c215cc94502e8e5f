"""What a run writes down, and that nobody else writes."""

from __future__ import annotations

import getpass
import os
import socket
from unittest import mock

import django.db
import pytest
from django.core.management import CommandError
from django.db import connections, models
from django.db.migrations import AddField, CreateModel, RunPython, RunSQL

import migration_tools
from migration_tools.analysis.sources import source_hash
from migration_tools.execution.notes import Progress, loaded
from migration_tools.journal import TABLES, Journal, Outcome
from tests.gate.shared import LOSSY, plain, safe
from tests.helpers import Project, key, nothing, plan_text
from tests.twins import command_line


def journal(alias: str) -> Journal:
    return Journal(connections[alias])


def steps(alias: str, run: int = 1) -> list[tuple[str, str]]:
    return [(step.label, step.outcome.value) for step in journal(alias).steps(run)]


def test_a_run_and_its_steps(project: Project, alias: str) -> None:
    with project.installed("Cars"):
        outcome = command_line("migrate_safe", "Cars", "0002", "--database", alias, "--skip-checks")
        assert outcome.code == 0, outcome.err
        safe(alias, "Cars", "0001")
        safe(alias, "Cars", "zero", fake=True)
    third, second, first = journal(alias).runs()
    assert (first.outcome, second.outcome, third.outcome) == (Outcome.DONE,) * 3
    assert (first.app, first.migration, first.direction) == ("Cars", "0002", "forwards")
    assert first.command == f"manage.py migrate_safe Cars 0002 --database {alias} --skip-checks"
    assert second.command == "call_command"
    assert (first.user, first.host, first.pid) == (
        getpass.getuser(),
        socket.gethostname(),
        os.getpid(),
    )
    assert first.version == migration_tools.__version__
    assert first.ended is not None
    assert first.started < first.ended
    assert len(first.fingerprint) == len(second.fingerprint) == 16
    assert (second.direction, third.fingerprint) == ("backwards", "")
    assert steps(alias, first.id) == [
        ("Cars.0001_initial", "done"),
        ("Cars.0002_alter_specs_weight", "done"),
    ]
    assert steps(alias, second.id) == [("Cars.0002_alter_specs_weight", "done")]
    (initial, _), (faked,) = journal(alias).steps(first.id), journal(alias).steps(third.id)
    assert (initial.faked, faked.faked) == (False, True)
    assert initial.seconds is not None
    assert 0 < initial.seconds < 60
    assert initial.started is not None
    assert initial.ended is not None
    assert "CreateModel" in initial.source
    assert initial.source_hash == faked.source_hash == source_hash(initial.source)


def test_nothing_to_do_and_reading_write_nothing(filled: str) -> None:
    with connections[filled].cursor() as cursor:
        before = connections[filled].introspection.table_names(cursor)
    safe(filled, "Cars")
    safe(filled, *LOSSY, plan=True)
    plan_text(*LOSSY, databases=[filled])
    with pytest.raises(CommandError, match="nobody to ask"):
        safe(filled, *LOSSY)
    plain(filled, "Cars", "0003")
    with connections[filled].cursor() as cursor:
        assert connections[filled].introspection.table_names(cursor) == before
    assert journal(filled).runs() == ()
    assert journal(filled).steps(1) == ()


def failing(project: Project, *, atomic: bool = True) -> None:
    project.write("shop/models.py")  # pre_migrate is sent for apps that have models
    project.migration("0001_initial", CreateModel("A", [key()]))
    project.source(
        "0002_fails",
        "from django.db import migrations, models\n"
        "class Migration(migrations.Migration):\n"
        f"    atomic = {atomic}\n"
        "    dependencies = [('shop', '0001_initial')]\n"
        "    operations = [\n"
        "        migrations.AddField('A', 'n', models.IntegerField(null=True)),\n"
        "        migrations.RunSQL('SELECT 1 FROM nowhere'),\n"
        "        migrations.AddField('A', 'm', models.IntegerField(null=True)),\n"
        "    ]\n",
    )
    project.migration("0003_later", CreateModel("B", [key()]), after=[("shop", "0002_fails")])


@pytest.mark.parametrize("atomic", [True, False])
def test_a_run_that_fails(project: Project, alias: str, atomic: bool) -> None:
    """Where a step is whole or not there, its operations are nobody's business afterwards."""
    failing(project, atomic=atomic)
    with project.installed(), pytest.raises(CommandError):
        safe(alias, "shop", allow_opaque=True)
    (run,) = journal(alias).runs()
    assert run.outcome is Outcome.FAILED
    assert "nowhere" in run.error
    assert steps(alias) == [
        ("shop.0001_initial", "done"),
        ("shop.0002_fails", "failed"),
        ("shop.0003_later", "planned"),
    ]
    told = loaded(journal(alias).steps(1)[1].operations)
    if atomic and connections[alias].features.can_rollback_ddl:
        assert told == []
        return
    assert [notes.progress for notes in told] == [
        Progress.DONE,
        Progress.FAILED,
        Progress.PLANNED,
        Progress.PLANNED,
    ]
    assert [(len(notes.statements), notes.finished) for notes in told] == [
        (1, 1),
        (0, 0),
        (0, 0),
        (0, 0),
    ]
    assert told[0].text == "Add field n to A"


def test_operations_are_left_as_they_were(project: Project, alias: str) -> None:
    project.write("shop/models.py")
    operation = AddField("A", "n", models.IntegerField(null=True))
    before = dict(vars(operation))
    project.migration("0001_initial", CreateModel("A", [key()]), operation)
    with project.installed():
        safe(alias, "shop")
        safe(alias, "shop", "zero")
    assert vars(operation) == before


def test_each_operation_is_written_where_each_statement_stays(project: Project, alias: str) -> None:
    project.write("shop/models.py")
    project.migration(
        "0001_initial",
        CreateModel("A", [key()]),
        AddField("A", "n", models.IntegerField(null=True)),
    )
    with project.installed():
        safe(alias, "shop")
    (step,) = journal(alias).steps(1)
    told = [notes.progress for notes in loaded(step.operations)][:2]
    whole = connections[alias].features.can_rollback_ddl
    assert told == ([] if whole else [Progress.DONE, Progress.DONE])


@pytest.mark.parametrize("command", ["migrate", "migrate_safe"])
def test_a_run_within_a_step_is_a_run(project: Project, alias: str, command: str) -> None:
    project.source(
        "0001_nested",
        "from django.core.management import call_command\n"
        "from django.db import migrations\n"
        "def nested(apps, editor):\n"
        f"    call_command('{command}', 'Cars', '0001', database='{alias}', verbosity=0,"
        " skip_checks=True)\n"
        "class Migration(migrations.Migration):\n"
        "    atomic = False\n"
        "    operations = [migrations.RunPython(nested)]\n",
    )
    with project.installed("Cars"):
        safe(alias, "shop")
    assert [run.outcome for run in journal(alias).runs()] == [Outcome.DONE] * 2
    assert steps(alias, 2) == [("Cars.0001_initial", "done")]


def test_who_may_not_make_tables_runs_nothing(project: Project, alias: str) -> None:
    project.write("shop/models.py")
    project.migration("0001_initial", RunPython(nothing, nothing))
    project.migration("0002_sql", RunSQL("SELECT 1", "SELECT 1"))
    refusal = django.db.OperationalError("permission denied")
    editor = type(connections[alias]).SchemaEditorClass
    with (
        project.installed(),
        mock.patch.object(editor, "create_model", side_effect=refusal),
        pytest.raises(CommandError, match=r"The journal of runs cannot be made.*permission denied"),
    ):
        safe(alias, "shop")
    with connections[alias].cursor() as cursor:
        found = set(connections[alias].introspection.table_names(cursor))
    assert not found & {*TABLES, "django_migrations"}


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("x = ['a', 1]  # said\n\n\n", True),
        ('# said\nx = [\n    "a",\n    1,\n]', True),
        ("x = ['a', 2]", False),
        ("x = ['a', 1]\ny = None", False),
        ("x = ['a', 1", False),
    ],
)
def test_what_counts_as_an_edit_of_a_file(text: str, same: bool) -> None:
    assert (source_hash(text) == source_hash("x = ['a', 1]")) == same
