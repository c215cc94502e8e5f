"""Whole runs: what goes is parked, and the step taken the other way brings it back."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections, models
from django.db.migrations import AddField, RemoveField

from migration_tools.archives.catalogue import Catalogue, State
from tests.helpers import (
    Project,
    changes_tables,
    foreign_key,
    insert,
    model,
    refusal,
    sql,
)

pytestmark = changes_tables


def safe(*words: str, **options: Any) -> None:
    given = {"verbosity": 0, "skip_checks": True, "allow_data_loss": True, **options}
    call_command("migrate_safe", *words, **given)


def states() -> list[tuple[str, str, str]]:
    found = Catalogue(connections["default"]).find()
    return [(a.kind.value, a.column or a.table, a.state.value) for a in reversed(found)]


def parked_names() -> list[str]:
    return [name for name in connection.introspection.table_names() if name.startswith("_mt_")]


def seen() -> Any:
    """Columns, constraints and rows of every table of the shop."""
    with connection.cursor() as cursor:
        tables = [t for t in connection.introspection.table_names(cursor) if t.startswith("shop")]
        found = {}
        for table in sorted(tables):
            columns = connection.introspection.get_table_description(cursor, table)
            names = [column.name for column in columns]
            found[table] = (
                [tuple(column) for column in columns],
                connection.introspection.get_constraints(cursor, table),
                sorted(map(repr, sql(f"SELECT {', '.join(names)} FROM {table}"))),
            )
    return found


@pytest.fixture
def project(project: Project) -> Project:
    project.write("shop/models.py")  # `migrate` announces its plan to apps with models only
    return project


@pytest.fixture
def shop(project: Project) -> Project:
    project.migration("0001_initial", model("Maker"), model("Item", a=models.IntegerField()))
    project.migration(
        "0002_more",
        AddField("Item", "price", models.IntegerField(null=True, db_index=True)),
        AddField("Item", "maker", foreign_key("shop.Maker", null=True)),
        AddField("Item", "kind", models.IntegerField(default=3)),
        AddField("Item", "makers", models.ManyToManyField("shop.Maker", related_name="+")),
        model("Part", item=foreign_key("shop.Item"), name=models.CharField(max_length=9)),
    )
    return project


def fill() -> None:
    insert("shop_maker", id=[1, 2])
    insert(
        "shop_item",
        id=[1, 2, 3],
        a=[1, 2, 3],
        price=[10, None, 30],
        maker_id=[1, 2, None],
        kind=[1, 2, 3],
    )
    insert("shop_item_makers", id=[1, 2], item_id=[1, 2], maker_id=[1, 1])
    insert("shop_part", id=[1, 2], item_id=[1, 3], name=["x", "y"])


def test_a_revert_and_the_way_back(shop: Project) -> None:
    with shop.installed():
        safe("shop")
        fill()
        before = seen()
        safe("shop", "0001")
        assert states() == [
            ("table", "shop_part", "kept"),
            ("table", "shop_item_makers", "kept"),
            ("column", "kind", "kept"),
            ("column", "maker_id", "kept"),
            ("column", "price", "kept"),
        ]
        safe("shop", "0002")
        assert {state for *_, state in states()} == {"returned"}
        assert seen() == before
        assert parked_names() == []


def test_a_run_taken_back_by_undo(shop: Project) -> None:
    with shop.installed():
        safe("shop")
        fill()
        before = seen()
        safe("shop", "0001")
        safe(undo=0)
        assert seen() == before
        safe(undo=0)
        safe(undo=0)
        assert seen() == before
        assert {state for *_, state in states()} == {"returned"}
        assert len(states()) == 10


def test_a_forward_loss_comes_back(shop: Project) -> None:
    shop.migration("0003_less", RemoveField("Item", "price"))
    with shop.installed():
        safe("shop", "0002")
        fill()
        before = seen()
        safe("shop")
        assert states() == [("column", "price", "kept")]
        safe("shop", "0002")
        assert seen() == before


def test_rows_born_meanwhile_get_what_django_gives_them(shop: Project) -> None:
    with shop.installed():
        safe("shop")
        fill()
        safe("shop", "0001")
        insert("shop_item", id=[7], a=[7])
        safe("shop")
        assert sql("SELECT price, maker_id, kind FROM shop_item WHERE id = 7") == [(None, None, 3)]
        assert sql("SELECT kind FROM shop_item ORDER BY id") == [(1,), (2,), (3,), (3,)]


def test_a_column_without_a_default_needs_a_fill(project: Project) -> None:
    project.migration(
        "0001_initial", model("Item", a=models.IntegerField(), code=models.IntegerField())
    )
    project.migration("0002_less", RemoveField("Item", "code"))
    with project.installed():
        safe("shop", "0001")
        insert("shop_item", id=[1, 2], a=[1, 2], code=[10, 20])
        safe("shop")
        safe("shop", "0001")  # no row was added: no fill, and no blocker
        assert sql("SELECT code FROM shop_item ORDER BY id") == [(10,), (20,)]
        safe("shop")
        insert("shop_item", id=[3], a=[3])
        text = refusal("migrate_safe", "shop", "0001", allow_data_loss=True, skip_checks=True)
        assert "1 row of" in text
        assert states()[-1] == ("column", "code", "kept")
        safe("shop", "0001", fill=["shop.item.code=99"])
        assert sql("SELECT code FROM shop_item ORDER BY id") == [(10,), (20,), (99,)]


def test_without_restore_it_is_made_anew(shop: Project) -> None:
    with shop.installed():
        safe("shop")
        fill()
        safe("shop", "0001")
        safe("shop", no_restore=True)
        assert {state for *_, state in states()} == {State.SUPERSEDED}
        assert sql("SELECT price FROM shop_item ORDER BY id") == [(None,)] * 3
        safe("shop", "0001")
        safe("shop")
        assert [state for *_, state in states()] == [State.SUPERSEDED] * 5 + [State.RETURNED]


def test_what_went_last_comes_back_even_if_it_held_nothing(shop: Project) -> None:
    with shop.installed():
        safe("shop")
        fill()
        safe("shop", "0001")
        shop.migrate("shop")  # plain: it knows of no archive
        sql("DELETE FROM shop_item")
        safe("shop", "0001")
        safe("shop")
        assert {state for *_, state in states()} == {State.SUPERSEDED}
        assert sql("SELECT count(*) FROM shop_part") == [(0,)]


def test_without_archive_nothing_is_kept(shop: Project) -> None:
    with shop.installed():
        safe("shop")
        fill()
        safe("shop", "0001", no_archive=True)
        assert states() == []
        safe("shop")
        assert sql("SELECT price FROM shop_item ORDER BY id") == [(None,)] * 3


def test_what_holds_nothing_is_not_kept(shop: Project) -> None:
    with shop.installed():
        safe("shop")
        insert("shop_item", id=[1], a=[1], kind=[3])
        safe("shop", "0001")
        assert states() == [("column", "kind", "kept")]


def test_a_parent_that_is_gone_stops_the_way_back(shop: Project) -> None:
    with shop.installed():
        safe("shop")
        fill()
        safe("shop", "0001")
        sql("DELETE FROM shop_maker WHERE id = 2")
        text = refusal("migrate_safe", "shop", allow_data_loss=True, skip_checks=True)
        assert "cannot come back" in text
        assert "1 rows of" in text
        insert("shop_maker", id=[2])


def test_a_plain_migrate_is_warned(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.migration("0001_initial", model("Item", a=models.IntegerField()))
    project.migration("0002_more", AddField("Item", "kind", models.IntegerField(default=3)))
    with project.installed():
        safe("shop")
        insert("shop_item", id=[1], a=[1], kind=[5])
        safe("shop", "0001")
        capsys.readouterr()
        call_command("migrate", "shop", "0001", skip_checks=True)
        assert "parked" not in capsys.readouterr().err
        call_command("migrate", "shop", "zero", skip_checks=True)
        assert capsys.readouterr().err == (
            "shop.0001_initial drops shop_item, and with it the columns that are parked there "
            "(archive 1). migrate_safe keeps both.\n"
        )


def test_a_parked_column_goes_along_with_its_table(project: Project) -> None:
    project.migration("0001_initial", model("Item", a=models.IntegerField()))
    project.migration("0002_more", AddField("Item", "kind", models.IntegerField(default=3)))
    with project.installed():
        safe("shop")
        insert("shop_item", id=[1], a=[1], kind=[5])
        safe("shop", "0001")
        safe("shop", "zero")
        assert states() == [("column", "kind", "kept"), ("table", "shop_item", "kept")]
        safe("shop")
        assert sql("SELECT id, a, kind FROM shop_item") == [(1, 1, 5)]


def test_an_edited_migration_is_not_given_what_another_took(project: Project) -> None:
    project.migration("0001_initial", model("Item", a=models.IntegerField()))
    project.migration("0002_more", AddField("Item", "kind", models.IntegerField(null=True)))
    with project.installed():
        safe("shop")
        insert("shop_item", id=[1], a=[1], kind=[5])
        safe("shop", "0001")
    path = project.folder / "shop/migrations/0002_more.py"
    path.write_text(path.read_text().replace("IntegerField(null", "BigIntegerField(null"))
    with project.installed():
        text = refusal("migrate_safe", "shop", skip_checks=True)
        assert "was edited since" in text
        safe("shop", no_restore=True)
        call_command("migration_archives", "restore", "1", stdout=io.StringIO())
        assert sql("SELECT kind FROM shop_item") == [(5,)]
