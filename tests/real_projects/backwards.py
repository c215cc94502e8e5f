"""Takes every app of a site back to nothing, and compares what each step sends with its plan's SQL.

Run by ``check.py --backwards`` in the site's directory, with the settings' module: one process,
since starting a site takes longer than most of its apps. Prints one JSON object for each app.
"""

from __future__ import annotations

import io
import json
import os
import sys
from typing import Any

import django

import sent
from schemas import MOVING, looks_for_rows, statements, without_defaults


def planned(app: str) -> Any:
    from django.core.management import call_command

    told = io.StringIO()
    call_command("migration_plan", app, "zero", sql=True, format="json", stdout=told)
    return json.loads(told.getvalue())


def run(app: str) -> str:
    """Why it stopped, if it did."""
    from django.core.management import call_command
    from django.db import connection

    sent.sent.clear()
    try:
        with connection.execute_wrapper(sent.note):
            call_command("migrate", app, "zero", verbosity=0, interactive=False, skip_checks=True)
    except Exception as error:  # of the site's own migrations, some of which cannot be taken back
        return f"{type(error).__name__}: {error}"
    return ""


def compare(app: str) -> dict[str, Any]:
    report = planned(app)
    stopped = run(app)
    told = {f"{step['app']}.{step['name']}": step for step in report["steps"]}
    done = list(sent.sent)
    wrong = [] if done == list(told)[: len(done)] else [f"{done}, not {list(told)}"]
    if not stopped and len(done) != len(told):
        wrong.append(f"{len(done)} steps, not {len(told)}")
    # The step that stopped is sent in part only.
    whole = done[:-1] if stopped else done
    for name in whole:
        ours = [MOVING.sub("", sql) for sql in statements(told[name])] if name in told else []
        theirs = [MOVING.sub("", sql) for sql in sent.sent[name]]
        if name in told and looks_for_rows(told[name]):
            ours, theirs = without_defaults(ours), without_defaults(theirs)
        if ours != theirs:
            pairs = [pair for pair in zip(ours, theirs, strict=False) if pair[0] != pair[1]]
            first = pairs[0] if pairs else (f"{len(ours)} statements", f"{len(theirs)} statements")
            wrong.append(f"{name}: {first[0]}\n    not {first[1]}")
    count = sum(len(sent.sent[name]) for name in whole)
    return {
        "app": app,
        "steps": len(whole),
        "statements": count,
        "stopped": stopped,
        "wrong": wrong,
    }


def order() -> list[str]:
    """An app after those that depend on it, so that each is a plan of few others."""
    from django.db.migrations.loader import MigrationLoader

    graph: Any = MigrationLoader(None).graph
    newest = dict.fromkeys(
        key[0] for leaf in graph.leaf_nodes() for key in graph.forwards_plan(leaf)
    )
    return list(reversed(newest))


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = sys.argv[1]
    sys.path.insert(0, os.getcwd())
    django.setup()
    from django.db.migrations.executor import MigrationExecutor
    from django.db.migrations.operations import RunPython

    for name in ("apply_migration", "unapply_migration"):
        setattr(MigrationExecutor, name, sent.noted(getattr(MigrationExecutor, name)))
    for name in ("database_forwards", "database_backwards"):
        setattr(RunPython, name, sent.silent(getattr(RunPython, name)))
    for app in order():
        print(json.dumps(compare(app)), flush=True)


if __name__ == "__main__":
    main()
