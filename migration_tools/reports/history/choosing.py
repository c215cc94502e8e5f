"""Which migrations a report shows."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, replace

from django.utils import timezone

from migration_tools.history.statuses import MigrationStatus, State, Survey


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """All empty: everything. ``files``: only migrations in these files, by their path."""

    apps: tuple[str, ...] = ()
    pending: bool = False
    applied: bool = False
    ghosts: bool = False
    problems: bool = False
    latest: int | None = None
    since: datetime.datetime | None = None
    files: frozenset[str] | None = None

    @property
    def is_filter(self) -> bool:
        """Something else than whole apps was asked for."""
        states = self.pending or self.applied or self.ghosts or self.problems
        return states or self.latest is not None or self.since is not None or self.files is not None


def chosen(survey: Survey, choice: Choice) -> Survey:
    """The survey without what was not asked for; problems are kept for what is left."""
    apps = []
    for app in survey.apps:
        if choice.apps and app.label not in choice.apps:
            continue
        troubled = {n for p in survey.problems if p.app == app.label for n in p.migrations}
        migrations = tuple(m for m in app.migrations if _is_chosen(m, choice, troubled))
        if choice.latest is not None:
            migrations = migrations[max(0, len(migrations) - choice.latest) :]
        if migrations or not choice.is_filter:
            left_out = len(app.migrations) - len(migrations)
            apps.append(replace(app, migrations=migrations, left_out=left_out))
    labels = {app.label for app in apps}
    problems = tuple(p for p in survey.problems if not choice.apps or not p.app or p.app in labels)
    return replace(survey, apps=tuple(apps), problems=problems)


def _is_chosen(migration: MigrationStatus, choice: Choice, troubled: set[str]) -> bool:
    states: list[Callable[[], bool]] = []
    if choice.pending:
        states.append(lambda: migration.state in (State.PENDING, State.PARTIAL))
    if choice.applied:
        states.append(lambda: migration.state.is_done)
    if choice.ghosts:
        states.append(lambda: migration.state is State.GHOST)
    if choice.problems:
        states.append(lambda: migration.name in troubled)
    if states and not any(state() for state in states):
        return False
    if choice.files is not None and migration.file not in choice.files:
        return False
    return choice.since is None or _is_since(migration, choice.since)


def _is_since(migration: MigrationStatus, since: datetime.datetime) -> bool:
    """What is not applied yet comes after every date."""
    applied = migration.applied_at
    if applied is None:
        return migration.state is not State.REPLACED
    if timezone.is_aware(applied) != timezone.is_aware(since):
        since = timezone.make_naive(since) if timezone.is_naive(applied) else since
    return applied >= since
