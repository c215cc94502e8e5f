"""After each fault: the status is true, the next command finishes the job, no value is lost."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections, models
from django.db.migrations import AddField, AlterField, CreateModel
from pytest_django import DjangoDbBlocker

from migration_tools.archives.catalogue import Catalogue, State
from tests.faults import harness
from tests.faults.harness import Ended, every_point, run_with_fault
from tests.gate.shared import plain
from tests.helpers import Project, foreign_key, key
from tests.settings import ENGINE
from tests.twins import database, empty, records, state

FAULTS = [harness.kill] if ENGINE == "sqlite" else [harness.kill, harness.cut]
YES = ("--noinput", "--allow-data-loss", "--skip-checks", "-v", "0")
NEWEST, OLDEST = "0003_more", "0001_initial"


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """A database on disk: it outlives a process."""
    with (
        django_db_blocker.unblock(),
        database("faults", file=tmp_path_factory.mktemp("faults") / "db") as alias,
    ):
        yield alias


@pytest.fixture
def alias(place: str, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    with django_db_blocker.unblock():
        yield place


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Project]:
    """Two steps that lose a table, columns and a relation on their way back."""
    project = Project(tmp_path)
    project.write("shop/models.py")
    project.migration(
        "0001_initial",
        CreateModel("Item", [key(), ("n", models.IntegerField())]),
        CreateModel("Label", [key(), ("text", models.CharField(max_length=9))]),
    )
    project.migration(
        "0002_tags",
        CreateModel(
            "Tag", [key(), ("item", foreign_key("shop.Item")), ("text", models.TextField())]
        ),
        AddField("Item", "color", models.CharField(max_length=9, null=True, db_index=True)),
    )
    project.migration(
        NEWEST,
        AlterField("Item", "n", models.DecimalField(max_digits=9, decimal_places=2)),
        AddField("Item", "labels", models.ManyToManyField("shop.Label")),
        AddField("Item", "code", models.CharField(max_length=9, default="-", unique=False)),
    )
    with project.installed():
        yield project


def fill(alias: str) -> None:
    """All applied, and rows in every table."""
    empty(alias)
    plain(alias, "shop")
    rows = {
        "shop_item": [(1, "1.00", "red", "a"), (2, "2.00", None, "b"), (3, "-3.00", "blue", "c")],
        "shop_label": [(1, "x"), (2, "y")],
        "shop_tag": [(1, "first", 1), (2, "second", 3)],
        "shop_item_labels": [(1, 1, 1), (2, 1, 2), (3, 3, 2)],
    }
    columns = {
        "shop_item": "id, n, color, code",
        "shop_label": "id, text",
        "shop_tag": "id, text, item_id",
        "shop_item_labels": "id, item_id, label_id",
    }
    with connections[alias].cursor() as cursor:
        for table, values in rows.items():
            marks = ", ".join(["%s"] * len(values[0]))
            cursor.executemany(f"INSERT INTO {table} ({columns[table]}) VALUES ({marks})", values)


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[Project]:
    """One step that rounds on its way back; what it rounds is copied."""
    project = Project(tmp_path)
    project.write("shop/models.py")
    project.migration(OLDEST, CreateModel("Item", [key(), ("n", models.IntegerField())]))
    wider = models.DecimalField(max_digits=9, decimal_places=2)
    project.migration("0002_wider", AlterField("Item", "n", wider))
    with project.installed():
        yield project


def fill_narrow(alias: str) -> None:
    empty(alias)
    plain(alias, "shop")
    with connections[alias].cursor() as cursor:
        cursor.execute("INSERT INTO shop_item (id, n) VALUES (1, 1.25), (2, 2), (3, -3.5)")


def written_meanwhile(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("UPDATE shop_item SET n = 7 WHERE id = 3")


def assert_all_but_that(alias: str, before: list[Any], point: str | None) -> None:
    """Each row has its old value, but for the one written meanwhile; and no copy waits any more."""
    found = values(alias)["shop_item"]
    assert found[:2] == before[:2], point
    assert float(dict(found[2])["n"]) == 7, point
    archives = Catalogue(connections[alias]).find(states=[State.KEPT])
    assert archives == (), point


def reverted(alias: str) -> None:
    """At the oldest step, with the rows that are left there."""
    fill(alias)
    run(alias, "shop", OLDEST)


def run(alias: str, *words: str) -> None:
    outcome = harness.called(alias, "migrate_safe", *words, *YES)
    assert outcome.code == 0, outcome.err


def values(alias: str) -> dict[str, Any]:
    """The rows of every table, whatever the order of its columns is."""
    connection, found = connections[alias], {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith("shop_"):
                cursor.execute(f"SELECT * FROM {table}")
                names = [column[0] for column in cursor.description]
                found[table] = sorted(
                    sorted((n, str(v)) for n, v in zip(names, row, strict=True) if not ours(n))
                    for row in cursor.fetchall()
                )
    return found


def ours(name: str) -> bool:
    """Parked, or a mark that something is."""
    return name.startswith("_mt_")


def schema(alias: str) -> dict[str, Any]:
    """Without what is parked, and without the names of constraints: engines number them."""
    return {
        table: (
            sorted(map(str, (column for column in columns if not ours(column[0])))),
            sorted(str(c) for c in constraints.values() if not any(map(ours, c["columns"]))),
        )
        for table, (columns, constraints, _) in state(alias).items()
        if table.startswith("shop_")
    }


def finish(alias: str, *target: str) -> None:
    """As the status says: go on where a step is half-way, else the same command again."""
    status = harness.called(alias, "migrate_safe", "--status", "--skip-checks")
    assert status.code == 0, status.err
    half = "stopped half-way" in status.out
    words = ("--resume",) if half else target
    outcome = harness.called(alias, "migrate_safe", *words, *YES)
    assert outcome.code == 0, f"{status.out}\n{outcome.err}"


def told_truly(alias: str, stages: list[dict[str, Any]]) -> None:
    """What --status says is done, is; and nothing else is. ``stages``: the schema after 0, 1 and
    both of the steps."""
    status = harness.called(alias, "migrate_safe", "--status", "--skip-checks").out
    if "stopped half-way" in status or "was at work when its run stopped" in status:
        assert not connections[alias].features.can_rollback_ddl
        return
    done = re.match(r"(?:shop.+\n)*Run \d+ .+  (\d) of 2 steps", status)
    assert schema(alias) == stages[int(done[1]) if done else 0], status
    assert "  running  " not in status


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_revert(shop: Project, alias: str, tmp_path: Path, fault: Callable[..., None]) -> None:
    fill(alias)
    before, stages = values(alias), [schema(alias)]
    for target in ("0002", OLDEST):
        run(alias, "shop", target)
        stages.append(schema(alias))
    after = values(alias)
    run(alias, "shop")
    assert values(alias) == before
    target = ("shop", OLDEST)
    words = ("migrate_safe", *target, *YES)

    def check(ended: Ended) -> None:
        told_truly(alias, stages)
        finish(alias, *target)
        assert (schema(alias), records(alias)[-1]) == (stages[-1], ("shop", OLDEST)), ended.point
        assert values(alias) == after, ended.point
        run(alias, "shop")
        assert values(alias) == before, ended.point

    points = every_point(
        lambda: fill(alias),
        lambda number: run_with_fault(alias, words, fault, number, tmp_path),
        check,
    )
    sys.stdout.write(f"{ENGINE}: {points} points of a revert survived ({fault.__name__})\n")
    assert points > 20


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_going_in_again(
    shop: Project, alias: str, tmp_path: Path, fault: Callable[..., None]
) -> None:
    """What was archived comes back on the way."""
    words = ("migrate_safe", "shop", *YES)
    fill(alias)
    before = values(alias)
    reverted(alias)
    stages = [schema(alias)]
    for target in ("0002", NEWEST):
        run(alias, "shop", target)
        stages.append(schema(alias))
    assert values(alias) == before

    def check(ended: Ended) -> None:
        if harness.called(alias, "migrate_safe", "--status", "--skip-checks").out.count("Run ") > 1:
            told_truly(alias, stages)
        finish(alias, "shop")
        assert (schema(alias), records(alias)[-1]) == (stages[-1], ("shop", NEWEST)), ended.point
        assert values(alias) == before, ended.point

    points = every_point(
        lambda: reverted(alias),
        lambda number: run_with_fault(alias, words, fault, number, tmp_path),
        check,
    )
    sys.stdout.write(f"{ENGINE}: {points} points of the way in survived ({fault.__name__})\n")
    assert points > 20


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_values_that_are_copied(
    narrow: Project, alias: str, tmp_path: Path, fault: Callable[..., None]
) -> None:
    """What somebody writes before the next command stays, once all is taken again."""
    fill_narrow(alias)
    before = values(alias)["shop_item"]
    words = ("migrate_safe", "shop", OLDEST, *YES)

    def check(ended: Ended) -> None:
        written_meanwhile(alias)
        finish(alias, "shop", OLDEST)
        assert records(alias)[-1] == ("shop", OLDEST), ended.point
        run(alias, "shop")
        assert_all_but_that(alias, before, ended.point)

    points = every_point(
        lambda: fill_narrow(alias),
        lambda number: run_with_fault(alias, words, fault, number, tmp_path),
        check,
    )
    sys.stdout.write(f"{ENGINE}: {points} points of a copy survived ({fault.__name__})\n")
    assert points > 10


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_copied_values_that_come_back(
    narrow: Project, alias: str, tmp_path: Path, fault: Callable[..., None]
) -> None:
    """What somebody writes before the next command stays; the rest comes back, once."""
    fill_narrow(alias)
    before = values(alias)["shop_item"]
    words = ("migrate_safe", "shop", *YES)

    def narrowed() -> None:
        fill_narrow(alias)
        run(alias, "shop", OLDEST)

    def check(ended: Ended) -> None:
        written_meanwhile(alias)
        finish(alias, "shop")
        assert records(alias)[-1] == ("shop", "0002_wider"), ended.point
        assert_all_but_that(alias, before, ended.point)

    points = every_point(
        narrowed, lambda number: run_with_fault(alias, words, fault, number, tmp_path), check
    )
    sys.stdout.write(f"{ENGINE}: {points} points of a way back survived ({fault.__name__})\n")
    assert points > 10


@pytest.fixture
def keyed(tmp_path: Path) -> Iterator[Project]:
    """One step that drops a column with a foreign key on its way back."""
    project = Project(tmp_path)
    project.write("shop/models.py")
    project.migration(OLDEST, CreateModel("Item", [key()]), CreateModel("Tag", [key()]))
    project.migration("0002_key", AddField("Tag", "item", foreign_key("shop.Item", null=True)))
    with project.installed():
        yield project


def test_a_column_with_a_foreign_key(keyed: Project, alias: str, tmp_path: Path) -> None:
    """Where its key is dropped first, the step begun anew finds no key to drop, and goes on."""
    target = ("shop", OLDEST, "--no-archive")
    words = ("migrate_safe", *target, *YES)

    def start() -> None:
        empty(alias)
        plain(alias, "shop")
        with connections[alias].cursor() as cursor:
            cursor.execute("INSERT INTO shop_item (id) VALUES (1)")
            cursor.execute("INSERT INTO shop_tag (id, item_id) VALUES (1, 1), (2, NULL)")

    def check(ended: Ended) -> None:
        finish(alias, *target)
        assert records(alias)[-1] == ("shop", OLDEST), ended.point
        assert values(alias)["shop_tag"] == [[("id", "1")], [("id", "2")]], ended.point

    points = every_point(
        start, lambda number: run_with_fault(alias, words, harness.kill, number, tmp_path), check
    )
    sys.stdout.write(f"{ENGINE}: {points} points of a dropped key survived\n")
    assert points > 5
