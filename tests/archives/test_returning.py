"""What comes back is told before the run, and asked about; what cannot, is refused before it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.db.migrations import AddField, AlterField

from migration_tools.journal import Journal
from tests.archives.test_copied_runs import project, safe, states
from tests.helpers import (
    Project,
    changes_tables,
    foreign_key,
    insert,
    is_clear,
    model,
    plan,
    plan_text,
    refusal,
    sql,
)
from tests.settings import ENGINE

__all__ = ["project"]

pytestmark = changes_tables

ARCHIVES = ["auto", "copy"]
NOTHING_RAN = "Nothing was changed."


def listed(text: str) -> Iterator[list[tuple[object, ...]]]:
    """The rows of every query in it."""
    for query in re.findall(r"ist them:  (SELECT .*;)", text):
        yield sql(query.removesuffix(";"))


def whole(**options: object) -> models.IntegerField[int, int]:
    return models.IntegerField(**options)


@pytest.fixture
def column(project: Project) -> Project:
    project.migration("0001_initial", model("Item", a=whole()))
    project.migration("0002_more", AddField("Item", "v", whole(default=7)))
    return project


def take_and_change(column: Project, archive: str) -> None:
    """The column is taken away; then one of its rows goes, and two are added."""
    column.migrate("shop")
    insert("shop_item", id=[1, 2, 3], a=[1, 2, 3], v=[10, 20, 30])
    safe("shop", "0001", archive=archive)
    sql("DELETE FROM shop_item WHERE id = 2")
    insert("shop_item", id=[8, 9], a=[1, 1])


@pytest.mark.parametrize("archive", ARCHIVES)
def test_a_column_is_told_with_what_does_not_fit(column: Project, archive: str) -> None:
    with column.installed():
        take_and_change(column, archive)
        text = safe("shop")
        assert "shop.0002_more: 2 values of" in text
        assert "(archive 1, run 1)" in text
        assert "2 rows were added since, and get what the migration gives them." in text
        copied = archive == "copy" or ENGINE == "sqlite"
        assert ("1 row was deleted since, and stays away." in text) == copied
        assert sql("SELECT id, v FROM shop_item ORDER BY id") == [(1, 10), (3, 30), (8, 7), (9, 7)]


@pytest.mark.parametrize("archive", ARCHIVES)
def test_a_plan_tells_it_too(column: Project, archive: str) -> None:
    with column.installed():
        take_and_change(column, archive)
        report = plan("shop")
        (back,) = report["returns"]
        query = {conflict["kind"]: conflict.pop("query") for conflict in back["conflicts"]}["born"]
        assert sql(query.removesuffix(";")) == [(8,), (9,)]
        assert {"kind": "born", "rows": 2} in back.pop("conflicts")
        of_archive = {"archive": 1, "run": 1, "kind": "column", "table": "shop_item", "column": "v"}
        assert back == {"app": "shop", "name": "0002_more", "rows": 2, **of_archive}
        assert report["return_refused"] is None
        for form in ("text", "markdown", "html"):
            text = plan_text("shop", format=form)
            assert "Back from archives" in text
            assert "2 rows were added since, and get what the migration gives them." in text
        assert "returns" not in plan("shop", start="zero")  # where the database is not


def test_a_plan_tells_what_cannot_come_back(column: Project) -> None:
    with column.installed():
        take_and_change(column, "copy")
        column.migration("0002_more", AddField("Item", "v", whole(default=8)))
        refused = (
            "v cannot come back from archive 1 at shop.0002_more: the migration is not the one"
        )
        assert refused in plan("shop")["return_refused"]
        assert "`migrate_safe` would refuse this plan" in plan_text("shop")
        assert f"{refused} that took it away" in refusal("migrate_safe", "shop", interactive=False)


def test_a_plan_that_brings_nothing_back_says_nothing(column: Project) -> None:
    with column.installed():
        report = plan("shop")
        assert (report["returns"], report["return_refused"]) == ([], None)
        assert "archives" not in plan_text("shop")


@pytest.mark.parametrize("archive", ARCHIVES)
def test_the_queries_list_the_rows(column: Project, archive: str) -> None:
    with column.installed():
        take_and_change(column, archive)
        text = asked(column, "\x03")
        copied = archive == "copy" or ENGINE == "sqlite"
        found = list(listed(text))
        assert found[-1] == [(8,), (9,)]
        assert found[:-1] == [[(2, 20)]] * copied
        assert len(Journal(connection).runs()) == 1


class Terminal:
    """Answers the questions of a run, and keeps what was seen."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.questions: list[str] = []
        self.answers: list[str] = []
        monkeypatch.setattr("migration_tools.management.base.is_interactive", lambda: True)
        monkeypatch.setattr("builtins.input", self.answer)

    def answer(self, question: str) -> str:
        self.questions.append(question)
        answer = self.answers.pop(0)
        if answer == "\x03":
            raise KeyboardInterrupt
        return answer


