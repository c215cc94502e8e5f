"""One run on a database: a second one leaves or waits, knows for whom, and plans again."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from pytest_django import DjangoDbBlocker

from migration_tools.backends import for_connection
from migration_tools.backends.locks import FileLock
from migration_tools.exceptions import Refused
from migration_tools.execution.locking import HeldLock
from migration_tools.journal import Journal, Outcome
from tests.helpers import EXAMPLE, Project
from tests.twins import database, process, process_environment, records

SLOW_STEP = """
import os, time
from pathlib import Path
from django.db import migrations

def slow(apps, editor):
    Path({flag!r}).touch()
    end = time.monotonic() + 30
    while Path({flag!r}).exists() and time.monotonic() < end:
        time.sleep(0.02)

class Migration(migrations.Migration):
    dependencies = [("Cars", "0001_initial")]
    operations = [migrations.RunPython(slow, slow)]
"""


@pytest.fixture
def place(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The alias of an empty database that other processes can open."""
    with django_db_blocker.unblock(), database("locked", file=tmp_path / "locked") as alias:
        yield alias


def name_of(alias: str) -> str:
    return str(connections[alias].settings_dict["NAME"])


@pytest.fixture
def slow_site(tmp_path: Path) -> tuple[Path, Path]:
    """A folder to run in, with an app whose step goes on until the flag is taken away."""
    flag = tmp_path / "at-work"
    site = Project(tmp_path / "site")
    site.write("slow/__init__.py")
    site.write("slow/models.py")
    site.write("slow/migrations/__init__.py")
    site.write("slow/migrations/0001_slow.py", SLOW_STEP.format(flag=str(flag)))
    site.write(
        "slow_settings.py",
        "from config.settings import *\nINSTALLED_APPS = [*INSTALLED_APPS, 'slow']\n",
    )
    return site.folder, flag


def environment(site: Path) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "slow_settings",
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), str(site)]),
    }


