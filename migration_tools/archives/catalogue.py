"""What was archived, how, and where it is: one row for each thing, never deleted.

On the pattern of Django's MigrationRecorder, as the journal: a table of our own, made by the first
archive. It is written before the first statement that touches what is archived: in the same
transaction where the engine has one for such statements, committed before them elsewhere.
"""

from __future__ import annotations

import enum
import functools
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.apps.registry import Apps
from django.db import models
from django.utils.timezone import now

from migration_tools.backends import for_connection
from migration_tools.exceptions import ArchiveError
from migration_tools.own_tables import OwnTables
from migration_tools.plan import Direction

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "migration_tools_archive"
#: Every name in the database that belongs to an archive begins like this.
PREFIX = "_mt_"


class Kind(enum.StrEnum):
    """``VALUES``: the old values of a column that was changed."""

    TABLE = "table"
    COLUMN = "column"
    VALUES = "values"


class Strategy(enum.StrEnum):
    PARK = "park"
    COPY = "copy"


class State(enum.StrEnum):
    """``TAKING``, ``RETURNING`` and ``PURGING``: begun, and not known to be done.

    ``SUPERSEDED``: its step was taken again without it; what is archived is still there.
    """

    TAKING = "taking"
    KEPT = "kept"
    RETURNING = "returning"
    RETURNED = "returned"
    SUPERSEDED = "superseded"
    PURGING = "purging"
    PURGED = "purged"


#: The rows are there and complete.
HOLDING = (State.KEPT, State.SUPERSEDED)
#: A run that stopped left it so.
UNFINISHED = (State.TAKING, State.RETURNING, State.PURGING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """``table`` and ``column`` are the names at the moment of the step; ``place`` the table that
    holds the rows or values now. ``direction``: of the step that took it away. ``rows``: None
    where nobody counted. ``details``: what its strategy has to know."""

    number: int
    run: int | None
    app: str
    name: str
    direction: Direction
    kind: Kind
    strategy: Strategy
    state: State
    table: str
    column: str
    place: str
    rows: int | None
    created: datetime
    changed: datetime
    details: Mapping[str, Any]

    @property
    def step(self) -> str:
        return f"{self.app}.{self.name}"

    @property
    def is_holding(self) -> bool:
        return self.state in HOLDING


@functools.cache
def _model() -> Any:
    registry = Apps()

    class Row(models.Model):
        # Never used twice, on any engine: names in the database are made of it.
        id = models.BigAutoField(primary_key=True)
        run = models.BigIntegerField(null=True)
        app = models.CharField(max_length=255)
        name = models.CharField(max_length=255)
        direction = models.CharField(max_length=16)
        kind = models.CharField(max_length=16)
        strategy = models.CharField(max_length=16)
        state = models.CharField(max_length=16)
        table = models.CharField(max_length=255)
        column = models.CharField(max_length=255)
        place = models.CharField(max_length=255)
        # Several may share one catalogue: a tenant each, say.
        schema = models.CharField(max_length=255, default="")
        rows = models.BigIntegerField(null=True)
        created = models.DateTimeField(default=now)
        changed = models.DateTimeField(default=now)
        details = models.TextField()

        class Meta:
            apps = registry
            app_label = "migration_tools"
            db_table = TABLE

        def __str__(self) -> str:
            return f"Archive {self.id}"

    return Row


class Catalogue:
    """What it writes goes through ``connection``, as part of whatever transaction is open there."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self._tables = OwnTables(connection, [TABLE], lambda: [_model()])

    def exists(self) -> bool:
        return self._tables.exist()

    def ensure_table(self) -> None:
        """Outside of any step's transaction; raises ArchiveError where it cannot be made."""
        told = "The catalogue of archives cannot be made, and without it nothing is archived"
        self._tables.make(ArchiveError, told)

    # --- writing ----------------------------------------------------------------------------

    def open(
        self,
        *,
        run: int | None,
        app: str,
        name: str,
        direction: Direction,
        kind: Kind,
        strategy: Strategy,
        table: str,
        column: str = "",
        rows: int | None = None,
    ) -> int:
        """A number for what is about to be taken; ``details`` follow before the first statement."""
        row = self._rows().create(
            run=run,
            app=app,
            name=name,
            direction=direction.value,
            kind=kind.value,
            strategy=strategy.value,
            state=State.TAKING.value,
            table=table,
            column=column,
            place="",
            schema=self._schema,
            rows=rows,
            details="{}",
        )
        return int(row.pk)

    def change(self, number: int, **values: Any) -> None:
        if "details" in values:
            values["details"] = json.dumps(values["details"])
        stored = {
            name: value.value if isinstance(value, enum.Enum) else value
            for name, value in values.items()
        }
        self._rows().filter(pk=number).update(changed=now(), **stored)

    def discard(self, number: int) -> None:
        """Nothing was taken after all; the number stays used."""
        self._rows().filter(pk=number, state=State.TAKING.value).delete()

    def supersede(self, *, spared: Collection[Any] = (), **filters: Any) -> None:
        """Those that are kept will not come back by themselves any more; but for those that the
        ``spared`` operations have taken."""
        for archive in self.find(states=[State.KEPT], **filters):
            if archive.details.get("taken_by") not in spared:
                self.change(archive.number, state=State.SUPERSEDED)

    # --- reading ----------------------------------------------------------------------------

    def get(self, number: int) -> Archive | None:
        return next(iter(self.find(pk=number)), None)

    def find(self, *, states: Iterable[State] = (), **filters: Any) -> tuple[Archive, ...]:
        """The newest first, of the schema in which tables are looked for now."""
        if not self.exists():
            return ()
        found = self._rows().filter(
            schema=self._schema,
            **{
                name: value.value if isinstance(value, enum.Enum) else value
                for name, value in filters.items()
            },
        )
        if wanted := [state.value for state in states]:
            found = found.filter(state__in=wanted)
        return tuple(map(_archive, found.order_by("-pk")))

    def latest_for(
        self, *, app: str, name: str, direction: Direction, kind: Kind, table: str, column: str = ""
    ) -> Archive | None:
        """What the same step took away when it was last gone the other way."""
        found = self.find(
            app=app,
            name=name,
            direction=direction.opposite,
            kind=kind,
            table=table,
            column=column,
            states=(State.KEPT, State.RETURNING),
        )
        return found[0] if found else None

    @property
    def _schema(self) -> str:
        return for_connection(self.connection).current_schema()

    def _rows(self) -> Any:
        return _model().objects.using(self.connection.alias)


def _archive(row: Any) -> Archive:
    return Archive(
        number=row.pk,
        run=row.run,
        app=row.app,
        name=row.name,
        direction=Direction(row.direction),
        kind=Kind(row.kind),
        strategy=Strategy(row.strategy),
        state=State(row.state),
        table=row.table,
        column=row.column,
        place=row.place,
        rows=row.rows,
        created=row.created,
        changed=row.changed,
        details=json.loads(row.details),
    )