def asked(project: Project, answer: str, *words: str) -> str:
    """The output of a run at which the questions got these answers."""
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as monkeypatch:
        terminal = Terminal(monkeypatch)
        terminal.answers = [answer]
        try:
            call_command("migrate_safe", *(words or ("shop",)), stdout=out, skip_checks=True)
        except CommandError as error:
            out.write(f"CommandError: {error}")
        assert terminal.questions == ["  Bring it back? [Y/n] "]
    return out.getvalue()


@pytest.mark.parametrize("archive", ARCHIVES)
@pytest.mark.parametrize(("answer", "back"), [("", True), ("y", True), ("n", False), ("No", False)])
def test_the_question(column: Project, archive: str, answer: str, back: bool) -> None:
    with column.installed():
        column.migrate("shop")
        insert("shop_item", id=[1], a=[1], v=[10])
        safe("shop", "0001", archive=archive)
        assert "Back from archives:" in asked(column, answer)
        assert sql("SELECT v FROM shop_item") == [(10 if back else 7,)]
        assert [state for _, _, state in states()] == ["returned" if back else "superseded"]


def test_one_who_leaves_changes_nothing(column: Project) -> None:
    with column.installed():
        column.migrate("shop")
        insert("shop_item", id=[1], a=[1], v=[10])
        safe("shop", "0001")
        assert f"Not confirmed. {NOTHING_RAN}" in asked(column, "\x03")
        assert [state for _, _, state in states()] == ["kept"]


def test_whoever_declines_is_told_what_is_in_the_way_without_it(project: Project) -> None:
    """Without its values a NOT NULL column has none for the rows that are there."""
    project.migration("0001_initial", model("Item", a=whole()))
    project.migration("0002_more", AddField("Item", "v", whole()))
    with project.installed():
        project.migrate("shop")
        insert("shop_item", id=[1], a=[1], v=[10])
        safe("shop", "0001")
        if connection.vendor == "mysql":  # it invents one, and says so
            return
        assert "would be without a value" in asked(project, "n")
        asked(project, "y")
        assert sql("SELECT v FROM shop_item") == [(10,)]


