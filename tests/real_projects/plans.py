"""The plans of one site, judged in one process that may only read its database.

Started by ``check.py`` in the site's directory, under the reader's name. Prints one JSON object
a line: the name of a check, whether it held, and what was seen if not.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import django

READING = {"SELECT", "WITH", "EXPLAIN", "SHOW", "PRAGMA", "SET", "VALUES"}
TRANSACTION = {"BEGIN", "START", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"}
Result = dict[str, Any]


def report(name: str, problem: str | None) -> None:
    print(json.dumps({"name": name, "ok": problem is None, "detail": problem or ""}), flush=True)


class Statements:
    """Sees every statement of the connection; keeps those that are not plain reading."""

    def __init__(self) -> None:
        self.count = 0
        self.writing: list[str] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.count += 1
        words = sql.lstrip("( \n\t").split(None, 1)
        if not words or words[0].rstrip(";").upper() not in READING | TRANSACTION:
            self.writing.append(sql[:200])
        return execute(sql, params, many, context)


class Site:
    """The commands of the site, called in this process."""

    def __init__(self, command: str) -> None:
        from django.db import connection
        from django.db.migrations.loader import MigrationLoader

        self.command = command
        self.connection = connection
        self.statements = Statements()
        self.loader = MigrationLoader(connection)
        self.apps = sorted(self.loader.migrated_apps)

    def names(self, app: str) -> list[str]:
        """The migrations of an app in an order in which they can be applied."""
        seen: dict[str, None] = {}
        for leaf in self.loader.graph.leaf_nodes(app):
            for node in self.loader.graph.forwards_plan(leaf):
                if node[0] == app:
                    seen[node[1]] = None
        return list(seen)

    def plan(self, *target: str, extra: tuple[str, ...] = ()) -> Result:
        """What the command under test says, as its JSON."""
        if self.command == "migrate":
            return self._django_plan(*target)
        out, err = io.StringIO(), io.StringIO()
        from django.core.management import call_command

        with self.connection.execute_wrapper(self.statements):
            call_command(self.command, *target, "--format", "json", *extra, stdout=out, stderr=err)
        if "Traceback" in err.getvalue() + out.getvalue():
            raise AssertionError(f"a traceback was printed: {err.getvalue()[-500:]}")
        result: Result = json.loads(out.getvalue())
        return result

    def _django_plan(self, *target: str) -> Result:
        """The baseline of the harness itself: Django's executor in the place of our command."""
        from django.db.migrations.executor import MigrationExecutor

        executor = MigrationExecutor(self.connection)
        if not target:
            targets = executor.loader.graph.leaf_nodes()
        elif len(target) == 1:
            targets = [n for n in executor.loader.graph.leaf_nodes() if n[0] == target[0]]
        elif target[1] == "zero":
            targets = [(target[0], None)]
        else:
            found = executor.loader.get_migration_by_prefix(*target)
            targets = [(target[0], found.name)]
        steps = [
            {
                "app": migration.app_label,
                "name": migration.name,
                "direction": "backwards" if backwards else "forwards",
                "operations": [{"index": n} for n, _ in enumerate(migration.operations)],
            }
            for migration, backwards in executor.migration_plan(targets)
        ]
        return {"steps": steps}

    def printed(self, *target: str) -> list[tuple[str, int]]:
        """The steps that Django's ``migrate --plan`` prints, each with its number of operations."""
        from django.core.management import call_command

        out = io.StringIO()
        call_command("migrate", *target, "--plan", "--skip-checks", "--no-color", stdout=out)
        steps: list[tuple[str, int]] = []
        for line in out.getvalue().splitlines()[1:]:
            if not line.startswith(" "):
                steps.append((line, 0))
            elif steps:
                steps[-1] = (steps[-1][0], steps[-1][1] + 1)
        return steps


@contextmanager
def pretended(applied_without: set[tuple[str, str]]) -> Iterator[None]:
    """Django's recorder says that some migrations are not applied; the database is not touched."""
    from django.db.migrations.recorder import MigrationRecorder

    real = MigrationRecorder.applied_migrations

    def fewer(self: Any) -> Any:
        return {k: v for k, v in real(self).items() if k not in applied_without}

    MigrationRecorder.applied_migrations = fewer  # type: ignore[method-assign]
    try:
        yield
    finally:
        MigrationRecorder.applied_migrations = real  # type: ignore[method-assign]


