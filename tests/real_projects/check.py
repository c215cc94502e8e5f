"""Shows the commands on one real project and one engine.

Run by the project's own Python: ``python tests/real_projects/check.py wagtail --engine sqlite``.
``--baseline`` puts Django's own commands in the place of ours: what fails then is a fault of
this harness.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from round_trips import round_trip  # noqa: E402
from schemas import no_drift, same_statements  # noqa: E402
from servers import Server, server  # noqa: E402
from troubles import troubles  # noqa: E402

SHOWN = 5  # failures that are shown in full; one fault often fails every plan
# The app's own journal and archives are not part of the project's schema.
OWN_TABLES = ("migration_tools_", "_mt_")
# Real reverts, run by Django on a copy with rows, from which the way forward is then judged.
REVERTS = {
    "wagtail": (("home", "0001"), ("wagtailredirects", "0006"), ("simple_translation", "zero")),
    "oscar": (("wishlists", "zero"), ("reviews", "zero"), ("partner", "0005")),
}

# The operations that a quick recording leaves to full rendering; more of them would be a fault.
FALLS = {
    "wagtail": ["wagtailsearch.0007_delete_editorspick"],
    "oscar": ["offer.0002_auto_20151210_1053", "offer.0003_auto_20161120_1707"],
}


@dataclass
class Done:
    code: int
    out: str
    err: str


@dataclass
class Check:
    """One project on one engine: its processes, and what was found."""

    project: str
    server: Server
    safe: str
    plan: str
    passed: int = 0
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.site = HERE / f"{self.project}_site"
        self.prefix = f"mt_real_{self.project}_{os.getpid()}"

    def name(self, what: str) -> str:
        return f"{self.prefix}_{what}"

    def note(self, name: str, problem: str | None) -> None:
        if problem is None:
            self.passed += 1
        else:
            self.failures.append(name)
            shown = problem if len(self.failures) <= SHOWN else problem.splitlines()[-1][:200]
            print(f"  FAILED {name}\n    {shown}".rstrip(), flush=True)

    def run(self, database: str, *arguments: str, reader: bool = False, seed: int = 0) -> Done:
        environ = os.environ | self.server.environment(database, reader=reader)
        environ |= {"PYTHONHASHSEED": str(seed), "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}
        environ["PYTHONPATH"] = os.pathsep.join(
            [str(HERE), str(HERE.parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
        )
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.site,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def manage(self, database: str, *arguments: str, reader: bool = False, seed: int = 0) -> Done:
        return self.run(database, "manage.py", *arguments, reader=reader, seed=seed)


def without_timings(text: str) -> list[str]:
    return re.sub(r"\(\d+\.\d+s\)", "(time)", text).splitlines()


def difference(ours: list[str], theirs: list[str]) -> str | None:
    lines = list(difflib.unified_diff(theirs, ours, "migrate", "migrate_safe", lineterm="", n=0))
    return "\n    ".join(lines[:20]) or None


def is_own(name: str) -> bool:
    return any(own in name for own in OWN_TABLES)


def build(check: Check) -> None:
    """From nothing by ``migrate`` and by the command under test: same lines, same schema."""
    names = {"plain": "migrate", "safe": check.safe}
    for name in names:
        check.server.create(check.name(name))
    with ThreadPoolExecutor() as pool:
        runs = {
            name: pool.submit(check.manage, check.name(name), command, "--noinput", "-v", "2")
            for name, command in names.items()
        }
    plain, safe = runs["plain"].result(), runs["safe"].result()
    if plain.code:
        raise SystemExit(f"migrate itself failed on {check.project}:\n{plain.err[-2000:]}")
    check.note("build: exit code", None if safe.code == 0 else f"{safe.code}: {safe.err[-1500:]}")
    check.note("build: stdout", difference(without_timings(safe.out), without_timings(plain.out)))
    check.note("build: stderr", difference(without_timings(safe.err), without_timings(plain.err)))
    schemas, counts = [], []
    for name in ("safe", "plain"):
        schema = check.server.schema(check.name(name))
        schemas.append(sorted(f"{k}: {v}" for k, v in schema.items() if not is_own(k)))
        rows = check.server.counts(check.name(name))
        counts.append(sorted(f"{k}: {v}" for k, v in rows.items() if not is_own(k)))
    check.note("build: schema", difference(*schemas) if schemas[1] else "the schema is empty")
    check.note("build: rows", difference(*counts))
    print(
        f"  built from nothing: {len(without_timings(plain.out))} lines,"
        f" {len(schemas[1])} objects of the schema, {len(counts[1])} tables",
        flush=True,
    )


def compare_recordings(check: Check) -> None:
    """The whole history, both ways: the effects are those of a fully rendered recording."""
    done = check.run(check.name("empty"), str(HERE / "oracle.py"), f"{check.project}_settings")
    check.note("oracle: process", done.err[-2000:] if done.code else None)
    results = json.loads(done.out if done.code == 0 else "{}")
    print(f"  recorded on Django {results.pop('django', 'unknown')}", flush=True)
    for direction, result in results.items():
        different = result["different"]
        seen = f"{len(different)}: {different[:3]}" if different else None
        check.note(f"oracle: effects {direction}", seen if result["steps"] else "no steps")
        falls = None if result["falls"] == FALLS[check.project] else str(result["falls"])
        check.note(f"oracle: fully rendered {direction}", falls)
        quick, rendered = result["seconds"]
        print(f"  recorded {direction}: {quick:.1f} s, fully rendered {rendered:.1f} s", flush=True)


def fill(check: Check) -> None:
    """Rows in the tables; the figures that plans are judged by hold for hand-written SQL."""
    script = "import json, rows; rows.fill(); print(json.dumps([[sql, getattr(loss, key)]"
    script += (
        " for plan in rows.EXPECTED for loss in plan.losses for key, sql in loss.sql().items()]))"
    )
    done = check.manage(check.name("plain"), "shell", "-v", "0", "-c", script)
    if done.code:
        raise SystemExit(f"The rows could not be made:\n{done.err[-2000:]}")
    for sql, figure in json.loads(done.out.splitlines()[-1]):
        seen = check.server.query(check.name("plain"), sql)[0][0]
        check.note(f"rows: {sql}", None if seen == figure else f"{seen}, expected {figure}")


def judge(check: Check, database: str, mode: str) -> None:
    """The plans of a database, by a process that may only read it; nothing may have changed."""
    for complaint in check.server.prove_reader(database):
        check.note("reader", complaint)
    before, started = check.server.content(database), time.perf_counter()
    settings = f"{check.project}_settings"
    script = str(HERE / "plans.py")
    done = check.run(database, script, settings, mode, "--command", check.plan, reader=True)
    results = [json.loads(line) for line in done.out.splitlines() if line.startswith("{")]
    for result in results:
        check.note(f"{mode}: {result['name']}", None if result["ok"] else result["detail"])
    crashed = done.code != 0 or not results
    check.note(f"{mode}: process", f"exit {done.code}: {done.err[-2000:]}" if crashed else None)
    unchanged = check.server.content(database) == before
    check.note(f"{mode}: nothing written", None if unchanged else "the database has changed")
    took = time.perf_counter() - started
    print(f"  {mode}: {len(results)} checks of plans as a reader, {took:.1f} s", flush=True)


def whole_processes(check: Check) -> None:
    """A few plans as a person runs them: exit codes, formats, the same bytes under two seeds."""
    database = check.name("plain")
    before = check.server.content(database)
    app, target = REVERTS[check.project][0]
    runs = (
        ((app, target, "--format", "json"), 0, 1),
        ((app, target, "--format", "json"), 0, 2),
        ((app, target), 0, 0),
        ((app, target, "--check"), 3, 0),
        ((), 0, 0),
        (("--check",), 0, 0),
        (("no_such_app",), 1, 0),
    )

    def run(arguments: tuple[str, ...], code: int, seed: int) -> Done:
        done = check.manage(database, "migration_plan", *arguments, reader=True, seed=seed)
        sound = done.code == code and "Traceback" not in done.err + done.out
        what = f"exit {done.code}, expected {code}: {(done.err or done.out)[-800:]}"
        check.note(f"process: migration_plan {' '.join(arguments)}", None if sound else what)
        return done

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(run, *zip(*runs, strict=True)))
    same = difference(done[0].out.splitlines(), done[1].out.splitlines())
    check.note(f"process: {app} {target} under two hash seeds", same)
    unchanged = check.server.content(database) == before
    check.note("process: nothing written", None if unchanged else "the database has changed")


def real_reverts(check: Check) -> None:
    """The way forward from where real reverts have left a database with rows."""
    database = check.name("reverted")
    if check.server.engine in ("mariadb", "mysql"):
        database = check.name("plain")  # no cheap copy there: the last phase may use it up
    else:
        check.server.create(database, template=check.name("plain"))
    script = "import rows; from django.core.management import call_command\n"
    for app, target in REVERTS[check.project]:
        if check.plan != "migrate":
            same_statements(check, database, app, target)
        script += f"call_command('migrate', {app!r}, {target!r}, verbosity=0)\n"
    done = check.manage(database, "shell", "-v", "0", "-c", f"{script}rows.fill_reverted()")
    if done.code:
        raise SystemExit(f"The reverted state could not be made:\n{done.err[-2000:]}")
    judge(check, database, "real")
    if check.plan != "migrate":
        no_drift(check, database, "after real reverts")


def every_app_backwards(check: Check) -> None:
    """Each app taken back for real, without rows: what is sent is what its plan's SQL says."""
    database = check.name("empty")
    check.server.create(database)
    built = check.manage(database, "migrate", "--noinput", "-v", "0")
    check.note("backwards: built", built.err[-2000:] if built.code else None)
    done = check.run(database, str(HERE / "backwards.py"), f"{check.project}_settings")
    check.note("backwards: process", done.err[-2000:] if done.code else None)
    results = [json.loads(line) for line in done.out.splitlines() if line.startswith("{")]
    for result in results:
        check.note(f"backwards: {result['app']}", "\n    ".join(result["wrong"]) or None)
        if result["stopped"]:
            print(f"  backwards: {result['app']} stops: {result['stopped'][:120]}", flush=True)
    steps, count = (sum(result[key] for result in results) for key in ("steps", "statements"))
    check.note("backwards: statements", None if count else "none was sent")
    print(f"  backwards: {count} statements of {steps} steps, {len(results)} apps", flush=True)


