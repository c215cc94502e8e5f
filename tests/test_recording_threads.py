"""An operation that starts a thread, which has connections of its own, writes nothing."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections, models
from django.db.migrations.operations.base import Operation

from migration_tools.analysis.queries import QueryRefused, no_queries
from tests.helpers import Project, changes_tables, codes, model, plan, sql

pytestmark = changes_tables


class WritesElsewhere(Operation):
    reduces_to_sql = False
    reversible = True

    def state_forwards(self, app_label: str, state: Any) -> None: ...

    def database_forwards(self, app_label: str, editor: Any, before: Any, after: Any) -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(self.write, editor.connection.alias).result()

    database_backwards = database_forwards

    def write(self, alias: str) -> None:
        try:
            with connections[alias].cursor() as cursor:
                cursor.execute("INSERT INTO shop_item (id, a) VALUES (99, 1)")
        finally:
            connections[alias].close()

    def describe(self) -> str:
        return "Write in a thread"


def test_it_is_opaque_and_has_written_nothing(project: Project) -> None:
    project.migration("0001_initial", model("Item", a=models.IntegerField()))
    project.migration("0002_thread", WritesElsewhere())
    with project.installed():
        project.migrate("shop", "0001")
        report = plan("shop")
        assert codes(report) == ["MT203 warning"]
        assert sql("SELECT * FROM shop_item") == []


def test_other_threads_may_start_others_meanwhile() -> None:
    """A server has its own business while one of its threads looks at a plan."""
    entered, done = threading.Event(), threading.Event()
    started: list[str] = []

    def serve() -> None:
        entered.wait(10)
        inner = threading.Thread(target=started.append, args=["served"])
        inner.start()
        inner.join()
        done.set()

    server = threading.Thread(target=serve)
    server.start()
    with no_queries():
        entered.set()
        assert done.wait(10)
        with pytest.raises(QueryRefused):
            threading.Thread(target=started.append, args=["recorded"]).start()
    server.join()
    assert started == ["served"]


def test_two_threads_may_record_at_once() -> None:
    """The first to begin is the first to end, while the other still records."""
    start = threading.Thread.start
    began, done = threading.Event(), threading.Event()

    def record() -> None:
        with no_queries():
            began.set()
            done.wait(10)

    first = threading.Thread(target=record)
    with contextlib.ExitStack() as second:
        first.start()
        assert began.wait(10)
        second.enter_context(no_queries())
        done.set()
        first.join()
        with pytest.raises(QueryRefused):
            threading.Thread(target=print).start()
    assert threading.Thread.start is start