@contextlib.contextmanager
def at_work(alias: str, site: Path, flag: Path) -> Iterator[subprocess.Popen[str]]:
    """A process in the middle of a step."""
    running = subprocess.Popen(
        [sys.executable, "manage.py", "migrate_safe", "--noinput", "--allow-opaque"],
        cwd=EXAMPLE,
        env=process_environment(name_of(alias)) | environment(site),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    try:
        end = time.monotonic() + 30
        while not flag.exists():
            assert running.poll() is None, running.communicate()
            assert time.monotonic() < end
            time.sleep(0.02)
        yield running
    finally:
        flag.unlink(missing_ok=True)
        running.kill() if running.poll() is None else None
        running.communicate()


def second(alias: str, site: Path, *words: str) -> Any:
    return process("migrate_safe", *words, name=name_of(alias), environment=environment(site))


def test_a_second_run_leaves_and_names_the_first(place: str, slow_site: tuple[Path, Path]) -> None:
    site, flag = slow_site
    with at_work(place, site, flag) as running:
        outcome = second(place, site, "--noinput", "--allow-opaque")
        assert outcome.code == 1
        assert "Another run is at work on this database: run 1 (" in outcome.err
        assert f"process {running.pid}) since 20" in outcome.err
        assert "at slow.0001_slow, step " in outcome.err
        assert "Nothing was changed.\n  Wait for it:  manage.py migrate_safe" in outcome.err
        status = second(place, site, "--status")
        assert status.code == 0, status.err
        assert "At work: run 1 (" in status.out
        assert "  running  forwards  " in status.out
        flag.unlink()
        _, err = running.communicate(timeout=30)
        assert running.returncode == 0, err
    assert ("slow", "0001_slow") in records(place)


def test_a_second_run_waits_and_has_nothing_left_to_do(
    place: str, slow_site: tuple[Path, Path]
) -> None:
    site, flag = slow_site
    with at_work(place, site, flag) as running:
        words = ["migrate_safe", "--noinput", "--allow-opaque", "--wait", "60"]
        with subprocess.Popen(
            [sys.executable, "-u", "manage.py", *words],
            cwd=EXAMPLE,
            env=process_environment(name_of(place)) | environment(site),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        ) as waiting:
            assert waiting.stderr is not None
            said = waiting.stderr.readline()
            flag.unlink()
            out, err = waiting.communicate(timeout=60)
        running.communicate(timeout=30)
        assert running.returncode == 0
    assert waiting.returncode == 0, err
    assert "Waiting for another run on this database: run 1 (" in said
    assert "No migrations to apply." in out
    assert len(Journal(connections[place]).runs()) == 1


def test_waiting_has_an_end(place: str, slow_site: tuple[Path, Path]) -> None:
    site, flag = slow_site
    with at_work(place, site, flag):
        outcome = second(place, site, "--noinput", "--wait", "1.2")
    assert outcome.code == 1
    assert "at work on this database after 1 seconds" in outcome.err


def test_two_at_once(place: str) -> None:
    """From nothing: one runs, the other waits for it."""
    with ThreadPoolExecutor() as pool:
        runs = [
            pool.submit(
                process,
                "migrate_safe",
                "--noinput",
                "--allow-opaque",
                "--wait",
                "40",
                name=name_of(place),
            )
            for _ in range(2)
        ]
        outcomes = [run.result() for run in runs]
    assert [outcome.code for outcome in outcomes] == [0, 0], [outcome.err for outcome in outcomes]
    assert sorted("No migrations to apply." in outcome.out for outcome in outcomes) == [False, True]
    assert len(Journal(connections[place]).runs()) == 1


def test_the_lock_of_a_dead_run(place: str, slow_site: tuple[Path, Path]) -> None:
    """It goes with its process; the journal still says that it runs, until somebody looks."""
    site, flag = slow_site
    with at_work(place, site, flag) as running:
        os.kill(running.pid, signal.SIGKILL)
        running.wait(timeout=30)
        journal = Journal(connections[place])
        assert journal.runs()[0].outcome is Outcome.RUNNING
        end = time.monotonic() + 10  # the server has to notice that its client has gone
        while (status := second(place, site, "--status")).out.startswith("At work"):
            assert time.monotonic() < end
        assert "  interrupted  forwards  " in status.out
        assert "slow.0001_slow: interrupted" in status.out
        flag.unlink()
    outcome = process("migrate_safe", "--noinput", "--allow-opaque", name=name_of(place))
    assert outcome.code == 0, outcome.err
    assert journal.runs()[-1].outcome is Outcome.INTERRUPTED
    assert journal.steps(1)[-1].outcome in (Outcome.INTERRUPTED, Outcome.PLANNED)


# --- the lock itself --------------------------------------------------------------------------


@contextlib.contextmanager
def another_connection(alias: str) -> Iterator[BaseDatabaseWrapper]:
    connection = connections[alias].copy()
    try:
        yield connection
    finally:
        connection.close()


def test_taken_twice_and_released_twice(place: str) -> None:
    lock = for_connection(connections[place]).run_lock()
    assert lock.works
    assert lock.holder() is None
    assert lock.take()
    assert lock.take()
    assert lock.is_held()
    assert lock.holder() is not None
    assert lock.release()
    assert lock.is_held()
    assert lock.release()
    assert not lock.is_held()
    assert lock.holder() is None


def test_a_session_that_has_lost_it(place: str) -> None:
    """A connection that code of a step has closed gets it again, if nobody was faster."""
    connection = connections[place]
    lock = for_connection(connection).run_lock()
    assert lock.take()
    held = HeldLock(connection, lock)
    held.require()
    connection.close()
    held.require()
    if isinstance(lock, FileLock):  # of the process, whatever becomes of its connection
        lock.path.unlink()
        with pytest.raises(Refused, match="The lock of this run is gone"):
            held.require()
        lock.release()
        lock.release()
        return
    connection.close()
    with another_connection(place) as other:
        end = time.monotonic() + 10
        faster = for_connection(other).run_lock()
        while not faster.take():
            assert time.monotonic() < end
        with pytest.raises(Refused, match="The lock of this run is gone"):
            held.require()
