"""A plan for a pull request: as a comment in Markdown, and as annotations beside the files."""

from __future__ import annotations

import pytest
from django.db import migrations, models

from migration_tools.reports import markdown
from tests.helpers import Project, changes_tables, insert, model, plan_text, quote

pytestmark = changes_tables

NASTY = "0002_<script>alert(1)|`x`"


@pytest.fixture
def shop(project: Project) -> Project:
    """A column with a value in it goes; another is added that three rows have no value for."""
    project.migration("0001_initial", model("Item", a=models.TextField(null=True)))
    project.migration(
        NASTY,
        migrations.RemoveField("Item", "a"),
        migrations.AddField("Item", "b", models.UUIDField(unique=True, default=fixed)),
    )
    return project


def fixed() -> str:
    return "00000000-0000-0000-0000-000000000001"


def told(shop: Project, **options: object) -> str:
    with shop.installed():
        shop.migrate("shop", "0001")
        insert("shop_item", id=[1, 2, 3], a=["x", None, None])
        return plan_text("shop", **options)


def test_a_comment(shop: Project) -> None:
    text = told(shop, format="markdown")
    assert text.startswith(
        "<!-- migration_tools: migration_plan -->\n\n**\N{NO ENTRY} Apply 1 step"
    )
    assert f"loses 1 value of 3 rows in {markdown.escaped(quote('shop_item'))}" in text
    assert "blocked: " in text
    assert "<script>" not in text
    assert "Fingerprint: `" in text
    assert "<details>" not in text.partition("Fingerprint")[2]
    # A row of the table has three cells, whatever is in them.
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {4}


def test_statements_are_folded_in_it(shop: Project) -> None:
    text = told(shop, format="markdown", sql=True)
    assert "<details><summary>SQL</summary>" in text
    assert "ALTER TABLE" in text or "CREATE TABLE" in text
    assert text.count("<details>") == text.count("</details>")


def test_nothing_to_do_is_said(shop: Project) -> None:
    with shop.installed():
        shop.migrate("shop")
        text = plan_text("shop", format="markdown")
    assert "nothing to do" in text
    assert "\N{WHITE HEAVY CHECK MARK}" in text


def test_annotations(shop: Project) -> None:
    lines = told(shop, format="github").splitlines()
    assert len(lines) == 2
    loss, blocker = lines
    file = f"{shop.folder}/shop/migrations/{NASTY}.py"
    assert loss.startswith(f"::error file={file},line=1,title=Data loss::shop.{NASTY}: loses 1 ")
    assert blocker.startswith(f"::error file={file},line=1,title=MT108 ")
