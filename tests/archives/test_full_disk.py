"""A copy that finds no room, or no lock in time: nothing is dropped, and the next run does it.

What a full disk is, is said in each engine's own words: SQLite's file may not grow; MySQL's and
MariaDB's copy is put where there are 16 kB of room, and is answered as on a full disk (1114). A
PostgreSQL server cannot be given a small disk from here: there the copy is cut off in its middle.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, models
from django.db.migrations import AddField, AlterField

from migration_tools.archives.catalogue import Catalogue, State
from tests.archives.test_copied_runs import copies, project, safe
from tests.helpers import Project, changes_tables, insert, model, refusal, sql
from tests.settings import ENGINE

__all__ = ["project"]

pytestmark = changes_tables

ROWS = 20_000
COPIES = re.compile(r'CREATE TABLE ["`]_mt_')
FULL = {
    "sqlite": "database or disk is full",
    "postgresql": "canceling statement due to statement timeout",
    "mariadb": "is full",
    "mysql": "is full",
}


@contextlib.contextmanager
def no_room() -> Iterator[list[str]]:
    """From the moment at which a copy is begun; yields the statements that were sent."""
    sent: list[str] = []

    def watch(execute: Any, statement: Any, *rest: Any) -> Any:
        sent.append(str(statement))
        if COPIES.match(str(statement)):
            shrink()
        return execute(statement, *rest)

    if ENGINE == "sqlite":
        sql("VACUUM")  # or there would be room in the file
    try:
        with connection.execute_wrapper(watch):
            yield sent
    finally:
        grow()


def shrink() -> None:
    if ENGINE == "sqlite":
        ((pages,),) = sql("PRAGMA page_count")
        sql(f"PRAGMA max_page_count = {pages + 2}")
    elif ENGINE == "postgresql":
        sql("SET LOCAL statement_timeout = 1")
    else:
        sql("SET SESSION default_storage_engine = MEMORY, max_heap_table_size = 16384")


def grow() -> None:
    if ENGINE == "sqlite":
        sql("PRAGMA max_page_count = 1073741823")
    elif ENGINE in ("mariadb", "mysql"):
        sql("SET SESSION default_storage_engine = DEFAULT, max_heap_table_size = DEFAULT")


def rows() -> list[tuple[Any, ...]]:
    return sql("SELECT COUNT(*), MIN(v), MAX(v), COUNT(DISTINCT v) FROM shop_item")


@pytest.fixture(params=["table", "column", "values"])
def full(project: Project, request: pytest.FixtureRequest) -> Iterator[tuple[Project, list[str]]]:
    """Rows, and a target at which they would be lost; the step has another one before it."""
    text = models.CharField(max_length=20)
    maker = model("Maker")
    if request.param == "table":
        project.migration("0001_initial", maker)
        project.migration("0002_item", model("Item", v=text))
        words = ["shop", "0001"]
    elif request.param == "column":
        project.migration("0001_initial", maker, model("Item"))
        project.migration("0002_item", AddField("Item", "v", text))
        words = ["shop", "0001"]
    else:
        project.migration("0001_initial", maker, model("Item", v=text))
        project.migration("0002_short", AlterField("Item", "v", models.IntegerField()))
        words = ["shop", "0002"]
    with project.installed():
        project.migrate("shop", "0001" if request.param == "values" else "0002")
        insert(
            "shop_item",
            id=list(range(1, ROWS + 1)),
            v=[f"{number:020}"[-9:] for number in range(1, ROWS + 1)],
        )
        yield project, words


def test_no_room_for_the_copy(full: tuple[Project, list[str]]) -> None:
    _project, words = full
    before, applied = rows(), sql("SELECT app, name FROM django_migrations ORDER BY id")
    with no_room() as sent:
        message = refusal(
            "migrate_safe",
            *words,
            skip_checks=True,
            interactive=False,
            allow_data_loss=True,
            archive="copy",
        )
    assert FULL[ENGINE] in message
    copied = next(n for n, statement in enumerate(sent) if COPIES.match(statement))
    changed = [s for s in sent[copied + 1 :] if "shop_item" in s and re.match("DROP|ALTER", s)]
    assert changed == []
    assert rows() == before
    assert sql("SELECT app, name FROM django_migrations ORDER BY id") == applied
    complete = [a for a in Catalogue(connection).find() if a.is_holding]
    assert complete == []
    # There is room again.
    safe(*words)
    (archive,) = [a for a in Catalogue(connection).find() if a.is_holding]
    assert (archive.state, archive.rows) == (State.KEPT, ROWS)
    assert copies() == [archive.place]
    safe("shop", "0001" if words[1] == "0002" else "0002")
    assert rows() == before
    assert copies() == []
