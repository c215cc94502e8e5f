"""Rules of the house that no linter knows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "migration_tools"
MODULES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
LONGEST_FILE = 400
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("example_project/*.md")])
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
VENDOR_NAMES = re.compile(r"\b(postgres|psycopg|mysql|mariadb|sqlite|oracle)", re.IGNORECASE)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("module", [*MODULES, *TESTS], ids=name)
def test_a_file_has_one_subject_and_stays_short(module: Path) -> None:
    assert len(module.read_text().splitlines()) < LONGEST_FILE


@pytest.mark.parametrize(
    "module", [module for module in MODULES if PACKAGE / "backends" not in module.parents], ids=name
)
def test_vendors_are_named_in_backends_only(module: Path) -> None:
    assert VENDOR_NAMES.findall(module.read_text()) == []


@pytest.mark.parametrize("constraints", sorted((ROOT / "constraints").iterdir()), ids=name)
def test_constraints_name_no_place(constraints: Path) -> None:
    """A pin says which version; where it comes from is the business of whoever installs."""
    assert "://" not in constraints.read_text()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []
