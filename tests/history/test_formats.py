"""The same history in every format; names that try to break out of each."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.core.management import call_command
from django.db import migrations, models

from migration_tools.history.statuses import Kind, Problem, Survey
from migration_tools.reports import markdown
from migration_tools.reports.annotations import annotation
from migration_tools.reports.history.annotations import history_annotations
from migration_tools.reports.history.markdown import MARKER
from tests.helpers import Project, changes_tables, model, record_applied

pytestmark = changes_tables

NASTY = "0002_<script>alert('1')&\"|`x`"
FORMATS = ["text", "json", "markdown", "github", "html"]


@pytest.fixture
def troubled(project: Project) -> Project:
    """A ghost, two leaves, and a name that is code in every format."""
    project.migration("0001_initial", model("Item"))
    project.migration(NASTY, migrations.AddField("Item", "a", models.IntegerField(null=True)))
    project.migration("0002_other", after=[("shop", "0001_initial")])
    return project


def report(*, args: Sequence[str] = (), **options: Any) -> str:
    out = io.StringIO()
    call_command("migration_report", *args, stdout=out, no_color=True, **options)
    return out.getvalue()


def prepared(project: Project, **options: Any) -> str:
    with project.installed():
        record_applied(("shop", "0001_initial"), ("shop", "0000_<lost>"))
        return report(**options)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_names_the_problems(troubled: Project, name: str) -> None:
    text = prepared(troubled, format=name)
    assert "ghost" in text
    assert "conflict" in text
    assert "makemigrations --merge shop" in text


class Page(HTMLParser):
    """Collects the tags and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [v for n, v in attrs if n in ("src", "href", "action") and v]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_page_escapes_and_needs_nothing_else(troubled: Project) -> None:
    text = prepared(troubled, format="html")
    page = Page(text)
    assert page.tags.count("script") == 1
    assert page.links == ["data:,", "#main"]
    assert any(NASTY in told for told in page.texts)
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in text


def test_the_graph_is_well_formed(troubled: Project) -> None:
    page = prepared(troubled, format="html")
    (drawing,) = re.findall(r"<svg.+?</svg>", page, re.DOTALL)
    svg = ET.fromstring(drawing)
    told = "".join(svg.itertext())
    assert NASTY in told
    assert "0000_<lost>" in told
    nodes = [g for g in svg if g.get("class", "").startswith("node")]
    assert len(nodes) == len([n for n in nodes if n[0].text])


def test_a_graph_for_other_tools(troubled: Project) -> None:
    with troubled.installed():
        mermaid = report(args=["shop"], graph="mermaid")
        dot = report(args=["shop"], graph="dot")
        drawing = report(args=["shop"], graph="svg")
    assert "#60;script#62;" in mermaid
    assert "<script>" not in mermaid
    assert mermaid.count("-->") == dot.count("->") == 2  # both leaves on the first
    assert r"alert('1')&\"|`x`" in dot
    ET.fromstring(drawing)


def test_json(troubled: Project) -> None:
    found = json.loads(prepared(troubled, format="json"))
    assert found["version"] == 1
    (database,) = found["databases"]
    (shop,) = (app for app in database["apps"] if app["label"] == "shop")
    states = {m["name"]: (m["state"], m["marks"]) for m in shop["migrations"]}
    assert states == {
        "0000_<lost>": ("ghost", []),
        "0001_initial": ("applied", []),
        NASTY: ("pending", ["conflict"]),
        "0002_other": ("pending", ["conflict"]),
    }
    assert [problem["kind"] for problem in database["problems"]] == ["conflict", "ghost"]


def test_markdown_is_cut_where_a_comment_would_be_too_long(
    troubled: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(markdown, "MOST_CHARACTERS", 700)
    text = prepared(troubled, format="markdown")
    assert text.startswith(MARKER)
    assert len(text) < 800
    assert text.count("<details>") == text.count("</details>")
    assert text.endswith("_Cut here: the whole report is too long._\n")


def test_markdown_escapes(troubled: Project) -> None:
    text = prepared(troubled, format="markdown")
    assert "<script>" not in text.replace("\\<script\\>", "")
    assert r"0002\_\<script\>alert" in text


def test_a_problem_of_two_databases_is_one_annotation() -> None:
    problem = Problem(kind=Kind.CONFLICT, message="shop has 2 newest migrations")
    both = tuple(Survey(alias=a, database="", apps=(), problems=(problem,)) for a in ("a", "b"))
    assert len(list(history_annotations(both, ()))) == 1


def test_annotations_are_one_line_each(troubled: Project) -> None:
    text = prepared(troubled, format="github")
    lines = text.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("::error ") for line in lines)
    assert annotation("warning", "a\nb%", title="c:d,e") == "::warning title=c%3Ad%2Ce::a%0Ab%25"
