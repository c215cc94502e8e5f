"""What a run would keep of a plan and bring back, told without one."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migration_tools.archives.catalogue import Catalogue, Kind
from migration_tools.conf import configuration
from migration_tools.exceptions import ArchiveError

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from migration_tools.analysis.context import ComesBack
    from migration_tools.analysis.verdicts import Assessment
    from migration_tools.archives.catalogue import Archive
    from migration_tools.archives.conflicts import Conflict
    from migration_tools.plan import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """``rows``: rows or values that will be back; None where there was no time to count them."""

    step: Step
    archive: Archive
    rows: int | None
    conflicts: tuple[Conflict, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """``refusal``: why a run would be refused before its first step; None where it would not."""

    returns: tuple[Return, ...] = ()
    refusal: ArchiveError | None = None


def columns_back(connection: BaseDatabaseWrapper) -> ComesBack:
    """Whether there is an archive for the column that a step adds; the catalogue is asked late."""
    catalogue = Catalogue(connection)
    exists = functools.cache(catalogue.exists)

    def comes_back(step: Step, table: str, column: str) -> bool:
        if not exists():
            return False
        archive = catalogue.latest_for(
            app=step.app,
            name=step.name,
            direction=step.direction,
            kind=Kind.COLUMN,
            table=table,
            column=column,
        )
        return archive is not None

    return comes_back


def with_archives(
    assessment: Assessment, connection: BaseDatabaseWrapper, *, seconds: float
) -> tuple[Assessment, Coming]:
    """As a run would see it that is told nothing about archives; only reads."""
    if not assessment.losses and not Catalogue(connection).exists():
        return assessment, Coming()
    # A third of our code is about keeping: it is loaded where there is something to keep.
    from migration_tools.execution.archiving import Archivist, Wishes

    strategy = "copy" if configuration().archive == "copy" else "auto"
    archivist = Archivist(connection, Wishes(strategy=strategy), lambda: None)
    try:
        coming = Coming(returns=archivist.returns(assessment, seconds=seconds))
    except ArchiveError as error:
        coming = Coming(refusal=error)
    return archivist.judged(assessment), coming
