"""The figures of docs/accuracy.md: counted right, and told of whole and good runs only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests import accuracy

pytestmark = pytest.mark.engine_neutral

RUN = {"product": "An engine", "version": "1", "django": "6.1"}


def counted(kind: str, name: str, known: str = "") -> dict[str, Any]:
    return {"kind": kind, "name": name, "values": 3, "known": known, "doubtful": 1}


def written(folder: Path, engine: str, *cases: dict[str, Any], passed: bool = True) -> Path:
    tally = accuracy.Tally(folder / engine, {"engine": engine, **RUN})
    for case in cases:
        tally.add(case, passed=passed)
    tally.pytest_sessionfinish()
    return tally.path


def test_what_passes_agrees_unless_it_is_known_not_to(tmp_path: Path) -> None:
    known = counted("steps", "Text to Date", "no rule")
    told = json.loads(written(tmp_path, "sqlite", counted("steps", "a"), known, known).read_text())
    assert told["kinds"]["steps"] == {
        "cases": 3,
        "values": 9,
        "agreed": 1,
        "doubtful": 3,
        "failed": 0,
        "known": {"no rule": ["Text to Date"]},
    }


def test_the_page_tells_of_every_engine(tmp_path: Path) -> None:
    known = counted("steps", "Text to Date", "no rule")
    files = [written(tmp_path, engine, known) for engine in accuracy.ENGINES]
    page = accuracy.page(accuracy.read(files))
    assert page.count("| An engine | 1 | 0 | 1 | 3 | 1 |") == 4
    assert page.count("- no rule: Text to Date") == 4


def test_no_page_of_a_failed_run_or_without_an_engine(tmp_path: Path) -> None:
    case = counted("steps", "a")
    files = [written(tmp_path, engine, case) for engine in accuracy.ENGINES]
    with pytest.raises(SystemExit, match="one file for each"):
        accuracy.read(files[1:])
    written(tmp_path, "mysql", case, passed=False)
    with pytest.raises(SystemExit, match="Tests failed"):
        accuracy.read(files)
