"""Others write while a step copies and while it comes back: what they saw committed is there.

Three processes add, change and delete rows of their own, and know in the end what each must hold.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import DatabaseError, connections, models
from django.db.migrations import AlterField, RemoveField
from django.db.migrations.operations.base import Operation
from pytest_django import DjangoDbBlocker

from tests.helpers import Project, model
from tests.twins import command_line, database

WRITERS = 3
#: Of each writer when it begins.
ROWS = 50
PAUSE = 0.004
#: The first of them, which it leaves alone.
QUIET = 20
#: A step that finds more than was shown, or the database busy, changes nothing and is run again.
AGAIN = ("holds more by now than was shown", "locked", "Deadlock", "deadlock")

OPERATIONS: dict[str, Operation] = {
    "a column": RemoveField("Item", "v"),
    "values": AlterField("Item", "v", models.IntegerField(null=True)),
}


@pytest.fixture
def place(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    with django_db_blocker.unblock(), database("written", file=tmp_path / "written") as alias:
        yield alias


# --- a writer, in a process of its own ----------------------------------------------------------


class Writer:
    """``written``: its rows, with the number in their value (None: born without one), and when
    that was begun and seen committed."""

    def __init__(self, alias: str, number: int) -> None:
        self.alias = alias
        self.first = number * 1_000_000
        self.written: dict[int, tuple[int | None, float, float]] = {}

    @property
    def oldest(self) -> int:
        return next(itertools.islice(self.written, QUIET, None))

    def try_to(self, statement: str, *parameters: object) -> bool:
        try:
            with connections[self.alias].cursor() as cursor:
                cursor.execute(statement, parameters)
        except DatabaseError:
            return False
        return True

    def insert(self, place: int) -> None:
        began = time.monotonic()
        with_value = "INSERT INTO shop_item (id, v) VALUES (%s, %s)"
        if self.try_to(with_value, place, f"00{place}"):
            self.written[place] = place, began, time.monotonic()
        elif self.try_to("INSERT INTO shop_item (id) VALUES (%s)", place):
            self.written[place] = None, began, time.monotonic()

    def go_on_until(self, stop: Path) -> None:
        for turn in itertools.count(ROWS):
            if stop.exists():
                return
            # As many go as come, so that the step finds no more than was shown.
            oldest = self.oldest
            if self.try_to("DELETE FROM shop_item WHERE id = %s", oldest):
                del self.written[oldest]
                self.insert(self.first + turn)
            changed = self.oldest
            value, began = changed + turn, time.monotonic()
            if self.try_to("UPDATE shop_item SET v = %s WHERE id = %s", f"00{value}", changed):
                del self.written[changed]  # it is the last one now
                self.written[changed] = value, began, time.monotonic()
            time.sleep(PAUSE)


@contextlib.contextmanager
def writing(alias: str, folder: Path) -> Iterator[list[Path]]:
    """The files in which the writers tell, after this, what they have written."""
    stop, told = folder / "stop", [folder / f"told-{n}" for n in range(1, WRITERS + 1)]
    for connection in connections.all(initialized_only=True):
        connection.close()
    children = []
    for number, file in enumerate(told, 1):
        child = os.fork()
        if not child:
            code = 70
            try:
                writer = Writer(alias, number)
                for turn in range(ROWS):
                    writer.insert(writer.first + turn)
                file.with_suffix(".ready").touch()
                writer.go_on_until(stop)
                file.write_text(json.dumps(writer.written))
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    try:
        end = time.monotonic() + 30
        while not all(file.with_suffix(".ready").exists() for file in told):
            assert time.monotonic() < end
            time.sleep(0.02)
        yield told
    finally:
        stop.touch()
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert codes == [0] * WRITERS


# --- the test -----------------------------------------------------------------------------------


def run(alias: str, target: str) -> None:
    words = ("migrate_safe", "shop", target, "--archive", "copy", "--allow-data-loss")
    for _ in range(40):
        outcome = command_line(*words, "--noinput", "--skip-checks", "--database", alias)
        if not outcome.code:
            return
        assert any(word in outcome.err for word in AGAIN), outcome.err
    raise AssertionError(f"It never came to its end: {outcome.err}")


@pytest.mark.parametrize("kind", OPERATIONS)
def test_nothing_that_was_committed_is_lost(place: str, tmp_path: Path, kind: str) -> None:
    site = Project(tmp_path / "site")
    site.write("shop/models.py")
    site.migration("0001_initial", model("Item", v=models.CharField(max_length=20, null=True)))
    site.migration("0002_less", OPERATIONS[kind])
    with site.installed():
        site.migrate("shop", "0001", database=place)
        with writing(place, tmp_path) as told:
            time.sleep(0.3)
            began = time.monotonic()
            run(place, "0002")
            time.sleep(0.3)
            run(place, "0001")
            ended = time.monotonic()
            time.sleep(0.3)
        with connections[place].cursor() as cursor:
            cursor.execute("SELECT id, v FROM shop_item")
            there = dict(cursor.fetchall())
    written = {
        int(place): row for file in told for place, row in json.loads(file.read_text()).items()
    }
    assert there.keys() == written.keys()
    sure = 0
    for row, (value, first, last) in written.items():
        as_number = kind == "values" and last > began and first < ended
        assert there[row] == (f"00{value}" if value else None) or (
            # Written into a column of numbers, where it lost its zeros.
            as_number and there[row] == str(value)
        )
        sure += last < began
    assert sure
