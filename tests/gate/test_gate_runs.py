"""Runs after, within and beside a run: each is judged, or stopped where nobody can look."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core.management import CommandError
from django.db import connections
from django.db.migrations import CreateModel, RunPython
from django.db.models.signals import pre_migrate
from pytest_django import DjangoDbBlocker

from migration_tools.analysis.python_code import python_noted
from migration_tools.exceptions import Refused
from migration_tools.execution import gate as gate_module
from migration_tools.execution.processes import VARIABLE
from tests import cars
from tests.gate.shared import LOSSY, a_gate, never, plain, safe
from tests.helpers import Project, key
from tests.twins import database, process, records, state


def test_runs_in_one_process(filled: str) -> None:
    before = state(filled)
    for _ in range(2):
        with pytest.raises(CommandError, match="there is nobody to ask"):
            safe(filled, *LOSSY)
        assert state(filled) == before
        safe(filled, "Cars")  # nothing to do
    plain(filled, *LOSSY)  # not gated, as ever
    assert records(filled)[-1] == ("Cars", "0002_alter_specs_weight")
    safe(filled, "Cars", "0003")


def nested(project: Project, *words: str, on: str, atomic: bool = True) -> None:
    """An app whose second step runs `migrate` of its own, and whose third makes a table."""
    project.migration("0001_initial", CreateModel("A", [key()]))
    project.source(
        "0002_nested",
        "from django.core.management import call_command\n"
        "from django.db import migrations\n"
        "def nested(apps, editor):\n"
        f"    call_command('migrate', *{words}, database='{on}', verbosity=0, skip_checks=True)\n"
        "class Migration(migrations.Migration):\n"
        f"    atomic = {atomic}\n"
        "    dependencies = [('shop', '0001_initial')]\n"
        "    operations = [migrations.RunPython(nested)]\n",
    )
    project.migration("0003_more", CreateModel("B", [key()]), after=[("shop", "0002_nested")])


def test_run_within_a_run(project: Project, alias: str) -> None:
    """What a step runs on the same database is judged as well, and the rest goes on after it."""
    nested(project, "Cars", "0002", on=alias, atomic=False)
    with project.installed("Cars"):
        safe(alias, "shop", allow_opaque=True)
        assert [name for _, name in records(alias)] == [
            "0001_initial",
            "0001_initial",
            "0002_alter_specs_weight",
            "0002_nested",
            "0003_more",
        ]


def test_loss_in_a_run_within_a_run(project: Project, filled: str) -> None:
    nested(project, *LOSSY, on=filled)
    with project.installed("Cars"):
        plain(filled, "shop", "0001")
        before = state(filled)
        with pytest.raises(CommandError, match=cars.LOST):
            safe(filled, "shop", allow_opaque=True)
        assert state(filled) == before


def test_run_on_another_database_within_a_run(project: Project, alias: str) -> None:
    with project.installed("Cars"), database("other") as other:
        cars.fill(other)
        nested(project, *LOSSY, on=other)
        with project.installed("Cars"):
            safe(alias, "shop", allow_opaque=True)
        assert ("Cars", "0003_specs_color_owner") not in records(other)
        assert records(alias)[-1] == ("shop", "0003_more")


def test_runs_of_other_threads(filled: str) -> None:
    """A thread has a connection of its own under the same alias, which nobody watches."""

    def announce(plan: list[Any], using: str) -> None:
        pre_migrate.send(sender=gate_module.last_app(), using=using, plan=plan)

    plan = [(mock.Mock(app_label="Cars", operations=[]), True)]
    gate = a_gate(filled, never)
    with gate.closed(), ThreadPoolExecutor(1) as pool:
        with pytest.raises(Refused, match="on another connection"):
            pool.submit(announce, plan, filled).result()
        pool.submit(announce, [], filled).result()
        pool.submit(announce, plan, "default").result()
        assert not gate.was_reached


def test_code_of_a_migration_in_another_thread(alias: str) -> None:
    """While a plan is looked at, RunPython is only noted; elsewhere it really runs."""
    ran: list[str] = []
    step = RunPython(lambda apps, editor: ran.append("yes"), lambda apps, editor: ran.append("no"))
    state_of = mock.Mock(clear_delayed_apps_cache=lambda: None)
    editor = mock.Mock(connection=mock.Mock(alias=alias))

    def run() -> None:
        step.database_forwards("shop", editor, state_of, state_of)
        step.database_backwards("shop", editor, state_of, state_of)

    with python_noted(lambda effect: None):
        run()
        assert ran == []
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    assert ran == ["yes", "no"]


def test_migrate_in_another_process(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> None:
    """What a gated command starts has no gate: it stops, unless it has one of its own."""
    with django_db_blocker.unblock(), database("child", file=tmp_path / "child") as alias:
        name = connections[alias].settings_dict["NAME"]
        guarded = {VARIABLE: "1:default"}
        refused = process("migrate", "Cars", "0001", name=name, environment=guarded)
        assert refused.code == 1
        assert "started by a migrate_safe (process 1)" in refused.err
        assert records(alias) == []
        gated = process("migrate_safe", "Cars", "0001", name=name, environment=guarded)
        assert gated.code == 0, gated.err
        elsewhere = process("migrate", "Cars", name=name, environment={VARIABLE: "1:other"})
        assert elsewhere.code == 0, elsewhere.err
