"""A page for each hazard, made from the catalogue, with its judged case as the example.

The lines that are shown are those that `migration_plan` prints; ``--update-golden`` writes them
anew for the engine of that run, in golden/hazards.json, and with them the pages.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator

import pytest
from django.db.migrations.operations.base import Operation

from migration_tools.analysis.hazards import Hazard, catalogue
from tests import odd_operations
from tests.hazard_examples import EXAMPLES
from tests.helpers import ROOT, Project, changes_tables, told
from tests.settings import ENGINE
from tests.steps import Case, judge

LINES = ROOT / "tests/golden/hazards.json"
PAGES = ROOT / "docs/reference/hazards"
ENGINES = {
    "sqlite": "SQLite",
    "postgresql": "PostgreSQL",
    "mariadb": "MariaDB",
    "mysql": "MySQL",
}
PLACE = re.compile(r"\([^() ]+\.py:\d+\)")
HERE = [code for code, (_, engines) in EXAMPLES.items() if ENGINE in engines]


@changes_tables
@pytest.mark.parametrize("code", HERE)
def test_the_example_is_met(project: Project, code: str, request: pytest.FixtureRequest) -> None:
    """The engine judges it, and the page shows what was said of it."""
    report = judge(project, EXAMPLES[code][0], f"example of {code}")
    found = [f for f in told(report, "findings") if f["code"] == code]
    said = [PLACE.sub("(FILE:LINE)", f"{f['severity']}: {f['message']}") for f in found]
    assert len(said) == 1
    if request.config.getoption("--update-golden"):
        lines = json.loads(LINES.read_text()) if LINES.exists() else {}
        lines.setdefault(code, {})[ENGINE] = said[0]
        LINES.write_text(json.dumps(lines, indent=1, sort_keys=True) + "\n")
    assert json.loads(LINES.read_text())[code][ENGINE] == said[0]


def page(hazard: Hazard) -> Iterator[str]:
    yield f"# {hazard.code}: {hazard.name}\n"
    yield f"A **{hazard.severity.value}**; one of the [hazards](../hazards.md).\n"
    yield f"Cause: {hazard.cause}\n"
    yield f"Consequence: {hazard.consequence}\n"
    yield f"Remedy: {hazard.remedy}"
    if hazard.code in EXAMPLES:
        yield from example(hazard.code, *EXAMPLES[hazard.code])


def example(code: str, case: Case, engines: tuple[str, ...]) -> Iterator[str]:
    yield "\n## For example\n"
    yield "These models:\n"
    yield "```python"
    yield from map(shown, case.before)
    yield "```\n"
    yield "with these rows:\n"
    for table, columns in case.rows.items():
        yield f"| `{table}` | " + " | ".join(f"`{name}`" for name in columns) + " |"
        yield "|---" * (len(columns) + 1) + "|"
        for row in zip(*columns.values(), strict=True):
            cells = ("NULL" if value is None else f"`{value!r}`" for value in row)
            yield "| | " + " | ".join(cells) + " |"
        yield ""
    if case.by_hand:
        yield "after somebody has run this by hand:\n"
        yield "```sql"
        yield from map(str, case.by_hand)
        yield "```\n"
    yield "taking back this step\n" if case.backwards else "this step\n"
    yield "```python"
    for operation in case.step:
        if inspect.getmodule(operation) is odd_operations:
            yield inspect.getsource(type(operation)) + "\n"
        yield shown(operation)
    yield "```\n"
    yield "is told so, and is so when it is really taken:\n"
    lines = json.loads(LINES.read_text())[code]
    for engine in engines:
        yield f"- {ENGINES[engine]}: ``{lines[engine]} ``"


def shown(operation: Operation) -> str:
    """As one would write it, without what every model has."""
    name, args, kwargs = operation.deconstruct()
    words = (f"{word}={value(what)}" for word, what in kwargs.items() if what)
    values = [*map(value, args), *words]
    if not values:
        return f"{name}()"
    return "\n".join([f"{name}(", *(f"    {text}," for text in values), ")"])


def value(what: object) -> str:
    if isinstance(what, list | tuple):
        if isinstance(what, list) and what:
            return "\n".join(["[", *(f"        {value(one)}," for one in what), "    ]"])
        comma = "," if len(what) == 1 else ""
        return f"({', '.join(map(value, what))}{comma})"
    if hasattr(what, "deconstruct"):
        *_, path, args, kwargs = what.deconstruct()
        told = [*map(value, args), *(f"{word}={value(one)}" for word, one in kwargs.items())]
        return f"{path.rpartition('.')[2]}({', '.join(told)})"
    if isinstance(what, str):
        return json.dumps(what)
    return getattr(what, "__name__", repr(what))


@pytest.mark.engine_neutral
@pytest.mark.parametrize("hazard", catalogue(), ids=lambda hazard: hazard.code)
def test_its_page_is_as_the_code_says(hazard: Hazard, request: pytest.FixtureRequest) -> None:
    file = PAGES / f"{hazard.code}.md"
    text = "\n".join(page(hazard)).rstrip() + "\n"
    if request.config.getoption("--update-golden"):
        PAGES.mkdir(exist_ok=True)
        file.write_text(text)
    assert file.read_text() == text


@pytest.mark.engine_neutral
def test_every_other_hazard_is_met_elsewhere_among_the_tests() -> None:
    """Those that need more than a schema and rows to be met."""
    own = {"hazard_examples.py", "test_hazard_pages.py"}
    texts = [file.read_text() for file in (ROOT / "tests").rglob("*.py") if file.name not in own]
    met = {code for text in texts for code in re.findall(r"MT\d{3}", text)}
    others = {hazard.code for hazard in catalogue()} - EXAMPLES.keys()
    assert others <= met


@pytest.mark.engine_neutral
def test_no_page_is_left_over() -> None:
    assert {file.stem for file in PAGES.glob("*.md")} == {hazard.code for hazard in catalogue()}
