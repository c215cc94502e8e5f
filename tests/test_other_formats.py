"""`migration_diff` as Markdown, annotations and a page, `migration_plan` as a page; all escaped."""

from __future__ import annotations

import re

import pytest
from django.db import migrations, models

from migration_tools.reports import markdown
from tests.helpers import Project, changes_tables, insert, model, plan_text, quote, sql
from tests.pages import Page
from tests.run_commands import answer

pytestmark = changes_tables

TABLE = "<script>a|b</script>"
DIFF = ("migration_diff", "shop", "0001", "0002")


@pytest.fixture
def shop(project: Project) -> Project:
    project.migration("0001_initial", model("Item", {"db_table": TABLE}))
    project.migration(
        "0002_<script>", migrations.AddField("item", "size", models.IntegerField(null=True))
    )
    project.migration("0003_gone", migrations.RemoveField("item", "size"))
    return project


def needs_nothing_else(text: str) -> Page:
    page = Page(text)
    assert page.tags.count("script") == 1
    assert "https://" not in text
    assert not re.search(r"<(img|iframe)|src=|url\(", text)
    return page


# --- migration_diff ---------------------------------------------------------------------------


def test_diff_as_markdown(shop: Project) -> None:
    with shop.installed():
        text = answer(*DIFF, format="markdown")
        same = answer("migration_diff", "shop", "0001", "0001", format="markdown")
    lines = text.splitlines()
    assert lines[0] == "<!-- migration_tools: migration_diff -->"
    assert lines[2] == (r"**The schema differs between 0001\_initial and 0002\_\<script\>: shop**")
    fences = re.findall(r"^(`{3,})(diff|sql)$", text, re.MULTILINE)
    assert [language for _, language in fences] == ["diff", "sql"]
    added = [line for line in lines if line.startswith("+ ")]
    assert [line.split()[1].strip('"`') for line in added] == ["size"]
    outside = re.sub(r"^(`{3,})\w+\n.*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    assert "<script>" not in outside.replace(r"\<script\>", "")
    assert text.count("<details>") == text.count("</details>") == 2
    assert "**No difference between" in same


def test_diff_as_markdown_is_cut(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "MOST_CHARACTERS", 300)
    with shop.installed():
        text = answer(*DIFF, format="markdown")
    assert len(text) < 400
    assert text.count("<details>") == text.count("</details>")
    assert text.endswith("_Cut here: the whole report is too long._\n")


def test_diff_as_annotations(shop: Project) -> None:
    with shop.installed():
        lines = answer(*DIFF, format="github").splitlines()
    step, schema = lines
    assert step.startswith("::notice file=")
    assert "0002_<script>.py,line=1,title=Migrations%3A SQL::shop.0002_<script> sends%0A" in step
    assert schema == (
        "::notice title=Migrations%3A schema::shop: the schema differs in 1 line between "
        "0001_initial and 0002_<script>"
    )


def test_diff_as_a_page(shop: Project) -> None:
    with shop.installed():
        text = answer(*DIFF, format="html")
        back = answer("migration_diff", "shop", "0002", "zero", format="html")
    page = needs_nothing_else(text)
    assert TABLE in page.text
    assert re.search(r'<span class="added">\+ +\S+size\S+ ', text)
    assert "shop.0002_<script>" in page.text
    assert '<span class="gone">-TABLE' in back
    assert 'data-kind="unapply"' in back


def test_diff_as_a_part_of_another_page(shop: Project) -> None:
    """Whatever names are, what is put into a page opens and closes nothing of that page."""
    with shop.installed():
        shop.migrate("shop")
        found = [answer(*DIFF, format="html-fragment")]
        found.append(answer("migration_diff", live=True, format="html-fragment"))
    for text in found:
        assert text.startswith('<section class="migration-tools">')
        assert text.endswith("</section>\n")
        assert not re.search("<(html|head|body|style|script|form|link|meta)", text)
        assert text.count("<section") == text.count("</section>")
    assert "shop.0002_&lt;script&gt;" in found[0]
    assert '<span class="added">' in found[0]


def test_drift_in_every_format(shop: Project) -> None:
    with shop.installed():
        shop.migrate("shop", "0002")
        table = quote(TABLE)
        sql(f"ALTER TABLE {table} ADD COLUMN more integer")
        sql("CREATE VIEW seen AS SELECT 1 AS a")
        comment = answer("migration_diff", "shop", live=True, format="markdown")
        whole = answer("migration_diff", live=True, format="markdown")
        notes = answer("migration_diff", "shop", live=True, format="github")
        text = answer("migration_diff", live=True, format="html")
        sql("DROP VIEW seen")
    assert "**default: 1 difference from what the applied migrations make**" in comment
    assert r"| \<script\>a\|b\</script\> | column" in comment
    assert re.search(r"^ALTER TABLE ", comment, re.MULTILINE)
    assert "- view seen" in whole
    (line,) = notes.splitlines()
    assert line.startswith("::error title=Migrations%3A drift on default::<script>a|b</script>: ")
    assert "%0Alikely: " in line
    page = needs_nothing_else(text)
    assert "is not expected" in page.text
    assert "ALTER TABLE" in page.text
    assert "view seen" in page.text


def test_no_drift_in_every_format(shop: Project) -> None:
    with shop.installed():
        shop.migrate("shop")
        comment = answer("migration_diff", "shop", live=True, format="markdown")
        assert "**default: no difference from" in comment
        assert answer("migration_diff", "shop", live=True, format="github") == "\n"
        text = answer("migration_diff", "shop", live=True, format="html")
    assert 'class="verdict fine"' in text


# --- migration_plan ---------------------------------------------------------------------------


def test_plan_as_a_page(shop: Project) -> None:
    with shop.installed():
        shop.migrate("shop", "0002")
        insert(TABLE, id=[1], size=[7])
        text = plan_text("shop", "0001", format="html", sql=True)
        lost = plan_text(format="html")
        shop.migrate("shop", "0003")
        done = plan_text(format="html")
    page = needs_nothing_else(text)
    assert "loses 1 value" in page.text
    assert "shop.0002_<script>" in page.text
    assert 'data-kind="loss"' in text
    assert "Fingerprint: " in page.text
    assert "these are the statements that `migrate` sends" in page.text
    assert "DELETE FROM" in page.text
    assert 'class="verdict bad"' in lost
    assert "<pre" not in lost
    assert "nothing to do" in Page(done).text


def test_plan_with_a_blocker_as_a_page(shop: Project) -> None:
    shop.migration(
        "0004_code",
        migrations.AddField("item", "code", models.IntegerField(default=1, unique=True)),
    )
    with shop.installed():
        shop.migrate("shop", "0003")
        insert(TABLE, id=[1, 2])
        page = Page(text := plan_text(format="html"))
    assert 'data-kind="blocked"' in text
    assert "blocked: " in page.text