def check_project(check: Check) -> None:
    check.server.create(check.name("empty"))
    with ThreadPoolExecutor(1) as pool:
        # Effects are the same on every engine, which other tests show: once is enough.
        oracle = pool.submit(compare_recordings, check) if check.server.engine == "sqlite" else None
        build(check)
        if oracle is not None:
            oracle.result()
    if check.plan != "migrate" and check.server.engine == "sqlite":
        troubles(check)
    fill(check)
    with ThreadPoolExecutor(1) as pool:
        # On the database that is not looked at any more.
        trip = pool.submit(round_trip, check) if check.plan != "migrate" else None
        judge(check, check.name("plain"), "full")
        if trip is not None:
            trip.result()
    judge(check, check.name("empty"), "forwards")
    if check.plan != "migrate":
        whole_processes(check)
        no_drift(check, check.name("plain"), "built from nothing")
        same_statements(check, check.name("empty"))
        no_drift(check, check.name("empty"), "after the plan's own statements")
    real_reverts(check)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", choices=["wagtail", "oscar"])
    parser.add_argument("--engine", default=os.environ.get("MIGRATION_TOOLS_DB", "sqlite"))
    parser.add_argument("--baseline", action="store_true", help="Django's commands for ours")
    parser.add_argument(
        "--recordings", action="store_true", help="only compare recordings, without a database"
    )
    parser.add_argument(
        "--backwards", action="store_true", help="only take every app back, statement by statement"
    )
    parser.add_argument("--keep", action="store_true", help="leave the databases")
    options = parser.parse_args()
    safe, plan = ("migrate", "migrate") if options.baseline else ("migrate_safe", "migration_plan")
    started = time.perf_counter()
    check = Check(options.project, server(options.engine), safe, plan)
    print(f"{options.project} on {options.engine}", flush=True)
    try:
        if options.backwards:
            every_app_backwards(check)
        else:
            (compare_recordings if options.recordings else check_project)(check)
    finally:
        if not options.keep:
            for what in ("plain", "safe", "empty", "reverted", "troubled", "other"):
                check.server.drop(check.name(what))
            check.server.close()
    took = time.perf_counter() - started
    print(f"  {options.project} on {options.engine}: {took:.0f} s")
    print(f"{check.passed} passed, {len(check.failures)} failed", flush=True)
    return 1 if check.failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
