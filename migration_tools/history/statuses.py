"""The words for the state of a migration, and what a survey knows of each."""

from __future__ import annotations

import datetime
import enum
from dataclasses import dataclass


class State(enum.StrEnum):
    """Exactly one for each migration on each database."""

    APPLIED = "applied"
    PENDING = "pending"
    GHOST = "ghost"  # recorded as applied, and its file is gone
    REPLACED = "replaced"  # a squashed migration stands for it, nothing is left to do
    IMPLIED = "implied"  # a squashed migration that counts as applied, though it is not recorded
    PARTIAL = "partial"  # a squashed migration of which only a part is applied
    UNKNOWN = "unknown"  # the database was not asked, or did not answer

    @property
    def is_done(self) -> bool:
        return self in (State.APPLIED, State.IMPLIED)


class Mark(enum.StrEnum):
    """What is odd about a migration besides its state; any number for each."""

    CONFLICT = "conflict"  # one of several leaves of its app
    INCONSISTENT = "inconsistent"  # applied before a migration that it depends on
    OUT_OF_ORDER = "out of order"  # pending, while a later one of its app is applied
    FAKED = "faked"  # recorded without being run
    EDITED = "edited"  # its file says something else than when it ran
    HALF_DONE = "half done"  # a run stopped in the middle of it
    NO_EFFECT = "no effect here"  # the routers keep all of it from this database
    SWAPPED = "swapped"  # makes a model that another one stands in for


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a migration was applied, as the journal of runs tells. ``seconds``: how long it took."""

    run: int
    seconds: float | None = None
    by: str = ""  # user@host
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationStatus:
    """``dependencies``, ``dependants``, ``replaces`` and ``replaced_by`` are labels, "app.name".

    ``obstacle``: why it cannot be taken back; empty if it can. ``applied_at`` is what Django
    recorded, aware where the project uses time zones. ``archives``: kept for it, for its way back.
    """

    app: str
    name: str
    state: State
    marks: tuple[Mark, ...] = ()
    applied_at: datetime.datetime | None = None
    ran: Ran | None = None
    operations: tuple[str, ...] = ()
    obstacle: str = ""
    dependencies: tuple[str, ...] = ()
    dependants: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    replaced_by: str = ""
    file: str = ""
    archives: int = 0

    @property
    def label(self) -> str:
        return f"{self.app}.{self.name}"

    @property
    def is_reversible(self) -> bool:
        return not self.obstacle

    @property
    def is_plain(self) -> bool:
        """Nothing to say but that it is applied."""
        quiet = {Mark.NO_EFFECT, Mark.SWAPPED, Mark.FAKED}
        settled = self.state in (State.APPLIED, State.REPLACED, State.IMPLIED)
        return settled and set(self.marks) <= quiet


class Kind(enum.StrEnum):
    """What kind of trouble a problem is."""

    UNREACHABLE = "unreachable"
    BROKEN = "broken"
    HALF_DONE = "half done"
    INCONSISTENT = "inconsistent"
    CONFLICT = "conflict"
    GHOST = "ghost"
    PARTIAL = "partly squashed"
    EDITED = "edited"
    DIFFERENT = "different"  # between databases


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """``remedy``: the least destructive next command, or what to look at; never run by us."""

    kind: Kind
    message: str
    remedy: str = ""
    app: str = ""
    migrations: tuple[str, ...] = ()  # names in ``app``
    file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppStatus:
    """``migrations`` in the order in which they are applied, ghosts where they were.

    An app that is not installed (any more) has only ghosts, which is no problem by itself.
    ``left_out``: how many more it has that were not asked for.
    """

    label: str
    migrations: tuple[MigrationStatus, ...]
    is_migrated: bool = True
    is_installed: bool = True
    left_out: int = 0

    def count(self, *states: State) -> int:
        return sum(migration.state in states for migration in self.migrations)

    @property
    def counted(self) -> tuple[MigrationStatus, ...]:
        """Each change once: a squashed migration or those that it replaces, and no ghost."""
        replaced = {label for m in self.migrations if m.state.is_done for label in m.replaces}
        aside = (State.GHOST, State.PARTIAL, State.REPLACED)
        return tuple(m for m in self.migrations if m.state not in aside and m.label not in replaced)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """One database. ``error``: why it could not be asked; the files are told all the same."""

    alias: str
    database: str  # for people: engine, version, name and host
    apps: tuple[AppStatus, ...]
    problems: tuple[Problem, ...] = ()
    error: str = ""

    @property
    def is_reachable(self) -> bool:
        return not self.error

    def migrations(self) -> tuple[MigrationStatus, ...]:
        return tuple(migration for app in self.apps for migration in app.migrations)
