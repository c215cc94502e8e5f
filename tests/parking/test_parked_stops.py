"""A run that stops at any statement: no value is lost, and the next command finishes the job."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import OperationalError, connection, models
from django.db.migrations import AddField

from tests.helpers import Project, changes_tables, foreign_key, insert, model
from tests.parking.test_parked_runs import project, safe, seen, states

pytestmark = changes_tables
__all__ = ["project"]  # a fixture

CHANGES = re.compile(r"\s*(ALTER|RENAME|DROP|CREATE|LOCK|SET CONSTRAINTS|UPDATE .shop)", re.I)


@contextlib.contextmanager
def stopped_at(number: int, *, after: bool) -> Iterator[list[str]]:
    """The statement of that number is not sent, or its answer does not arrive."""
    seen_so_far: list[str] = []

    def stop(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if not CHANGES.match(str(sql)) or "migration_tools_" in str(sql):
            return execute(sql, params, many, context)
        seen_so_far.append(str(sql))
        stops = len(seen_so_far) == number
        if stops and not after:
            raise OperationalError("the test has stopped it")
        answer = execute(sql, params, many, context)
        if stops:
            raise OperationalError("the test has stopped it")
        return answer

    with connection.execute_wrapper(stop):
        yield seen_so_far


@pytest.fixture
def shop(project: Project) -> Project:
    item = model("Item", a=models.IntegerField())
    project.migration("0001_initial", model("Maker"), item)
    project.migration(
        "0002_more",
        AddField("Item", "kind", models.IntegerField(default=3, db_index=True)),
        AddField("Item", "maker", foreign_key("shop.Maker", null=True)),
        model("Part", makers=models.ManyToManyField("shop.Maker")),
    )
    return project


def fill() -> None:
    insert("shop_maker", id=[1, 2])
    insert("shop_item", id=[1, 2, 3], a=[1, 2, 3], kind=[1, 2, 3], maker_id=[1, 2, None])
    insert("shop_part", id=[1, 2])
    insert("shop_part_makers", id=[1, 2], part_id=[1, 2], maker_id=[1, 1])


def finish(target: str) -> None:
    """As a person would: go on, or begin again where nothing of the step has stayed."""
    try:
        safe(resume=True)
    except CommandError:
        safe("shop", target)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("way", ["away", "back"])
def test_stopped_at_every_statement(shop: Project, way: str, after: bool) -> None:
    with shop.installed():
        safe("shop")
        fill()
        before = seen()
        number = 0
        while True:
            number += 1
            if way == "back":
                safe("shop", "0001")
            target = "0001" if way == "away" else "0002"
            with stopped_at(number, after=after) as statements:
                try:
                    safe("shop", target)
                except CommandError:
                    stopped = True
                else:
                    stopped = False
            if stopped:
                finish(target)
            if way == "away":
                safe("shop", "0002")
            assert seen() == before, (number, statements[-1:])
            if not stopped:
                break
        assert number > 10
        assert {state for *_, state in states()} <= {"returned", "purged"}


@pytest.mark.skipif(connection.features.can_rollback_ddl, reason="a step is whole there")
@pytest.mark.parametrize("way", ["away", "back"])
def test_no_sql_is_shown_that_would_lose_what_is_kept(
    shop: Project, way: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with shop.installed():
        safe("shop")
        fill()
        if way == "back":
            safe("shop", "0001")
        target = "0001" if way == "away" else "0002"
        with pytest.raises(CommandError), stopped_at(8, after=False):
            safe("shop", target)
        told = capsys.readouterr().err
        assert "half-way" in told
        assert not re.search(r"(CREATE TABLE|DROP COLUMN|DROP TABLE) .*shop_(part|item)", told)
        if way == "away":
            assert "shop_part is kept:  manage.py migration_archives restore " in told
        else:
            assert "came back from archive" in told
