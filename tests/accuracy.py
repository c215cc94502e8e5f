"""How often predictions were right, counted while the judged tests run: docs/accuracy.md.

A test says what it judged with ``count()``. ``pytest --accuracy FILE`` writes what was said on the
engine of that run; ``python -m tests.accuracy FILE...`` makes the page of the engines' files, and
with ``--check`` only says whether it differs. A file is this, as JSON::

    {
      "format": 1,
      "engine": "mariadb", "product": "MariaDB", "version": "10.11.19", "django": "6.1",
      "kinds": {
        "changes of a type": {              # the first argument of count()
          "cases": 812, "values": 9120,     # judged on this engine, known disagreements included
          "agreed": 800,                    # cases in which all was as foretold
          "doubtful": 12,                   # values told as "at most", judged no further
          "failed": 0,                      # cases of tests that failed: the run is no good
          "known": {                        # why the rest cannot be foretold, and which cases
            "the reason": ["Text to Date", "..."]
          }
        }
      }
    }
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

FORMAT = 1
PAGE = Path(__file__).resolve().parent.parent / "docs" / "accuracy.md"
ENGINES = ("sqlite", "postgresql", "mariadb", "mysql")
VERSIONS = re.compile(r"^Last counted on .*$", re.MULTILINE)
PROPERTY = "accuracy"

#: What the test that is running has judged so far.
_counted: list[dict[str, Any]] = []


def count(kind: str, name: str, *, values: int, known: str = "", doubtful: int = 0) -> None:
    """Note one judged case; it counts as agreed if the test passes and ``known`` is empty.

    ``values`` is how many stored values were compared, or rows. ``known`` says why it could not be
    foretold, in a few words that many cases share.
    """
    _counted.append(
        {"kind": kind, "name": name, "values": values, "known": known, "doubtful": doubtful}
    )


def taken() -> list[tuple[str, object]]:
    """What was counted since the last call, as properties of a test's report."""
    noted: list[tuple[str, object]] = [(PROPERTY, dict(case)) for case in _counted]
    _counted.clear()
    return noted


class Tally:
    """A plugin that adds up the reports of all tests, also those of pytest-xdist's workers."""

    def __init__(self, path: Path, run: dict[str, str]) -> None:
        self.path = path
        self.run = run
        self.kinds: dict[str, dict[str, Any]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            for name, case in report.user_properties:
                if name == PROPERTY:
                    self.add(case, passed=report.passed)  # type: ignore[arg-type]

    def add(self, case: dict[str, Any], *, passed: bool) -> None:
        fresh = {"cases": 0, "values": 0, "agreed": 0, "doubtful": 0, "failed": 0, "known": {}}
        kind = self.kinds.setdefault(case["kind"], fresh)
        kind["cases"] += 1
        kind["values"] += case["values"]
        kind["doubtful"] += case["doubtful"]
        if not passed:
            kind["failed"] += 1
        elif case["known"]:
            names = kind["known"].setdefault(case["known"], [])
            if case["name"] not in names:
                names.append(case["name"])
        else:
            kind["agreed"] += 1

    def pytest_sessionfinish(self) -> None:
        for kind in self.kinds.values():
            kind["known"] = {reason: sorted(names) for reason, names in kind["known"].items()}
        told = {"format": FORMAT, **self.run, "kinds": self.kinds}
        self.path.write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")


# --- the page -----------------------------------------------------------------------------------

INTRODUCTION = """\
# How accurate it is

Every prediction is judged by the engine itself: a test asks what a step would do to rows, then
really takes the step and its inverse, and compares value by value: what was refused, what did not
come back, what Django read meanwhile. A false alarm fails a test as a false "no loss" does.

Values told as "at most" are in a form of which only the engine knows what it makes of it. This page
is made from such runs (`scripts/accuracy`), and CI says when it is out of date.
"""
KNOWN = """\
## What cannot be foretold

These changes are reported as unknown, which counts as a loss and asks for a yes. None of them is
ever shown as harmless.
"""


def page(runs: Sequence[dict[str, Any]]) -> str:
    return "\n".join([INTRODUCTION, *_figures(runs), KNOWN, *_known(runs)]).rstrip() + "\n"


def _figures(runs: Sequence[dict[str, Any]]) -> Iterator[str]:
    versions = ", ".join(f"{run['product']} {run['version']}" for run in runs)
    yield f"Last counted on {versions}, with Django {runs[0]['django']}."
    yield ""
    for kind in sorted({kind for run in runs for kind in run["kinds"]}):
        yield f"## {kind.capitalize()}"
        yield ""
        yield "| engine | cases | as foretold | unknown | values | at most |"
        yield "|---|---:|---:|---:|---:|---:|"
        for run in runs:
            if told := run["kinds"].get(kind):
                unknown = told["cases"] - told["agreed"] - told["failed"]
                yield (
                    f"| {run['product']} | {told['cases']:,} | {told['agreed']:,} | {unknown:,}"
                    f" | {told['values']:,} | {told['doubtful']:,} |"
                )
        yield ""


def _known(runs: Sequence[dict[str, Any]]) -> Iterator[str]:
    for run in runs:
        reasons: dict[str, list[str]] = {}
        for kind in run["kinds"].values():
            for reason, names in kind["known"].items():
                reasons.setdefault(reason, []).extend(names)
        yield f"**{run['product']}**"
        yield ""
        for reason in sorted(reasons):
            yield f"- {reason}: {'; '.join(_grouped(reasons[reason]))}"
        if not reasons:
            yield "- nothing"
        yield ""


def _grouped(names: Sequence[str]) -> list[str]:
    """Changes of one type told together: "Text to Date, Time"."""
    targets: dict[str, list[str]] = {}
    for name in sorted(set(names)):
        old, _, new = name.partition(" to ")
        targets.setdefault(old, []).append(new)
    return [f"{old} to {', '.join(new)}" if any(new) else old for old, new in targets.items()]


def read(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """One whole and good run of every engine, in their usual order; raises SystemExit if not."""
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    if any(run["format"] != FORMAT for run in runs):
        raise SystemExit(f"The files must be of format {FORMAT}.")
    if sorted(run["engine"] for run in runs) != sorted(ENGINES):
        raise SystemExit(f"Needed is one file for each of {', '.join(ENGINES)}.")
    for run in runs:
        if any(kind["failed"] for kind in run["kinds"].values()):
            raise SystemExit(f"Tests failed on {run['product']}: its figures say nothing.")
    return sorted(runs, key=lambda run: ENGINES.index(run["engine"]))


def main(arguments: Sequence[str]) -> str:
    parser = argparse.ArgumentParser(prog="python -m tests.accuracy")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--check", action="store_true", help="only say whether the page differs")
    options = parser.parse_args(arguments)
    told = page(read(options.files))
    if not options.check:
        PAGE.write_text(told, encoding="utf-8")
        return ""
    same = VERSIONS.sub("", told) == VERSIONS.sub("", PAGE.read_text(encoding="utf-8"))
    return "" if same else f"{PAGE.name} is out of date. Run scripts/accuracy."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
