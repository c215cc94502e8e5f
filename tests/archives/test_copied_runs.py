"""Whole runs that copy: what goes is copied, and the step taken the other way brings it back.

``--archive copy`` on every engine, so that those which would park are judged as well.
"""

from __future__ import annotations

import datetime
import decimal
import io
import json
import uuid
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, models
from django.db.migrations import AddField, AlterField, RemoveField, RunSQL

from migration_tools.archives.catalogue import Catalogue, State
from migration_tools.execution.archiving import Archivist
from tests.helpers import Project, changes_tables, foreign_key, insert, model, quote, refusal, sql

pytestmark = changes_tables


def safe(*words: str, **options: Any) -> str:
    out = io.StringIO()
    given = {"skip_checks": True, "allow_data_loss": True, "archive": "copy", **options}
    call_command("migrate_safe", *words, interactive=False, stdout=out, stderr=out, **given)
    return out.getvalue()


def states() -> list[tuple[str, str, str]]:
    found = Catalogue(connections["default"]).find()
    return [(a.kind.value, a.column or a.table, a.state.value) for a in reversed(found)]


def copies() -> list[str]:
    return [name for name in connection.introspection.table_names() if name.startswith("_mt_")]


def seen() -> Any:
    """Columns, constraints and rows of every table of the shop."""
    found = {}
    with connection.cursor() as cursor:
        tables = [t for t in connection.introspection.table_names(cursor) if t.startswith("shop")]
        for table in sorted(tables):
            columns = connection.introspection.get_table_description(cursor, table)
            # SQLite puts a column that was changed first.
            names = sorted(column.name for column in columns)
            constraints = connection.introspection.get_constraints(cursor, table)
            listed = ", ".join(map(quote, names))
            found[table] = (
                sorted((c.name, c.type_code, c.null_ok) for c in columns),
                sorted(
                    repr((c["columns"], c["unique"], c["foreign_key"], c["check"]))
                    for c in constraints.values()
                ),
                sorted(map(repr, sql(f"SELECT {listed} FROM {table}"))),
            )
    return found


@pytest.fixture
def project(project: Project) -> Project:
    project.write("shop/models.py")  # `migrate` announces its plan to apps with models only
    return project


