"""Who may say yes to a plan that destroys something, and what happens until somebody has."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections
from django.db.migrations import CreateModel, RunPython
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from tests import cars
from tests.helpers import EXAMPLE, Project, key, nothing, plan, plan_text
from tests.twins import (
    Outcome,
    command_line,
    database,
    process_environment,
    records,
    state,
)

LOSSY = ("Cars", "0002")
QUESTION = "4 values will be archived and removed. Continue? [y/N] "


def safe(alias: str, *words: str) -> Outcome:
    return command_line("migrate_safe", *words, "--database", alias, "--skip-checks")


def plain(alias: str, *words: str) -> None:
    call_command("migrate", *words, database=alias, verbosity=0, skip_checks=True)


def refused(alias: str, *words: str) -> str:
    """Why; with exit code 1, and the database as it was."""
    before = state(alias)
    outcome = safe(alias, *words)
    assert outcome.code == 1, outcome.out
    assert "Running migrations" not in outcome.out
    assert "Traceback" not in outcome.err
    assert state(alias) == before, words
    return outcome.err


def fingerprint(alias: str, *words: str) -> str:
    return str(plan(*words, databases=[alias])["fingerprint"])


# --- losses -----------------------------------------------------------------------------------


def test_options_that_do_not_consent(filled: str) -> None:
    right = fingerprint(filled, *LOSSY)
    nobody = refused(filled, *LOSSY)
    assert nobody.startswith(f"CommandError: This plan destroys data, {cars.LOST}, and there is")
    assert "Nothing was changed." in nobody
    # The next command is the one that was typed, with the consent.
    typed = f"manage.py migrate_safe Cars 0002 --database {filled} --skip-checks"
    assert f"\n  If that is meant:  {typed} --accept {right}\n" in nobody
    assert refused(filled, *LOSSY, "--noinput").startswith("CommandError: This plan destroys data")
    assert "there is nobody to ask" in refused(filled, *LOSSY, "--allow-opaque")
    wrong = refused(filled, *LOSSY, "--accept", right[::-1])
    assert f"--accept names another plan; this one is {right}" in wrong
    assert f"manage.py migration_plan Cars 0002 --database {filled}" in wrong
    assert "names another plan" in refused(filled, *LOSSY, "--accept", right[:-1])
    assert "nobody to ask" in refused(filled, *LOSSY, "--accept", "")
    for more in ([], ["--allow-data-loss"], ["--accept", right]):
        assert refused(filled, *LOSSY, "--fail-on-loss", *more).startswith(
            f"CommandError: --fail-on-loss: this plan destroys data, {cars.LOST}."
        )


@pytest.mark.parametrize("accepted", [True, False])
def test_options_that_consent(filled: str, accepted: bool) -> None:
    words = ["--allow-data-loss"]
    if accepted:
        (right,) = re.findall(
            r"^  Fingerprint: (\w{16})$", plan_text(*LOSSY, databases=[filled]), re.MULTILINE
        )
        words = ["--noinput", "--accept", right]
    outcome = safe(filled, *LOSSY, *words)
    assert outcome.code == 0, outcome.err
    # What was agreed to is shown all the same, before the first step.
    shown, _, run = outcome.out.partition("Running migrations:")
    assert cars.LOST in shown
    assert "Unapplying Cars.0003_specs_color_owner... OK" in run
    assert records(filled)[-1] == ("Cars", "0002_alter_specs_weight")


def test_consent_is_for_one_plan(filled: str) -> None:
    """Other steps are another plan, and so is the same target from elsewhere."""
    accepted = fingerprint(filled, *LOSSY)
    assert "names another plan" in refused(filled, "Cars", "0001", "--accept", accepted)
    assert "names another plan" in refused(filled, "Cars", "zero", "--accept", accepted)


def test_consent_outlives_a_change_of_rows(filled: str) -> None:
    """A fingerprint is of steps and effects: what a reviewer's machine printed is valid here."""
    accepted = fingerprint(filled, *LOSSY)
    cars.insert(filled, "Cars_owner", "id, name, car_id", ["3, 'Cid', 3"])
    assert safe(filled, *LOSSY, "--accept", accepted).code == 0


# --- blockers and irreversible steps ----------------------------------------------------------


