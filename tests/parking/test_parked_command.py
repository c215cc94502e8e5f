"""`migration_archives`, on archives that a run has made."""

from __future__ import annotations

import csv
import datetime
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, models
from django.db.migrations import AddField
from django.utils.timezone import now

from migration_tools.archives.catalogue import Catalogue, State
from migration_tools.archives.converting import Conversion
from migration_tools.reports.archives import HEADINGS
from tests.helpers import Project, changes_tables, insert, model, refusal, sql
from tests.twins import command_line

pytestmark = changes_tables
TABLE, COLUMN = 1, 2  # the numbers of the archives, in the order in which they are made


@pytest.fixture
def shop(project: Project) -> Any:
    project.write("shop/models.py")
    project.migration("0001_initial", model("Item", a=models.IntegerField()))
    project.migration(
        "0002_more",
        AddField("Item", "price", models.IntegerField(null=True, db_index=True)),
        model("Part", name=models.CharField(max_length=9, default="x")),
    )
    with project.installed():
        migrate("shop")
        insert("shop_item", id=[1, 2, 3], a=[1, 2, 3], price=[10, None, 30])
        insert("shop_part", id=[1, 2], name=["x", 'é "y", z'])
        migrate("shop", "0001")
        yield project


def migrate(*words: str) -> None:
    call_command("migrate_safe", *words, verbosity=0, skip_checks=True, allow_data_loss=True)


def archives(*words: Any, **options: Any) -> str:
    out = io.StringIO()
    call_command("migration_archives", *map(str, words), stdout=out, no_color=True, **options)
    return out.getvalue()


def as_json(*words: Any, **options: Any) -> Any:
    return json.loads(archives(*words, format="json", **options))


def states() -> dict[int, str]:
    return {a["archive"]: a["state"] for a in as_json("list", all=True)["archives"]}


def test_the_list(shop: Project) -> None:
    lines = archives().splitlines()
    assert lines[0].split() == [*HEADINGS]
    assert lines[1].split()[:5] == ["2", "2", "shop.0002_more", "column", "park"]
    assert connection.ops.quote_name("price") in lines[1]
    assert "2  in its table  kept" in lines[1]
    assert lines[2].split()[:5] == ["1", "2", "shop.0002_more", "table", "park"]
    assert " B  kept" in lines[2] or " kB  kept" in lines[2]
    assert archives("list") == archives()


def test_the_list_as_json(shop: Project) -> None:
    report = as_json()
    assert (report["version"], report["database"]) == (1, "default")
    column, table = report["archives"]
    assert table["size"] > 0
    assert {**table, "size": None, "created": None, "changed": None} == {
        "archive": 1,
        "run": 2,
        "app": "shop",
        "name": "0002_more",
        "direction": "backwards",
        "kind": "table",
        "strategy": "park",
        "table": "shop_part",
        "column": None,
        "rows": 2,
        "estimated": False,
        "size": None,
        "state": "kept",
        "gone": False,
        "place": "_mt_1",
        "created": None,
        "changed": None,
    }
    assert (column["column"], column["rows"], column["size"]) == ("price", 2, None)


def test_what_somebody_has_dropped_is_said_to_be_gone(shop: Project) -> None:
    sql("DROP TABLE _mt_1")
    assert "dropped by somebody" in archives("show", TABLE)
    assert [a["gone"] for a in as_json()["archives"]] == [False, True]
    assert "no longer in the database" in refusal("migration_archives", "export", "1")


def test_one_archive(shop: Project) -> None:
    told = archives("show", COLUMN)
    assert told.startswith("Archive 2: column ")
    assert "Taken by shop.0002_more (backwards) in run 2" in told
    assert "Rows: 3" in told  # those that were there, NULL or not
    assert "called _mt_2_1 meanwhile" in told  # its index
    assert as_json("show", TABLE)["archives"][0]["rows"] == 2