def check(name: str, body: Callable[[], str | None]) -> None:
    try:
        problem = body()
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        problem = "".join(traceback.format_exception(error))[-1500:]
    report(name, problem)


def is_own(operation: dict[str, Any]) -> bool:
    """Of the migration; Django and the engine do more when all of them are done."""
    return operation["description"] not in (
        "Build the state that is left",
        "Look at all foreign keys",
    )


def same_plan(site: Site, direction: str, *target: str) -> str | None:
    """None, or how the steps of the command differ from those that Django prints."""
    steps = site.plan(*target)["steps"]
    ours = [(f"{s['app']}.{s['name']}", sum(map(is_own, s["operations"]))) for s in steps]
    wrong = [s["name"] for s in steps if s["direction"] != direction]
    theirs = site.printed(*target)
    if wrong:
        return f"not {direction}: {wrong}"
    if ours != theirs:
        extra = [x for x in ours if x not in theirs]
        missing = [x for x in theirs if x not in ours]
        return f"{len(ours)} steps, Django prints {len(theirs)}; {extra=} {missing=}"
    return None


def check_plans(site: Site) -> None:
    """Every app back to zero and to its middle, and forward again from either."""
    for app in site.apps:
        names = site.names(app)
        targets = ["zero"] if len(names) < 2 else ["zero", names[(len(names) - 1) // 2]]
        for target in targets:
            check(
                f"back: {app} {target}",
                lambda app=app, target=target: same_plan(site, "backwards", app, target),
            )
            gone = {
                (step["app"], step["name"])
                for step in site._django_plan(app, target)["steps"]
                if step["direction"] == "backwards"
            }
            replaced = {old for key in gone for old in site.loader.get_migration(*key).replaces}
            with pretended(gone | replaced):
                for again in ((app,), ()):
                    check(
                        f"forward: {' '.join(again) or 'all'} from {app} {target}",
                        lambda again=again: same_plan(site, "forwards", *again),
                    )


def check_forwards(site: Site) -> None:
    """From the state that the database is in: everything, and each app."""
    for target in ((), *((app,) for app in site.apps)):
        check(
            f"forward: {' '.join(target) or 'all'}",
            lambda target=target: same_plan(site, "forwards", *target),
        )


def expected_problem(site: Site, expected: Any) -> str | None:
    result = site.plan(*filter(None, (expected.app, expected.target)))
    operations = [o for step in result["steps"] for o in step["operations"]]
    losses = [loss for operation in operations for loss in operation["losses"]]
    # After a step of Python or raw SQL the numbers are as of now, and may not claim more.
    any_opaque = any(operation["opaque"] for operation in operations)
    allowed = {"exact", "estimated"} if any_opaque else {"exact"}
    wrong = []
    for loss in expected.losses:
        found = loss.found(losses)
        if loss.rows == 0 or getattr(loss, "values", None) == 0:
            if found:
                wrong.append(f"nothing is lost, but reported: {found}")
            continue
        figures = {key: getattr(loss, key) for key in loss.sql()}
        seen = [{key: x[key] for key in figures} for x in found]
        if seen != [figures] or found[0]["exactness"] not in allowed:
            wrong.append(f"{loss}: found {found}")
    return "; ".join(wrong) or None


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("settings")
    parser.add_argument("mode", choices=["full", "forwards", "real"])
    parser.add_argument("--command", default="migration_plan")
    options = parser.parse_args()
    sys.path[:0] = [os.getcwd()]
    os.environ["DJANGO_SETTINGS_MODULE"] = options.settings
    django.setup()
    import rows

    site = Site(options.command)
    if options.mode == "full":
        check_plans(site)
    else:
        check_forwards(site)
    expectations = {"full": rows.EXPECTED, "forwards": (), "real": rows.EXPECTED_FORWARDS}
    if options.command != "migrate":
        for expected in expectations[options.mode]:
            name = f"counts: {expected.app} {expected.target}".rstrip()
            check(name, lambda expected=expected: expected_problem(site, expected))
    if options.command != "migrate":
        writing = site.statements.writing
        report(
            f"only reading statements ({site.statements.count} seen)",
            f"{len(writing)}: {writing[:5]}" if writing or not site.statements.count else None,
        )


if __name__ == "__main__":
    main()