def test_blocked_whatever_is_said(filled: str) -> None:
    cars.insert(filled, "Cars_specs", "id, name, price, weight", ["4, 'Kite', 1, -2"])
    target = ("Cars", "0001")
    right = fingerprint(filled, *target)
    for words in ([], ["--allow-data-loss", "--allow-opaque"], ["--accept", right]):
        error = refused(filled, *target, *words)
        assert error.startswith("CommandError: The revert would stop at Cars.0002_alter_specs_w")
        assert "1 row " in error
        assert "Nothing was changed." in error
        (query,) = re.findall(r"^  List them:  (.*);$", error, re.MULTILINE)
        with connections[filled].cursor() as cursor:
            cursor.execute(query.replace("%", "%%"), [])
            assert [row[0] for row in cursor.fetchall()] == [4]


def irreversible(project: Project) -> None:
    """Steps before and after it could be taken back."""
    project.write("shop/models.py")  # pre_migrate is sent for apps that have models
    project.migration("0001_initial", CreateModel("A", [key()]))
    project.migration("0002_no_way_back", RunPython(nothing))
    project.migration("0003_more", CreateModel("B", [key()]))


def test_irreversible_anywhere_in_the_plan(project: Project, alias: str) -> None:
    irreversible(project)
    with project.installed():
        plain(alias, "shop")
        for words in ([], ["--allow-data-loss", "--allow-opaque"]):
            error = refused(alias, "shop", "zero", *words)
            assert "The revert would stop at shop.0002_no_way_back" in error
        command = f"manage.py migrate_safe shop 0002_no_way_back --database {alias}"
        assert f"As far as it goes:  {command}\n" in error
        # `migrate` itself finds out after the first step; the advice is sound.
        assert safe(alias, "shop", "0002_no_way_back").code == 0


def test_blocker_at_the_last_of_several_steps(project: Project, filled: str) -> None:
    """What could run before it is not run: neither the lossy step nor the harmless one."""
    cars.insert(filled, "Cars_specs", "id, name, price, weight", ["4, 'Kite', 1, -2"])
    project.migration(
        "0001_later", CreateModel("A", [key()]), after=[("Cars", "0003_specs_color_owner")]
    )
    with project.installed("Cars"):
        plain(filled, "shop")
        assert "Cars.0002" in refused(filled, "Cars", "0001", "--allow-data-loss")
    assert ("shop", "0001_later") in records(filled)


# --- opaque steps -----------------------------------------------------------------------------


def opaque(project: Project) -> None:
    project.write("shop/models.py")  # pre_migrate is sent for apps that have models
    project.migration("0001_initial", CreateModel("A", [key()]))
    project.migration("0002_code", RunPython(nothing, nothing))


def test_opaque_steps_ask(project: Project, alias: str) -> None:
    opaque(project)
    with project.installed():
        plain(alias, "shop", "0001")
        error = refused(alias, "shop")
        assert "this plan runs code that may destroy data" in error.lower()
        assert "may destroy data" in refused(alias, "shop", "--fail-on-loss")
        with override_settings(MIGRATION_TOOLS={"ALLOW_OPAQUE": False}):
            refused(alias, "shop")


@pytest.mark.parametrize("way", ["option", "setting", "accept", "blanket"])
def test_opaque_steps_allowed(project: Project, alias: str, way: str) -> None:
    opaque(project)
    with project.installed():
        plain(alias, "shop", "0001")
        words = {
            "option": ["--allow-opaque", "--fail-on-loss"],
            "setting": ["--fail-on-loss"],
            "accept": ["--accept", fingerprint(alias, "shop")],
            "blanket": ["--allow-data-loss"],
        }[way]
        with override_settings(MIGRATION_TOOLS={"ALLOW_OPAQUE": way == "setting"}):
            outcome = safe(alias, "shop", *words)
    assert outcome.code == 0, outcome.err
    assert records(alias)[-1] == ("shop", "0002_code")


def test_allowing_opaque_allows_no_loss(project: Project, filled: str) -> None:
    opaque(project)
    with project.installed("Cars"), override_settings(MIGRATION_TOOLS={"ALLOW_OPAQUE": True}):
        assert "nobody to ask" in refused(filled, *LOSSY)


def test_opaque_steps_of_an_empty_database_destroy_nothing(project: Project, alias: str) -> None:
    opaque(project)
    with project.installed():
        assert safe(alias, "shop", "--fail-on-loss").code == 0


# --- a terminal -------------------------------------------------------------------------------


@contextlib.contextmanager
def terminal(*typed: str) -> Iterator[Any]:
    """A real one as stdin, with these keys waiting in it."""
    ours, theirs = pty.openpty()
    try:
        for keys in typed:
            os.write(ours, keys.encode())
        with os.fdopen(theirs, closefd=False) as stdin:
            yield stdin
    finally:
        os.close(ours)
        os.close(theirs)