def test_an_export(shop: Project, tmp_path: Path) -> None:
    insert("shop_item", id=[9], a=[9])  # was not there
    exported = list(csv.reader(io.StringIO(archives("export", COLUMN))))
    assert exported[0] == ["id", "price"]
    assert sorted(exported[1:]) == [["1", "10"], ["2", ""], ["3", "30"]]
    lines = archives("export", TABLE, format="jsonl").splitlines()
    assert [json.loads(line) for line in lines] == [
        {"id": 1, "name": "x"},
        {"id": 2, "name": 'é "y", z'},
    ]
    path = tmp_path / "part.csv"
    archives("export", TABLE, output=str(path))
    assert path.read_bytes().decode() == 'id,name\r\n1,x\r\n2,"é ""y"", z"\r\n'
    assert [p.name for p in tmp_path.iterdir() if "part" in p.name] == ["part.csv"]
    nowhere = refusal("migration_archives", "export", "1", output=str(tmp_path / "no" / "x.csv"))
    assert nowhere.startswith("Cannot write ")


# --- restore ------------------------------------------------------------------------------------


def test_a_column_back_by_hand(shop: Project) -> None:
    assert "is back where it was" in archives("restore", COLUMN)
    assert sql("SELECT id, price FROM shop_item ORDER BY id") == [(1, 10), (2, None), (3, 30)]
    assert states() == {1: "kept", 2: "returned"}
    assert "is returned: it holds nothing" in refusal("migration_archives", "restore", "2")


def test_values_into_a_column_that_is_there_again(shop: Project) -> None:
    sql("ALTER TABLE shop_item ADD COLUMN price integer NULL")
    sql("UPDATE shop_item SET price = 11 WHERE id = 1")
    insert("shop_item", id=[9], a=[9])
    told = archives("restore", COLUMN)
    assert "1 values of archive 2 were written" in told
    assert "1 were written since" in told
    query = told.partition("List them:  ")[2].strip().rstrip(";")
    assert [row[0] for row in sql(query)] == [1]
    prices = sql("SELECT id, price FROM shop_item ORDER BY id")
    assert prices == [(1, 11), (2, None), (3, 30), (9, None)]
    assert states()[2] == "kept"
    assert as_json("restore", COLUMN, overwrite=True) == {
        "archive": 2,
        "moved": False,
        "rows": 1,
        "kept": 0,
    }
    assert sql("SELECT price FROM shop_item WHERE id = 1") == [(10,)]
    assert states()[2] == "returned"
    assert "_mt_" not in repr(
        connection.introspection.get_table_description(connection.cursor(), "shop_item")
    )


def test_a_table_back_by_hand(shop: Project) -> None:
    archives("restore", TABLE)
    assert sql("SELECT id FROM shop_part ORDER BY id") == [(1,), (2,)]


def test_rows_into_a_table_that_is_there_again(shop: Project) -> None:
    shop.migrate("shop")
    sql("INSERT INTO shop_part (name) VALUES ('new')")  # takes the first number
    told = archives("restore", TABLE)
    assert "1 rows of archive 1 were written" in told
    assert "1 were written since" in told
    assert sql("SELECT id, name FROM shop_part ORDER BY id") == [(1, "new"), (2, 'é "y", z')]
    assert states()[1] == "kept"
    sql("DELETE FROM shop_part WHERE id = 1")
    archives("restore", TABLE)
    sql("DELETE FROM shop_part WHERE id = 2")
    assert sql("SELECT id FROM shop_part") == [(1,)]
    sql("INSERT INTO shop_part (name) VALUES ('next')")  # numbers go on after those restored
    assert sql("SELECT max(id) > 2 FROM shop_part") == [(1,)]


# --- purge --------------------------------------------------------------------------------------


