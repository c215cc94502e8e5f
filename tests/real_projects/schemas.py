"""Of one real project: no drift where nothing has drifted, and the SQL that a run then sends."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from check import Check

HERE = Path(__file__).resolve().parent
# Steps with a default that looks for rows, which a preview has none of: its value is left out.
UNKNOWN: dict[str, set[str]] = {
    "wagtail": {"wagtaildocs.0005_document_collection"},
    "oscar": set(),
}
# Defaults that are another one at each call.
MOVING = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?(\+00:00)?"
    r"|(?<=')[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}(?=')"
)


def no_drift(check: Check, database: str, when: str) -> None:
    before = check.server.content(database)
    done = check.manage(database, "migration_diff", "--live", "--check", "--format", "json")
    problem = f"exit {done.code}: {done.err[-1500:]}" if done.code not in (0, 3) else None
    if problem is None:
        report = json.loads(done.out)
        told = [[d["table"], d["kind"], d["way"], d["name"]] for d in report["differences"]]
        problem = f"{len(told)}: {told[:5]}" if told else None
        check.note(f"drift {when}: notes", "; ".join(report["notes"]) or None)
    check.note(f"drift {when}: differences", problem)
    unchanged = check.server.content(database) == before
    check.note(f"drift {when}: nothing written", None if unchanged else "the database has changed")


def same_statements(check: Check, database: str, *target: str) -> None:
    """What ``migration_plan --sql`` says, and what ``migrate`` then sends, step for step."""
    name = f"sql: {' '.join(target) or 'from nothing'}"
    plan = check.manage(database, "migration_plan", *target, "--sql", "--format", "json")
    settings = f"{check.project}_settings"
    real = check.run(database, str(HERE / "sent.py"), settings, *target)
    for done in (plan, real):
        if done.code:
            check.note(name, f"exit {done.code}: {done.err[-1500:]}")
            return
    report, sent = json.loads(plan.out), json.loads(real.out)
    check.note(f"{name}: exact", None if report["sql"]["exact"] else str(report["sql"]))
    told = {f"{step['app']}.{step['name']}": statements(step) for step in report["steps"]}
    unknown = {step["app"] + "." + step["name"] for step in report["steps"] if looks_for_rows(step)}
    expected = UNKNOWN[check.project] if not target else set()
    check.note(f"{name}: unknown", None if unknown == expected else f"{unknown}, not {expected}")
    check.note(f"{name}: steps", None if list(told) == list(sent) else f"{[*told]}, not {[*sent]}")
    for step in told.keys() & sent.keys():
        ours, theirs = ([MOVING.sub("", sql) for sql in side[step]] for side in (told, sent))
        if step in unknown:
            ours, theirs = without_defaults(ours), without_defaults(theirs)
        wrong = [pair for pair in zip(ours, theirs, strict=False) if pair[0] != pair[1]]
        if len(ours) != len(theirs):
            wrong.append((f"{len(ours)} statements", f"{len(theirs)} statements"))
        check.note(f"{name}: {step}", f"{wrong[0][0]}\n    not {wrong[0][1]}" if wrong else None)
    count = sum(map(len, sent.values()))
    check.note(f"{name}: statements", None if count else "none was sent")
    print(f"  {name}: {count} statements of {len(sent)} steps", flush=True)


def statements(step: dict[str, Any]) -> list[str]:
    return [statement["sql"] for statement in step["statements"] or () if statement["sql"]]


def looks_for_rows(step: dict[str, Any]) -> bool:
    code = [statement["python"] or "" for statement in step["statements"] or ()]
    return any("which looks for rows" in told for told in code)


def without_defaults(told: list[str]) -> list[str]:
    told = [sql for sql in told if not sql.endswith("DROP DEFAULT")]
    return [re.sub(r"DEFAULT \d+ |(?<=, )(NULL|\d+)(?= FROM )", "", sql) for sql in told]