def test_an_undo_is_not_asked_twice(column: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    with column.installed():
        column.migrate("shop")
        insert("shop_item", id=[1], a=[1], v=[10])
        safe("shop", "0001")
        terminal, out = Terminal(monkeypatch), io.StringIO()
        call_command("migrate_safe", undo=0, stdout=out, skip_checks=True)
        assert terminal.questions == []
        assert "Back from archives:" in out.getvalue()
        assert sql("SELECT v FROM shop_item") == [(10,)]


def test_nothing_is_told_where_nothing_comes_back(column: Project) -> None:
    with column.installed():
        assert "archive" not in safe("shop").lower()
        insert("shop_item", id=[1], a=[1], v=[10])
        safe("shop", "0001")
        assert "Back from" not in safe("shop", no_restore=True)


def test_changed_values_are_told_before_and_afterwards(project: Project) -> None:
    text = models.CharField(max_length=20, null=True)
    project.migration("0001_initial", model("Item", v=text))
    project.migration("0002_whole", AlterField("Item", "v", whole(null=True)))
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_item", id=[1, 2, 3], v=["007", "08", "009"])
        safe("shop")
        sql("UPDATE shop_item SET v = 5 WHERE id = 2")
        sql("DELETE FROM shop_item WHERE id = 3")
        told = safe("shop", "0001")
        before, _, after = told.partition("Running migrations")
        assert "shop.0002_whole: 1 value of" in before
        for part in (before, after):
            assert "1 row was deleted since, and stays away." in part
            assert "1 value was written since, and stays as it is." in part
        gone, edited = listed(after)
        assert gone[0][:2] == (3, "009")
        assert edited == [(2, "08")]
        assert sql("SELECT id, v FROM shop_item ORDER BY id") == [(1, "007"), (2, "5")]


@pytest.mark.parametrize("archive", ARCHIVES)
@pytest.mark.parametrize("kind", ["column", "table"])
def test_what_points_to_nothing_is_refused_before_the_run(
    project: Project, kind: str, archive: str
) -> None:
    key = foreign_key("shop.Maker", null=True)
    project.migration("0001_initial", model("Maker"), model("Part"), model("Other", a=whole()))
    item = model("Item", maker=key) if kind == "table" else AddField("Part", "maker", key)
    table = "shop_item" if kind == "table" else "shop_part"
    project.migration("0002_first", AddField("Other", "b", whole(null=True)))
    project.migration("0003_more", item)
    with project.installed():
        project.migrate("shop")
        insert("shop_maker", id=[1, 2])
        insert(table, id=[5, 6], maker_id=[1, 2])
        safe("shop", "0001", archive=archive)
        sql("DELETE FROM shop_maker WHERE id = 2")
        message = refusal("migrate_safe", "shop", skip_checks=True, interactive=False)
        assert "cannot come back from archive 1 at shop.0003_more: 1 row" in message
        assert is_clear(message)
        assert NOTHING_RAN in message
        (rows,) = listed(message)
        assert [row[0] for row in rows] == [6]
        # Not even the step before it.
        assert sql("SELECT COUNT(*) FROM django_migrations WHERE app = 'shop'") == [(1,)]
        insert("shop_maker", id=[2])
        safe("shop")
        assert sql(f"SELECT id, maker_id FROM {table} ORDER BY id") == [(5, 1), (6, 2)]


@pytest.mark.parametrize("archive", ARCHIVES)
def test_an_edited_migration_is_refused_before_the_run(project: Project, archive: str) -> None:
    project.migration("0001_initial", model("Item", a=whole()))
    project.migration("0002_first", AddField("Item", "b", whole(null=True)))
    project.migration("0003_more", AddField("Item", "v", whole(default=7)))
    with project.installed():
        project.migrate("shop")
        insert("shop_item", id=[1], a=[1], v=[10])
        safe("shop", "0001", archive=archive)
    project.remove("0003_more")
    project.migration(
        "0003_more", AddField("Item", "v", whole(default=8)), after=[("shop", "0002_first")]
    )
    with project.installed():
        message = refusal("migrate_safe", "shop", skip_checks=True, interactive=False)
        assert "it was edited since. Nothing was changed." in message
        assert sql("SELECT COUNT(*) FROM django_migrations WHERE app = 'shop'") == [(1,)]
        safe("shop", no_restore=True)


@pytest.mark.parametrize("archive", ARCHIVES)
def test_what_is_gone_from_the_database_is_refused(column: Project, archive: str) -> None:
    with column.installed():
        column.migrate("shop")
        insert("shop_item", id=[1], a=[1], v=[10])
        safe("shop", "0001", archive=archive)
        if archive == "copy" or ENGINE == "sqlite":
            sql("DROP TABLE _mt_1")
        else:
            sql("ALTER TABLE shop_item DROP COLUMN _mt_1_v")
        message = refusal("migrate_safe", "shop", skip_checks=True, interactive=False)
        assert "it is no longer in the database. Nothing was changed." in message


@pytest.mark.parametrize("archive", ARCHIVES)
def test_a_whole_history_comes_back(project: Project, archive: str) -> None:
    """A column of a table that comes back itself, with keys between what comes back."""
    project.migration("0001_initial", model("Maker"), model("Item", a=whole()))
    project.migration("0002_key", AddField("Item", "maker", foreign_key("shop.Maker", null=True)))
    project.migration(
        "0003_links",
        AddField("Item", "next", foreign_key("self", null=True)),
        AddField("Item", "others", models.ManyToManyField("shop.Maker", related_name="+")),
    )
    project.migration("0004_text", AlterField("Item", "a", models.CharField(max_length=9)))
    with project.installed():
        project.migrate("shop")
        insert("shop_maker", id=[1])
        insert("shop_item", id=[6, 5], a=["8", "007"], maker_id=[None, 1], next_id=[None, 6])
        insert("shop_item_others", id=[3], item_id=[5], maker_id=[1])
        safe("shop", "zero", archive=archive)
        told = safe("shop")
        assert told.count("(archive ") == len(states())
        assert "since" not in told
        assert sql("SELECT id, a, maker_id, next_id FROM shop_item ORDER BY id") == [
            (5, "007", 1, 6),
            (6, "8", None, None),
        ]
        assert sql("SELECT id FROM shop_item_others") == [(3,)]
        assert {state for _, _, state in states()} == {"returned"}