def test_a_purge(shop: Project) -> None:
    assert "Purged" not in archives("purge", dry_run=True)
    assert states() == {1: "kept", 2: "kept"}
    assert "Purged 1 archive." in archives("purge", TABLE, interactive=False)
    assert states() == {1: "purged", 2: "kept"}
    assert "_mt_1" not in connection.introspection.table_names()
    archives("purge", interactive=False)
    assert states() == {1: "purged", 2: "purged"}
    columns = connection.introspection.get_table_description(connection.cursor(), "shop_item")
    assert [column.name for column in columns] == ["id", "a"]
    assert archives() == "No archives.\n"
    migrate("shop")  # with nothing to bring back


def test_only_what_is_older_or_not_among_the_newest(shop: Project) -> None:
    catalogue = Catalogue(connections["default"])
    catalogue.change(TABLE, created=now() - datetime.timedelta(days=40))

    def goes(**options: Any) -> list[int]:
        found = as_json("purge", dry_run=True, **options)["archives"]
        return [archive["archive"] for archive in found]

    assert goes() == [2, 1]
    assert goes(older_than="30d") == [1]
    assert goes(older_than="50d") == []
    assert goes(keep="1") == [1]


def test_nobody_is_asked_in_vain(shop: Project) -> None:
    outcome = command_line("migration_archives", "purge")
    assert outcome.code == 1
    assert "2 archives would go for good, and there is nobody to ask" in outcome.err
    assert states() == {1: "kept", 2: "kept"}


@pytest.mark.parametrize(("answer", "left"), [("y", "purged"), ("n", "kept")])
def test_a_person_is_asked(
    shop: Project, monkeypatch: pytest.MonkeyPatch, answer: str, left: str
) -> None:
    monkeypatch.setattr("migration_tools.management.base.is_interactive", lambda: True)
    asked: list[str] = []
    monkeypatch.setattr("builtins.input", lambda text: asked.append(text) or answer)
    if answer == "y":
        archives("purge", TABLE)
    else:
        with pytest.raises(CommandError, match="Not confirmed"):
            archives("purge", TABLE)
    assert asked == ["  1 archive will be gone for good. Continue? [y/N] "]
    assert states()[TABLE] == left


def test_a_purge_that_stopped_is_gone_on_with(shop: Project) -> None:
    Catalogue(connections["default"]).change(COLUMN, state=State.PURGING)
    archives("purge", COLUMN, interactive=False)
    assert states()[COLUMN] == "purged"


# --- copy ---------------------------------------------------------------------------------------


def test_a_parked_column_becomes_a_copy(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migration_tools.archives.converting.BATCH", 2)
    insert("shop_item", id=[9], a=[9])  # was not there
    before = archives("export", COLUMN)
    assert archives("copy", COLUMN) == "Archive 2 is a copy now, of 3 rows.\n"
    columns = connection.introspection.get_table_description(connection.cursor(), "shop_item")
    assert [column.name for column in columns] == ["id", "a"]
    assert sql("SELECT key_1, value FROM _mt_2 ORDER BY 1") == [(1, 10), (2, None), (3, 30)]
    assert sorted(archives("export", COLUMN).splitlines()) == sorted(before.splitlines())
    (archive,) = (a for a in as_json()["archives"] if a["archive"] == COLUMN)
    assert (archive["strategy"], archive["rows"], archive["place"]) == ("copy", 3, "_mt_2")
    assert archive["size"] > 0
    archives("purge", COLUMN, interactive=False)
    assert "_mt_2" not in connection.introspection.table_names()


def test_a_copy_that_was_interrupted_is_gone_on_with(shop: Project) -> None:
    archive = Catalogue(connections["default"]).get(COLUMN)
    assert archive is not None
    half = Conversion(connections["default"], archive)
    column = archive.details["parked"]["parked_name"]
    half._make("shop_item", column, ["id"])
    half._batch("shop_item", column, "id < 2", ["id"])
    assert "of 3 rows" in archives("copy", COLUMN)


def test_what_cannot_become_a_copy(shop: Project) -> None:
    assert "is a table of its own already" in refusal("migration_archives", "copy", "1")
    archives("purge", COLUMN, interactive=False)
    assert "holds nothing" in refusal("migration_archives", "copy", "2")
