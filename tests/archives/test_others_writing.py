"""SQLite has one writer at a time: a step waits for the one that is there."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections, models
from django.db.migrations import AlterField
from pytest_django import DjangoDbBlocker

from tests.helpers import Project, model
from tests.twins import command_line, database

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="other engines lock less")

#: Well under the five seconds for which a connection waits.
A_WRITE = 0.3


class Others:
    """Begins to write just before each transaction of ours begins, and is soon done."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.writes = 0

    def __call__(self, execute: Any, sql: str, *args: Any) -> Any:
        if sql.startswith("BEGIN"):
            has_lock = threading.Event()
            threading.Thread(target=self._write, args=(has_lock,)).start()
            assert has_lock.wait(10)
        return execute(sql, *args)

    def _write(self, has_lock: threading.Event) -> None:
        with contextlib.closing(sqlite3.connect(self.file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            has_lock.set()
            time.sleep(A_WRITE)
            other.execute("COMMIT")
        self.writes += 1


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "others"


@pytest.fixture
def alias(file: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    with django_db_blocker.unblock(), database("others", file=file) as alias:
        yield alias


def test_a_step_that_looks_before_it_writes_waits(alias: str, file: Path, tmp_path: Path) -> None:
    site = Project(tmp_path / "site")
    site.write("shop/models.py")
    site.migration("0001_initial", model("Item", v=models.CharField(max_length=20, null=True)))
    site.migration("0002_less", AlterField("Item", "v", models.IntegerField(null=True)))
    options = ("--noinput", "--allow-data-loss", "--skip-checks", "--database", alias)
    with site.installed():
        site.migrate("shop", "0001", database=alias)
        with connections[alias].cursor() as cursor:
            cursor.execute("INSERT INTO shop_item (id, v) VALUES (1, '007')")
        others = Others(file)
        with connections[alias].execute_wrapper(others):
            away = command_line("migrate_safe", "shop", "0002", *options)
            back = command_line("migrate_safe", "shop", "0001", *options)
    assert (away.code, away.err, back.code, back.err) == (0, "", 0, "")
    with connections[alias].cursor() as cursor:
        assert cursor.execute("SELECT v FROM shop_item").fetchone() == ("007",)
    assert others.writes
