"""The whole history of a project recorded twice: as the commands do, and fully rendered.

    python oracle.py SETTINGS

in the project's directory. Both directions; what is applied is said by this script, so that no
database has to be in any state. Prints a JSON object: steps, seconds, the operations that fell back
to full rendering, and every operation whose effects are not the same; and Django's version.
"""

from __future__ import annotations

import json
import os
import sys
import time
from types import SimpleNamespace
from typing import Any

import django


def compare(pairs: list[Any], executor: Any) -> dict[str, Any]:
    from migration_tools.analysis.recording import record
    from migration_tools.analysis.rendering import full
    from migration_tools.plan import Target, plan_of_run

    connection = executor.connection
    plan = plan_of_run(pairs, connection, Target())
    started = time.process_time()
    quick = record(plan, connection, online=True)
    between = time.process_time()
    oracle = record(plan, connection, online=True, choose_renderer=lambda *_: full)
    ended = time.process_time()
    return {
        "steps": len(quick.steps),
        "seconds": [between - started, ended - between],
        "falls": [fall.split(": ")[0] for fall in quick.falls],
        "different": [
            f"{step.step.label}, {ours.description}: {ours.effects} and not {theirs.effects}"
            for step, rendered in zip(quick.steps, oracle.steps, strict=True)
            for ours, theirs in zip(step.operations, rendered.operations, strict=True)
            if ours != theirs
        ],
    }


def main() -> None:
    sys.path[:0] = [os.getcwd()]
    os.environ["DJANGO_SETTINGS_MODULE"] = sys.argv[1]
    django.setup()
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.recorder import MigrationRecorder

    connection.ensure_connection()
    files = MigrationLoader(None).disk_migrations
    # A squashed migration counts as applied only if everything it replaces does.
    names = {*files, *(old for migration in files.values() for old in migration.replaces)}
    everything = {key: SimpleNamespace(app=key[0], name=key[1]) for key in sorted(names)}
    results: dict[str, Any] = {"django": django.get_version()}
    for direction, applied in (("backwards", everything), ("forwards", {})):
        setattr(MigrationRecorder, "applied_migrations", lambda self, a=applied: dict(a))  # noqa: B010
        executor = MigrationExecutor(connection)
        graph = executor.loader.graph
        zero = [(app, None) for app in sorted(executor.loader.migrated_apps)]
        targets: list[Any] = zero if direction == "backwards" else graph.leaf_nodes()
        results[direction] = compare(executor.migration_plan(targets), executor)
    print(json.dumps(results))


if __name__ == "__main__":
    main()
