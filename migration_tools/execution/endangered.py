"""Which columns are parked in tables that a plan drops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from migration_tools.analysis.effects import TableDropped
from migration_tools.analysis.recording import record
from migration_tools.archives.catalogue import HOLDING, Catalogue, Kind, Strategy
from migration_tools.archives.parking import ParkedArchives
from migration_tools.plan import Target, plan_of_run

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration


def endangered(
    connection: BaseDatabaseWrapper, plan: list[tuple[Migration, bool]]
) -> Iterator[str]:
    parked = ParkedArchives(connection)
    if not parked.is_possible:
        return
    found = Catalogue(connection).find(states=HOLDING, strategy=Strategy.PARK, kind=Kind.COLUMN)
    homes: dict[str | None, list[str]] = {}
    for archive in found:
        homes.setdefault(parked.table_of(archive), []).append(str(archive.number))
    if not homes:
        return
    recording = record(plan_of_run(list(plan), connection, Target()), connection, online=True)
    for step in recording.steps:
        for operation in step.operations:
            for effect in operation.effects:
                if isinstance(effect, TableDropped) and (numbers := homes.get(effect.table)):
                    yield (
                        f"{step.step.label} drops {effect.table}, and with it the columns that are "
                        f"parked there (archive {', '.join(numbers)}). migrate_safe keeps both."
                    )
