"""Ctrl-C, and the locks of others: a step is whole or not there, and may be tried again."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections, models
from django.db.migrations import AddField, CreateModel
from pytest_django import DjangoDbBlocker

from migration_tools.journal import Journal, Outcome
from tests.gate.shared import plain
from tests.helpers import ROOT, Project, key
from tests.twins import Outcome as Told
from tests.twins import command_line, database, process_environment, records

# Presses Ctrl-C in the process itself, in the middle of an operation.
PRESSED = """
import os, signal
from django.db import migrations, models

def press(apps, editor):
    for _ in range({times}):
        os.kill(os.getpid(), signal.SIGINT)

class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("A", "n", models.IntegerField(null=True)),
        migrations.RunPython(press, migrations.RunPython.noop),
        migrations.AddField("A", "m", models.IntegerField(null=True)),
    ]
"""


@pytest.fixture
def place(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    with django_db_blocker.unblock(), database("stopped", file=tmp_path / "db") as alias:
        yield alias


@pytest.fixture
def site(tmp_path: Path) -> Project:
    project = Project(tmp_path / "site")
    project.write("shop/models.py")
    project.migration("0001_initial", CreateModel("A", [key()]))
    return project


def pressed(site: Project, alias: str, times: int) -> subprocess.CompletedProcess[str]:
    site.source("0002_pressed", PRESSED.format(times=times))
    site.migration("0003_more", CreateModel("B", [key()]), after=[("shop", "0002_pressed")])
    site.write(
        "pressed_settings.py",
        "from config.settings import *\nINSTALLED_APPS = ['migration_tools', 'shop']\n",
    )
    environment = process_environment(str(connections[alias].settings_dict["NAME"]))
    folders = (str(site.folder), str(ROOT), str(ROOT / "example_project"))
    listens = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    runs = "from django.core.management import execute_from_command_line as run; run(sys.argv)"
    return subprocess.run(
        [sys.executable, "-c", listens + runs, "migrate_safe", "--noinput", "--allow-opaque"],
        cwd=site.folder,
        env=environment
        | {"DJANGO_SETTINGS_MODULE": "pressed_settings", "PYTHONPATH": ":".join(folders)},
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        check=False,
    )


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c(site: Project, place: str, times: int) -> None:
    done = pressed(site, place, times)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.rstrip().endswith("CommandError: Interrupted; run 1 has stopped.")
    outcomes = [step.outcome for step in Journal(connections[place]).steps(1)]
    whole = connections[place].features.can_rollback_ddl
    if whole:
        assert "Nothing of this step stayed; 1 of 3 steps done." in done.stderr
        assert outcomes == [Outcome.DONE, Outcome.INTERRUPTED, Outcome.PLANNED]
    elif times == 1:
        assert "Finishing shop.0002_pressed, which would stay half-way" in done.stderr
        assert "Run 1 stopped between two steps: 2 of 3 steps done." in done.stderr
        assert outcomes == [Outcome.DONE, Outcome.DONE, Outcome.PLANNED]
    else:
        assert (
            "Run 1 stopped in shop.0002_pressed at “Raw Python operation”, half-way" in done.stderr
        )
        assert outcomes == [Outcome.DONE, Outcome.INTERRUPTED, Outcome.PLANNED]
    assert (records(place)[-1] == ("shop", "0002_pressed")) == (not whole and times == 1)


# --- locks of others --------------------------------------------------------------------------


@contextlib.contextmanager
def in_use(alias: str, *, seconds: float) -> Iterator[None]:
    """Somebody else has written to the table, and does not commit for a while."""
    other = connections[alias].copy()
    started = threading.Event()

    def write() -> None:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("INSERT INTO shop_a (id) VALUES (7)")
            started.set()
            time.sleep(seconds)
        other.rollback()
        other.close()

    thread = threading.Thread(target=write)
    other.inc_thread_sharing()
    thread.start()
    started.wait()
    try:
        yield
    finally:
        thread.join()


def told(alias: str, *words: str) -> Told:
    return command_line("migrate_safe", "shop", *words, "--database", alias, "--skip-checks")


@pytest.fixture
def shop(site: Project, place: str) -> Iterator[Project]:
    site.migration("0002_n", AddField("A", "n", models.IntegerField(null=True)))
    with site.installed():
        plain(place, "shop", "0001")
        yield site


def test_a_lock_that_is_not_had(shop: Project, place: str) -> None:
    with in_use(place, seconds=4):
        start = time.monotonic()
        outcome = told(place, "--lock-timeout", "0.5")
        assert time.monotonic() - start < 4
    assert outcome.code == 1
    assert "refused a query: " in outcome.err
    assert "Nothing of this step stayed" in outcome.err or connections[place].vendor == "sqlite"
    assert records(place)[-1] == ("shop", "0001_initial")


def test_a_step_is_tried_again(shop: Project, place: str) -> None:
    with in_use(place, seconds=2.5):
        outcome = told(place, "--lock-timeout", "1", "--retries", "5")
    assert outcome.code == 0, outcome.err
    assert re.search(r"Trying again in \d\.\d seconds \(1 of 5\)\.", outcome.err)
    assert "Applying shop.0002_n... OK" in outcome.out
    assert records(place)[-1] == ("shop", "0002_n")


def test_what_fails_for_another_reason_is_not(shop: Project, place: str) -> None:
    shop.source(
        "0003_fails",
        "from django.db import migrations\n"
        "class Migration(migrations.Migration):\n"
        "    dependencies = [('shop', '0002_n')]\n"
        "    operations = [migrations.RunSQL('SELECT 1 FROM nowhere')]\n",
    )
    with shop.installed():
        outcome = told(place, "--retries", "5", "--allow-opaque")
    assert outcome.code == 1
    assert "Trying again" not in outcome.err


def test_the_limit_is_put_back(shop: Project, place: str) -> None:
    queries = {
        "sqlite": "PRAGMA busy_timeout",
        "postgresql": "SHOW lock_timeout",
        "mysql": "SELECT @@SESSION.lock_wait_timeout",
    }
    connection = connections[place]

    def limit() -> object:
        with connection.cursor() as cursor:
            cursor.execute(queries[connection.vendor])
            return cursor.fetchone()[0]

    before = limit()
    assert told(place, "--lock-timeout", "3").code == 0
    assert limit() == before