def answered(alias: str, keys: str, *words: str, monkeypatch: pytest.MonkeyPatch) -> Outcome:
    with terminal(keys) as stdin, monkeypatch.context() as patch:
        patch.setattr("tests.twins.NOBODY", lambda: stdin)
        return safe(alias, *words)


@pytest.mark.parametrize("keys", ["n\n", "\n", "\x04", "yess\n", "\x04y\n", "0\n"])
def test_answers_that_are_no(filled: str, keys: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = state(filled)
    outcome = answered(filled, keys, *LOSSY, monkeypatch=monkeypatch)
    assert QUESTION in outcome.out
    assert outcome.code == 1
    assert outcome.err == "CommandError: Not confirmed. Nothing was changed.\n"
    assert state(filled) == before


@pytest.mark.parametrize("keys", ["y\n", " YES \n"])
def test_answers_that_are_yes(filled: str, keys: str, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = answered(filled, keys, *LOSSY, monkeypatch=monkeypatch)
    assert outcome.code == 0, outcome.err
    assert outcome.out.index(cars.LOST) < outcome.out.index(QUESTION)
    assert records(filled)[-1] == ("Cars", "0002_alter_specs_weight")


def test_nobody_is_asked_in_vain(filled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a terminal, a yes waiting in it: not when told not to ask, not when it is settled."""
    before = state(filled)
    for words in (["--noinput"], ["--fail-on-loss"], ["--accept", "0" * 16]):
        outcome = answered(filled, "y\n", *LOSSY, *words, monkeypatch=monkeypatch)
        assert (outcome.code, "Continue?" in outcome.out) == (1, False), words
    cars.insert(filled, "Cars_specs", "id, name, price, weight", ["4, 'Kite', 1, -2"])
    outcome = answered(filled, "y\n", "Cars", "0001", monkeypatch=monkeypatch)
    assert (outcome.code, "Continue?" in outcome.out) == (1, False), "a blocker"
    with connections[filled].cursor() as cursor:
        cursor.execute(
            "DELETE FROM {} WHERE id = 4".format(connections[filled].ops.quote_name("Cars_specs"))
        )
    assert state(filled) == before
    outcome = answered(filled, "", "Cars", monkeypatch=monkeypatch)
    assert (outcome.code, "Continue?" in outcome.out) == (0, False), "nothing to do"


# Runs manage.py with the terminal as the one that Ctrl-C comes from, and with ears for it: whatever
# runs in the background of a shell is started without.
WITH_TERMINAL = (
    "import fcntl, runpy, signal, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "signal.signal(signal.SIGINT, signal.default_int_handler); "
    "sys.argv = sys.argv[1:]; runpy.run_path('manage.py', run_name='__main__')"
)


def whole_process(name: str, keys: str) -> tuple[int, str]:
    """Its exit code, and what a person saw, with ``keys`` typed after the question."""
    ours, theirs = pty.openpty()
    words = [sys.executable, "-c", WITH_TERMINAL, "manage.py", "migrate_safe", *LOSSY]
    running = subprocess.Popen(
        words,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=EXAMPLE,
        env=process_environment(name),
        start_new_session=True,
    )
    os.close(theirs)
    seen, end = "", time.monotonic() + 60
    with contextlib.suppress(OSError):  # how a terminal says that the process has closed it
        while time.monotonic() < end:
            # Not at once: between its prompt and its reading, Python does not hear Ctrl-C.
            if select.select([ours], [], [], 0.5)[0]:
                seen += os.read(ours, 4096).decode()
            elif keys and QUESTION in seen:
                os.write(ours, keys.encode())
                keys = ""
    os.close(ours)
    return running.wait(timeout=60), seen.replace("\r\n", "\n")


def test_whole_processes_on_a_terminal(
    project: Project, tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    with django_db_blocker.unblock(), database("asked", file=tmp_path / "asked") as alias:
        with project.installed("Cars"):
            cars.fill(alias)
        plain_state = state(alias)
        connections[alias].close()
        name = connections[alias].settings_dict["NAME"]
        ended = [whole_process(name, keys) for keys in ("\x03", "\x04")]
        for code, seen in ended:
            assert code == 1, seen
            assert QUESTION in seen
            assert "Not confirmed. Nothing was changed." in seen
            assert "Traceback" not in seen
        assert state(alias) == plain_state
        connections[alias].close()
        code, seen = whole_process(name, "y\n")
        assert code == 0, seen
        assert "Unapplying Cars.0003_specs_color_owner... OK" in seen
        assert records(alias)[-1] == ("Cars", "0002_alter_specs_weight")
