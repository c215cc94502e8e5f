"""What is wrong with a history, and the least destructive way to set it right.

Nothing here is ever run: a remedy is a command to read, or a place to look at, first.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from django.db import DEFAULT_DB_ALIAS

from migration_tools.history.statuses import (
    AppStatus,
    Kind,
    Mark,
    MigrationStatus,
    Problem,
    State,
    Survey,
)

#: Worst first: what keeps `migrate` from running at all, then what misleads.
ORDER = tuple(Kind)


def problems_of(apps: Iterable[AppStatus], alias: str = DEFAULT_DB_ALIAS) -> tuple[Problem, ...]:
    """The problems of the database ``alias``, worst first, then by app."""
    apps = tuple(apps)
    done = {m.label for app in apps for m in app.migrations if m.state.is_done}
    found = [problem for app in apps for problem in _of_app(app, done, alias)]
    return tuple(sorted(found, key=lambda problem: (ORDER.index(problem.kind), problem.app)))


def _of_app(app: AppStatus, done: set[str], alias: str) -> Iterator[Problem]:
    leaves = [m for m in app.migrations if Mark.CONFLICT in m.marks]
    if leaves:
        yield _conflict(app.label, leaves)
    for migration in app.migrations:
        if migration.state is State.GHOST and app.is_installed:
            yield _ghost(migration)
        if migration.state is State.PARTIAL:
            yield _partial(migration, app, alias)
        if Mark.INCONSISTENT in migration.marks:
            yield _inconsistent(migration, done, alias)
        if Mark.EDITED in migration.marks:
            yield _edited(migration)
        if Mark.HALF_DONE in migration.marks:
            yield _half_done(migration, alias)


def _conflict(app: str, leaves: list[MigrationStatus]) -> Problem:
    names = tuple(migration.name for migration in leaves)
    return Problem(
        kind=Kind.CONFLICT,
        app=app,
        migrations=names,
        file=leaves[-1].file,
        message=f"{app} has {len(names)} newest migrations, {_listed(names)}: `migrate` refuses.",
        remedy=f"manage.py makemigrations --merge {app}",
    )


def _ghost(migration: MigrationStatus) -> Problem:
    when = f" on {migration.applied_at:%Y-%m-%d}" if migration.applied_at else ""
    return Problem(
        kind=Kind.GHOST,
        app=migration.app,
        migrations=(migration.name,),
        message=f"{migration.label} was applied{when}, and its file is gone.",
        remedy=f"git log --all --oneline -- '*/{migration.name}.py'",
    )


def _database(alias: str) -> str:
    return "" if alias == DEFAULT_DB_ALIAS else f" --database {shlex.quote(alias)}"


def _partial(migration: MigrationStatus, app: AppStatus, alias: str) -> Problem:
    own = [m for m in app.migrations if m.label in migration.replaces]
    applied = sum(m.state.is_done for m in own)
    gone = len(migration.replaces) - len(own)
    left = [m.name for m in own if not m.state.is_done]
    if left:
        remedy = f"manage.py migrate {app.label} {left[-1]}{_database(alias)}"
    else:
        remedy = f"Bring back the {gone} replaced files, migrate, then remove them again."
    return Problem(
        kind=Kind.PARTIAL,
        app=app.label,
        migrations=(migration.name,),
        file=migration.file,
        message=f"{migration.label} stands for {len(migration.replaces)} migrations, of which "
        f"{applied} are applied: it cannot be used before all of them are.",
        remedy=remedy,
    )


def _inconsistent(migration: MigrationStatus, done: set[str], alias: str) -> Problem:
    missing = [label for label in migration.dependencies if label not in done]
    app, _, name = missing[0].partition(".") if missing else ("", "", "")
    is_default = alias == DEFAULT_DB_ALIAS
    imported, connection = (
        ("connection",) * 2
        if is_default
        else (
            "connections",
            f"connections[{alias!r}]",
        )
    )
    record = f"MigrationRecorder({connection}).record_applied({app!r}, {name!r})"
    return Problem(
        kind=Kind.INCONSISTENT,
        app=migration.app,
        migrations=(migration.name,),
        file=migration.file,
        message=f"{migration.label} is applied before its dependency {_listed(missing)}: `migrate` "
        "refuses.",
        remedy="If what it makes is in the database:  manage.py shell -c "
        f'"from django.db import {imported}; '
        f'from django.db.migrations.recorder import MigrationRecorder; {record}"',
    )


def _edited(migration: MigrationStatus) -> Problem:
    return Problem(
        kind=Kind.EDITED,
        app=migration.app,
        migrations=(migration.name,),
        file=migration.file,
        message=f"{migration.label} says something else than when it ran.",
        remedy=f"git log -p -- '*/{migration.name}.py'",
    )


def _half_done(migration: MigrationStatus, alias: str) -> Problem:
    return Problem(
        kind=Kind.HALF_DONE,
        app=migration.app,
        migrations=(migration.name,),
        file=migration.file,
        message=f"A run stopped in the middle of {migration.label}.",
        remedy=f"manage.py migrate_safe --status{_database(alias)}",
    )


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def differences(surveys: tuple[Survey, ...]) -> tuple[Problem, ...]:
    """Where databases of one project differ, leaving out what the routers keep from one."""
    asked = [survey for survey in surveys if survey.is_reachable]
    if len(asked) < 2:
        return ()
    places: dict[tuple[str, str], dict[str, bool]] = {}
    for survey in asked:
        for migration in survey.migrations():
            if Mark.NO_EFFECT not in migration.marks and migration.state is not State.REPLACED:
                place = places.setdefault((migration.app, migration.name), {})
                place[survey.alias] = migration.state.is_done or migration.state is State.GHOST
    by_app: dict[str, dict[str, tuple[list[str], list[str]]]] = {}
    for (app, name), where in places.items():
        if len(set(where.values())) > 1:
            have = [alias for alias, applied in where.items() if applied]
            lack = [alias for alias, applied in where.items() if not applied]
            by_app.setdefault(app, {})[name] = have, lack
    return tuple(_different(app, found) for app, found in sorted(by_app.items()))


def _different(app: str, found: dict[str, tuple[list[str], list[str]]]) -> Problem:
    names = tuple(sorted(found))
    have, lack = found[names[0]]
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return Problem(
        kind=Kind.DIFFERENT,
        app=app,
        migrations=names,
        message=f"{app}.{names[0]}{more}: applied on {_listed(have)}, not on {_listed(lack)}.",
        remedy=f"manage.py migrate_safe {app} --database {shlex.quote(lack[0])}",
    )
