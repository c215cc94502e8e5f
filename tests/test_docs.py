"""What the pages repeat of the code is what the code says.

Parts of pages between ``<!-- written by tests/test_docs.py: NAME -->`` and ``<!-- end -->`` are
made from the code; ``--update-golden`` writes them anew.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from django.core.management import BaseCommand, load_command_class

from migration_tools.analysis.hazards import catalogue
from migration_tools.analysis.questions import LossKind
from migration_tools.backends.conversions import mysql, postgresql
from migration_tools.backends.conversions.rules import Rules
from migration_tools.backends.conversions.stored import Family
from migration_tools.conf import Configuration
from tests.helpers import ROOT, Project, plan

pytestmark = pytest.mark.engine_neutral

DOCS = ROOT / "docs"
PACKAGE = ROOT / "migration_tools"
WRITTEN = re.compile(
    r"(?<=<!-- written by tests/test_docs\.py: )(\w+)( -->\n).*?(?=<!-- end -->)", re.DOTALL
)
INLINE_CODE = re.compile(r"`([^`\n]+)`")


# --- parts that are made from the code --------------------------------------------------------


def hazards() -> Iterator[str]:
    yield "| code | | |"
    yield "|---|---|---|"
    for hazard in catalogue():
        page = f"hazards/{hazard.code}.md"
        yield f"| [{hazard.code}]({page}) | {hazard.name} | {hazard.severity.value} |"


def pairs() -> Iterator[str]:
    for engine, rules in (("PostgreSQL", postgresql.rules), ("MariaDB, MySQL", mysql.rules)):
        yield f"| {engine}: from | to |"
        yield "|---|---|"
        for old in Family:
            if told := targets(rules, old):
                yield f"| {old} | {', '.join(told)} |"
        yield ""


def targets(rules: Rules[Any], old: Family) -> list[str]:
    return [str(new) for new in Family if (old, new) in rules._rules]


def rooms() -> Iterator[str]:
    """The modules by the layers of the import contract, from the top down."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(c["layers"] for c in contracts["contracts"] if c["type"] == "layers")
    yield "| module | |"
    yield "|---|---|"
    for layer in layers:
        for name in re.findall(r"\w+", layer):
            for module in [PACKAGE / f"{name}.py", *sorted((PACKAGE / name).rglob("*.py"))]:
                if module.exists() and (sentence := first_sentence(module)):
                    yield f"| `{module.relative_to(PACKAGE)}` | {sentence} |"


def first_sentence(module: Path) -> str:
    docstring = ast.get_docstring(ast.parse(module.read_text())) or ""
    return docstring.partition("\n")[0].replace("``", "`").replace("|", "\\|")


PARTS: dict[str, Callable[[], Iterator[str]]] = {"hazards": hazards, "pairs": pairs, "rooms": rooms}


@pytest.mark.parametrize(
    "page",
    [
        DOCS / "reference/hazards.md",
        DOCS / "explanation/engines.md",
        DOCS / "explanation/architecture.md",
    ],
    ids=lambda page: page.stem,
)
def test_parts_are_as_the_code_says(page: Path, request: pytest.FixtureRequest) -> None:
    def written(found: re.Match[str]) -> str:
        return found[1] + found[2] + "".join(f"{line}\n" for line in PARTS[found[1]]())

    told, number = WRITTEN.subn(written, page.read_text())
    assert number == 1
    if request.config.getoption("--update-golden"):
        page.write_text(told)
    assert told == page.read_text()


# --- names that the pages have to know --------------------------------------------------------


def sections(page: str, level: str = "##") -> dict[str, str]:
    """The text under each heading of a level."""
    cut = re.split(rf"^{level} (.+)$", (DOCS / page).read_text(), flags=re.MULTILINE)
    return dict(zip(cut[1::2], cut[2::2], strict=True))


def options(app: str, name: str) -> set[str]:
    parser = load_command_class(app, name).create_parser("manage.py", name)
    return {option for action in parser._actions for option in action.option_strings}


def of_every_command() -> set[str]:
    parser = BaseCommand().create_parser("manage.py", "any")
    return {option for action in parser._actions for option in action.option_strings}


@pytest.mark.parametrize(
    ("command", "inherited"),
    [
        ("migrate_safe", options("django.core", "migrate")),
        ("migration_plan", of_every_command()),
        ("migration_archives", of_every_command() | {"--no-input"}),
        ("migration_report", of_every_command()),
        ("migration_diff", of_every_command()),
    ],
)
def test_every_option_has_its_line(command: str, inherited: set[str]) -> None:
    own = options("migration_tools", command) - inherited
    rows = re.findall(r"^\| `(--[\w-]+)", sections("reference/commands.md")[command], re.MULTILINE)
    assert sorted(rows) == sorted(own)


def test_every_option_of_djangos_is_named() -> None:
    own = options("django.core", "migrate") - of_every_command() - {"--no-input"}
    told = sections("reference/commands.md")["migrate_safe"]
    assert {option for option in own if f"`{option}`" not in told} == set()


def test_every_setting_has_its_section() -> None:
    keys = [field.name.upper() for field in fields(Configuration)]
    assert list(sections("reference/settings.md")) == keys


def test_every_code_in_the_pages_is_in_the_catalogue() -> None:
    known = {hazard.code for hazard in catalogue()}
    told = {
        code for page in DOCS.rglob("*.md") for code in re.findall(r"MT\d{3}", page.read_text())
    }
    assert told - known == set()


def test_the_rule_that_is_shown_is_one() -> None:
    (shown,) = re.findall(
        r"```python\n(.+?)```", (DOCS / "explanation/engines.md").read_text(), re.DOTALL
    )
    modules = (PACKAGE / "backends/conversions").rglob("*.py")
    assert any(shown in module.read_text() for module in modules)


# --- the JSON contract ------------------------------------------------------------------------


def keys_in(value: Any, place: str = "The report") -> Iterator[tuple[str, str]]:
    """(section of the page, key) of everything in a report."""
    if isinstance(value, list):
        for item in value:
            yield from keys_in(item, place)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield place, key
            yield from keys_in(inner, key)


def documented() -> set[tuple[str, str]]:
    told = set()
    for place, text in sections("reference/json.md", "###").items():
        text = text.partition("\n## ")[0].partition("| kind |")[0]
        for row in re.findall(r"^\| (`.+?) \|", text, re.MULTILINE):
            told |= {(place, key) for key in INLINE_CODE.findall(row)}
    return told


@pytest.mark.django_db
def test_every_key_has_its_line(project: Project) -> None:
    with project.installed("Cars", "Inspections"):
        report = plan("Cars", "0001", offline=True, sql=True)
        finding = plan("Inspections", "0003", offline=True)
        code = plan("Inspections", offline=True, start="0003")
    told = {key for told in (report, finding, code) for key in keys_in(told)}
    assert {place for place, _ in told} >= {"losses", "findings"}
    assert documented() == told


def test_every_kind_of_loss_has_its_line() -> None:
    told = re.findall(
        r"^\| `(\w+)` \|",
        sections("reference/json.md", "###")["losses"].partition("| kind |")[2],
        re.MULTILINE,
    )
    assert told == [kind.value for kind in LossKind]


def test_the_example_is_json() -> None:
    block = re.search(
        r"^\$ .+--format json\n(.+?)^```$",
        (DOCS / "reference/json.md").read_text(),
        re.DOTALL | re.MULTILINE,
    )
    assert block is not None
    assert json.loads(block[1])["version"] == 1
