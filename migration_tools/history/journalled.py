"""What the journal and the archives add to a history: who, how long, faked, edited, kept."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import django.db

from migration_tools.analysis.sources import source_hash, source_of
from migration_tools.archives.catalogue import HOLDING, Catalogue
from migration_tools.history.statuses import Mark, Ran, State
from migration_tools.journal import Journal, LastStep, Outcome
from migration_tools.plan import Direction, Key

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration

STOPPED = frozenset({Outcome.RUNNING, Outcome.FAILED, Outcome.INTERRUPTED})


def last_steps(connection: BaseDatabaseWrapper) -> Mapping[Key, LastStep]:
    """Empty where there is no journal, or none that this user may read."""
    try:
        return Journal(connection).last_steps()
    except django.db.Error:
        return {}


def archives(connection: BaseDatabaseWrapper) -> Mapping[Key, int]:
    """How many are kept of each migration's steps; empty where they cannot be asked for."""
    try:
        found = Catalogue(connection).find(states=HOLDING)
    except django.db.Error:
        return {}
    return Counter((archive.app, archive.name) for archive in found)


def ran(step: LastStep | None, state: State) -> Ran | None:
    """How it was applied; None if it is not, or if somebody else has recorded it since."""
    if step is None or state is not State.APPLIED or not _applied_it(step):
        return None
    return Ran(run=step.run, seconds=step.seconds, by=step.by, version=step.version)


def marks(step: LastStep | None, state: State, migration: Migration) -> Iterator[Mark]:
    if step is None:
        return
    if _is_half_done(step):
        yield Mark.HALF_DONE
    if state is not State.APPLIED or not _applied_it(step):
        return
    if step.faked:
        yield Mark.FAKED
    elif step.source_hash and _is_edited(step, source_of(migration)):
        yield Mark.EDITED


def _is_edited(step: LastStep, now: str) -> bool:
    """The same text needs no hash, which takes far longer than to compare."""
    return now != step.source and source_hash(now) not in ("", step.source_hash)


def _applied_it(step: LastStep) -> bool:
    return step.outcome is Outcome.DONE and step.direction is Direction.FORWARDS


def _is_half_done(step: LastStep) -> bool:
    """Operations are written down only where each one stays when a later one fails."""
    if step.outcome not in STOPPED or not step.operations:
        return False
    begun = [operation for operation in json.loads(step.operations) if operation["statements"]]
    return bool(begun)