MOMENT = datetime.datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=datetime.UTC)
KINDS: dict[str, tuple[models.Field[Any, Any], list[Any]]] = {
    "null": (models.IntegerField(null=True), [1, None, 3]),
    "null with default": (models.IntegerField(null=True, default=7), [1, None, 7]),
    "not null": (models.IntegerField(), [1, 0, 3]),
    "default": (models.IntegerField(default=7), [1, 7, 3]),
    "db_default": (models.IntegerField(db_default=7), [1, 7, 3]),
    "unique": (models.CharField(max_length=9, unique=True), ["a", "b", ""]),
    "indexed": (models.CharField(max_length=9, db_index=True), ["a", "A ", ""]),
    "positive": (models.PositiveIntegerField(), [0, 1, 2]),
    "text": (models.TextField(blank=True), ["", "é😀'\"\\%s", "x\ny"]),
    "decimal": (
        models.DecimalField(max_digits=9, decimal_places=3),
        [decimal.Decimal("0.001"), decimal.Decimal("-5.5"), decimal.Decimal(0)],
    ),
    "float": (models.FloatField(), [0.1, -1e300, 3.0]),
    "boolean": (models.BooleanField(null=True), [True, None, False]),
    "moment": (models.DateTimeField(auto_now=True), [MOMENT, MOMENT, MOMENT]),
    "day": (models.DateField(null=True), [MOMENT.date(), None, MOMENT.date()]),
    "duration": (models.DurationField(), [datetime.timedelta(microseconds=n) for n in (1, 2, 3)]),
    "uuid": (models.UUIDField(default=uuid.uuid4), [uuid.UUID(int=n) for n in (1, 2, 3)]),
    "json": (models.JSONField(default=dict), [{"a": [1, None]}, [], "x"]),
    "binary": (models.BinaryField(), [b"\x00\xff", b"", b"'"]),
    "key": (foreign_key("shop.Maker", null=True), [1, None, 2]),
    "one to one": (models.OneToOneField("shop.Maker", models.CASCADE, null=True), [1, None, 2]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_comes_back(project: Project, kind: str) -> None:
    field, values = KINDS[kind]
    project.migration("0001_initial", model("Maker"), model("Item", a=models.IntegerField()))
    project.migration("0002_more", AddField("Item", "v", field))
    with project.installed():
        project.migrate("shop")
        insert("shop_maker", id=[1, 2])
        column = "v_id" if field.is_relation else "v"
        stored = [
            field.get_db_prep_save(v, connection) if not field.is_relation else v for v in values
        ]
        insert("shop_item", id=[1, 2, 3], a=[10, 20, 30], **{column: stored})
        before = seen()
        safe("shop", "0001")
        assert seen() != before
        assert copies()
        safe("shop")
        assert seen() == before
        assert copies() == []
        assert [state for _, _, state in states()] == ["returned"]


def test_tables_come_back(project: Project) -> None:
    """With links, a key to itself, and a key that is no number."""
    code = models.CharField(max_length=9, primary_key=True)
    project.migration("0001_initial", model("Maker"))
    project.migration(
        "0002_more",
        model(
            "Item", makers=models.ManyToManyField("shop.Maker"), next=foreign_key("self", null=True)
        ),
        model("Part", item=foreign_key("shop.Item"), name=models.CharField(max_length=9)),
    )
    project.migration("0003_code", model_with_key("Code", code))
    with project.installed():
        project.migrate("shop")
        insert("shop_maker", id=[1, 2])
        insert("shop_item", id=[1, 2, 5], next_id=[1, 1, 5])
        insert("shop_item_makers", id=[1, 4], item_id=[1, 5], maker_id=[2, 2])
        insert("shop_part", id=[3], item_id=[5], name=["x"])
        insert("shop_code", code=["a", "B"], n=[1, None])
        before = seen()
        safe("shop", "0001")
        assert set(seen()) == {"shop_maker"}
        safe("shop")
        assert seen() == before
        assert copies() == []
        # A new row gets a number that was not there.
        sql("INSERT INTO shop_part (item_id, name) VALUES (1, 'new')")
        assert sql("SELECT MAX(id) > 3 FROM shop_part")[0][0]


def model_with_key(name: str, key: models.Field[Any, Any]) -> Any:
    from django.db.migrations import CreateModel

    return CreateModel(name, [("code", key), ("n", models.IntegerField(null=True))])


@pytest.fixture
def narrowed(project: Project) -> Project:
    """Values that every engine cuts or turns into something else on the way to 0002."""
    project.migration(
        "0001_initial",
        model("Item", v=models.CharField(max_length=20, null=True)),
    )
    project.migration("0002_whole", AlterField("Item", "v", models.IntegerField(null=True)))
    return project


def test_changed_values_come_back(narrowed: Project) -> None:
    with narrowed.installed():
        narrowed.migrate("shop", "0001")
        insert("shop_item", id=[1, 2, 3, 4], v=["007", "8", None, "09"])
        before = seen()
        text = safe("shop", "0002")
        assert "copied" in text
        assert [row[0] for row in sql("SELECT v FROM shop_item ORDER BY id")] == [7, 8, None, 9]
        safe("shop", "0001")
        assert seen() == before
        assert states() == [("values", "v", "returned")]


def test_what_was_written_since_stays(narrowed: Project) -> None:
    with narrowed.installed():
        narrowed.migrate("shop", "0001")
        insert("shop_item", id=[1, 2, 3], v=["007", "08", "09"])
        safe("shop", "0002")
        sql("UPDATE shop_item SET v = 5 WHERE id = 1")
        sql("DELETE FROM shop_item WHERE id = 2")
        sql("INSERT INTO shop_item (id, v) VALUES (9, 1)")
        text = safe("shop", "0001")
        assert sql("SELECT id, v FROM shop_item ORDER BY id") == [(1, "5"), (3, "09"), (9, "1")]
        assert "1 value came back to" in text
        assert "1 row was deleted since, and stays away." in text
        assert "1 value was written since, and stays as it is." in text
        assert "manage.py migration_archives show 1" in text
        # The value that did not come back can still be seen.
        assert states() == [("values", "v", "superseded")]
        assert copies()


@pytest.fixture
def removed(project: Project) -> Project:
    project.migration("0001_initial", model("Item", v=models.IntegerField()))
    project.migration("0002_gone", RemoveField("Item", "v"))
    return project


def test_rows_that_were_added_since_need_a_value(removed: Project) -> None:
    with removed.installed():
        removed.migrate("shop", "0001")
        insert("shop_item", id=[1, 2], v=[10, 20])
        safe("shop")
        insert("shop_item", id=[3])
        sql("DELETE FROM shop_item WHERE id = 2")
        told = refusal(
            "migrate_safe",
            "shop",
            "0001",
            archive="copy",
            allow_data_loss=True,
            skip_checks=True,
            interactive=False,
        )
        assert "1 row of" in told
        safe("shop", "0001", fill=["shop.item.v=7"])
        assert sql("SELECT id, v FROM shop_item ORDER BY id") == [(1, 10), (3, 7)]


def test_without_restore_the_copy_stays(removed: Project) -> None:
    with removed.installed():
        removed.migrate("shop", "0001")
        insert("shop_item", id=[1], v=[10])
        safe("shop")
        sql("DELETE FROM shop_item")
        safe("shop", "0001", no_restore=True)
        assert states() == [("column", "v", "superseded")]
        assert sql(f"SELECT value FROM {copies()[0]}") == [(10,)]


def test_without_archive_nothing_is_kept(removed: Project) -> None:
    with removed.installed():
        removed.migrate("shop", "0001")
        insert("shop_item", id=[1], v=[10])
        text = safe("shop", no_archive=True)
        assert "copied" not in text
        assert copies() == []


def test_nothing_is_copied_of_nothing(removed: Project) -> None:
    with removed.installed():
        removed.migrate("shop", "0001")
        safe("shop")
        assert copies() == []
        assert states() == []


def test_more_than_was_shown_stops_the_step(
    removed: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = Archivist.prepare

    def written_meanwhile(self: Archivist, assessment: Any) -> None:
        prepare(self, assessment)
        insert("shop_item", id=[2], v=[20])

    monkeypatch.setattr(Archivist, "prepare", written_meanwhile)
    with removed.installed():
        removed.migrate("shop", "0001")
        insert("shop_item", id=[1], v=[10])
        told = refusal(
            "migrate_safe",
            "shop",
            archive="copy",
            allow_data_loss=True,
            skip_checks=True,
            interactive=False,
        )
        assert "holds more by now than was shown: 2 instead of 1" in told
        assert sql("SELECT id, v FROM shop_item ORDER BY id") == [(1, 10), (2, 20)]
        assert copies() == []


def test_the_step_itself_runs_as_strictly_as_ever(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What keeps the copy takes any value; what would not fit the step is refused all the same."""
    prepare = Archivist.prepare

    def written_meanwhile(self: Archivist, assessment: Any) -> None:
        prepare(self, assessment)
        sql("UPDATE shop_item SET v = 70000 WHERE id = 2")

    wide = models.DecimalField(max_digits=9, decimal_places=2)
    project.migration("0001_initial", model("Item", v=wide))
    project.migration("0002_small", AlterField("Item", "v", models.SmallIntegerField()))
    monkeypatch.setattr(Archivist, "prepare", written_meanwhile)
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_item", id=[1, 2], v=["1.25", "2"])
        if connection.vendor == "sqlite":  # any number fits any column
            safe("shop")
            assert sql("SELECT v FROM shop_item WHERE id = 2") == [(70000,)]
            return
        with pytest.raises(CommandError, match=r"(?i)out of range"):
            safe("shop")
        kept = [str(v) for (v,) in sql("SELECT v FROM shop_item ORDER BY id")]
        assert kept == ["1.25", "70000.00"]


def test_undo_takes_data_along(removed: Project) -> None:
    with removed.installed():
        removed.migrate("shop", "0001")
        insert("shop_item", id=[1, 2], v=[10, 20])
        before = seen()
        text = safe("shop")
        assert "Done as run 1. To take it back, data included:" in text
        assert text.endswith("manage.py migrate_safe --undo 1\n")
        assert "Done as run" not in safe(undo=1)
        assert seen() == before
        safe(undo=2)
        safe(undo=3)
        assert seen() == before
        assert {state for _, _, state in states()} == {State.RETURNED}


def test_a_key_whose_target_is_gone_is_found_before(project: Project) -> None:
    project.migration("0001_initial", model("Maker"), model("Item", a=models.IntegerField()))
    project.migration("0002_more", AddField("Item", "maker", foreign_key("shop.Maker", null=True)))
    with project.installed():
        project.migrate("shop")
        insert("shop_maker", id=[1, 2])
        insert("shop_item", id=[1, 2], a=[10, 20], maker_id=[1, 2])
        safe("shop", "0001")
        sql("DELETE FROM shop_maker WHERE id = 2")
        before = seen()
        told = refusal(
            "migrate_safe",
            "shop",
            archive="copy",
            allow_data_loss=True,
            skip_checks=True,
            interactive=False,
        )
        assert "1 row points to rows of shop_maker that are gone" in told
        assert seen() == before
        sql("INSERT INTO shop_maker (id) VALUES (2)")
        safe("shop")
        assert sql("SELECT id, maker_id FROM shop_item ORDER BY id") == [(1, 1), (2, 2)]


def test_a_copy_stays_until_its_step_is_done(project: Project) -> None:
    project.migration("0001_initial", model("Item", a=models.IntegerField()))
    project.migration("0002_more", AddField("Item", "v", models.IntegerField(null=True)))
    with project.installed():
        project.migrate("shop")
        insert("shop_item", id=[1, 2], a=[10, 20], v=[1, 2])
        safe("shop", "0001")
    # The same file, but for a statement behind it that the database refuses.
    wrong = RunSQL("SELECT 1 FROM nowhere_at_all", RunSQL.noop)
    project.remove("0002_more")
    project._last["shop"] = "0001_initial"
    project.migration("0002_more", AddField("Item", "v", models.IntegerField(null=True)), wrong)
    with project.installed():
        Catalogue(connections["default"])._rows().update(details=without_source())
        with pytest.raises(Exception, match="nowhere_at_all"):
            safe("shop")
        assert [state for _, _, state in states()] == ["kept"]
        assert sql(f"SELECT COUNT(value) FROM {copies()[0]}") == [(2,)]


def without_source() -> str:
    """What an archive knows, as if nobody had written down the file."""
    (archive,) = Catalogue(connections["default"]).find()
    return json.dumps({k: v for k, v in archive.details.items() if k != "source"})
