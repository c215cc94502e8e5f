"""The page of the report: runs, archives and statements beside the migrations, escaped."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, migrations, models

import migration_tools
from migration_tools.journal import Journal, Outcome
from tests.helpers import Project, changes_tables, insert, model, refusal
from tests.pages import Page
from tests.run_commands import answer

pytestmark = changes_tables

#: A table so named; MySQL and PostgreSQL take it as well as SQLite.
TABLE = "<b>&'shop'</b>"
STYLE = Path(migration_tools.__file__).parent / "templates/migration_tools/page.css"


@pytest.fixture
def shop(project: Project) -> Project:
    project.write("shop/models.py")  # Django announces a plan to apps that have models
    project.migration("0001_initial", model("Item", {"db_table": TABLE}))
    project.migration(
        "0002_<script>", migrations.AddField("item", "size", models.IntegerField(null=True))
    )
    return project


def safe(*words: str, **options: Any) -> None:
    out = io.StringIO()
    given = {"interactive": False, "allow_data_loss": True, "skip_checks": True, **options}
    call_command("migrate_safe", *words, stdout=out, stderr=out, **given)


def page(*words: str, **options: Any) -> str:
    return answer("migration_report", *words, format="html", **options)


def runs_of(text: str) -> list[str]:
    """The line of each run."""
    found = re.search(r'<ol class="timeline".*?</ol>', text, re.DOTALL)
    assert found
    lines = re.findall(r"<li class.*?</summary>", found[0], re.DOTALL)
    return [" ".join(Page(line).text.split()) for line in lines]


def test_runs_and_archives(shop: Project) -> None:
    with shop.installed():
        safe("shop")
        insert(TABLE, id=[1, 2], size=[7, None])
        safe("shop", "0001")
        told = Page(text := page("shop"))
        safe(undo=0)
        undone, back = runs_of(page("shop"))[:2]
    second, first = runs_of(text)
    assert re.fullmatch(
        r"Run \d+ done \d{4}-\S+ \S+ 1 step backwards; took \S+ s; by \S+@\S+", second
    )
    assert "2 steps forwards" in first
    assert "takes back run" in undone
    assert "undone by run" in back
    kept = re.search(r"Archives held.*?</table>", text, re.DOTALL)
    assert kept
    assert "0002_&lt;script&gt;" in kept[0]
    assert "column" in Page(kept[0]).text
    assert TABLE in Page(kept[0]).text.replace("''", "'")
    assert "1 archive held" in " ".join(told.text.split())
    assert 'data-traits="with archives"' in text
    assert (told.tags.count("script"), told.tags.count("b") > 1) == (1, True)
    assert "<b>&" not in text


def test_a_run_that_died_and_one_that_failed(shop: Project) -> None:
    with shop.installed():
        safe("shop")
        safe("shop", "0001")
        journal = Journal(connection)
        newest, oldest = (run.id for run in journal.runs())
        journal.change_run(newest, outcome=Outcome.RUNNING, ended=None)
        journal.change_run(oldest, outcome=Outcome.FAILED, error="<i>it\nbroke</i>")
        text = page("shop")
    told = runs_of(text)
    assert "interrupted" in told[0]
    assert "failed" in told[1]
    assert "&lt;i&gt;it broke&lt;/i&gt;" in text


def test_nothing_is_written_down_yet(shop: Project) -> None:
    with shop.installed():
        text = page("shop")
    assert "Archives held" not in text
    assert 'class="timeline"' not in text


def statements(script: str) -> list[str]:
    return [line for line in script.splitlines() if line and not line.startswith("--")]


def test_the_statements_of_each_migration(shop: Project) -> None:
    shop.migration(
        "0003_larger",
        migrations.AddField("item", "colour", models.IntegerField(null=True)),
        migrations.AlterField("item", "size", models.BigIntegerField(null=True)),
    )
    shop.migration("0004_one_way", migrations.RunSQL("UPDATE django_migrations SET app = app"))
    with shop.installed():
        shop.migrate("shop", "0001")
        assert "<pre" not in page("shop")
        text = page("shop", sql=True)
        shop.migrate("shop", "0003")
        plan = answer("migration_plan", "shop", "0001", format="sql")
    scripts = [Page(found).text for found in re.findall(r'<pre class="sql".*?</pre>', text, re.S)]
    # What cannot be taken back has no script of it, and does not hide that of the others.
    one_way, _, smaller, pending, taken_back, applied, all_taken_back = scripts
    assert statements(smaller) + statements(taken_back) == statements(plan)
    assert "DROP COLUMN" in taken_back
    assert "DROP TABLE" in all_taken_back
    assert "ADD COLUMN" in pending
    assert "UPDATE" in one_way
    assert "CREATE TABLE" in applied
    assert TABLE.replace("'", "") in applied.replace("'", "")
    assert "0002_<script>" in pending
    assert "running all migrations on an empty database" in Page(text).text
    assert 'data-traits="with SQL"' in text


def test_losses_are_told_beside_the_migration(shop: Project) -> None:
    with shop.installed():
        shop.migrate("shop")
        insert(TABLE, id=[1], size=[7])
        text = page("shop", losses=True)
    assert 'data-traits="with losses"' in text
    assert "taking it back loses 1 value" in Page(text).text


def test_sql_in_a_format_without_room(shop: Project) -> None:
    with shop.installed():
        for options in ({}, {"format": "markdown"}, {"format": "html", "graph": "svg"}):
            message = refusal("migration_report", "shop", sql=True, **options)
            assert message == "--sql needs --format html or --format json."


# --- contrast ---------------------------------------------------------------------------------


def themes() -> list[dict[str, str]]:
    found = re.findall(r":root\{(.*?)\}", STYLE.read_text())
    assert len(found) == 2
    return [dict(re.findall(r"--(\w+):(#\w+)", theme)) for theme in found]


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_every_text_can_be_read_in_both_themes() -> None:
    """4.5 to 1 is what AA asks of text."""
    for theme in themes():
        for text in ("text", "quiet", "good", "wait", "bad", "accent"):
            for ground in ("ground", "card"):
                assert contrast(theme[text], theme[ground]) >= 4.5, (text, ground)
