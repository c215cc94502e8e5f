"""What the pages show, asked of one database; one that does not answer is told, not raised."""

from __future__ import annotations

import contextlib
import difflib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import django.db
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import Http404, HttpRequest

from migration_tools.analysis.sources import source_hash
from migration_tools.archives.catalogue import Archive, Catalogue
from migration_tools.archives.keeping import Archives, Listed
from migration_tools.conf import configuration
from migration_tools.exceptions import MigrationToolsError
from migration_tools.history.statuses import MigrationStatus, Survey
from migration_tools.history.survey import survey
from migration_tools.journal import Journal, RunRecord, StepRecord
from migration_tools.reports.history.losses import Told, measured

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

#: How many runs are listed; the journal keeps them all.
MOST_RUNS = 200
#: Recording replaces methods of classes that all threads share, and puts them back in its order.
ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A migration's file now and when it ran; hashes are empty where nobody knows."""

    hash_now: str = ""
    hash_then: str = ""
    changes: str = ""

    @property
    def is_edited(self) -> bool:
        return bool(self.hash_now and self.hash_then) and self.hash_now != self.hash_then


@dataclass(slots=True, kw_only=True)
class Asked:
    """``trouble``: why there is no answer, or not a whole one; empty if there is."""

    alias: str
    trouble: str = field(default="", init=False)

    @property
    def connection(self) -> BaseDatabaseWrapper:
        return connections[self.alias]

    @property
    def query(self) -> str:
        """What an address needs to stay on this database."""
        return "" if self.alias == DEFAULT_DB_ALIAS else f"?{urlencode({'database': self.alias})}"

    @property
    def option(self) -> str:
        """The same for a command."""
        return "" if self.alias == DEFAULT_DB_ALIAS else f" --database {self.alias}"

    @contextlib.contextmanager
    def answering(self) -> Iterator[None]:
        """Keeps what a database, a driver, a setting or a migration's file refuses."""
        try:
            yield
        except ImproperlyConfigured as error:
            reason = " ".join(str(error).split())
            self.trouble = f"The database '{self.alias}' cannot be used: {reason}"
        except (MigrationToolsError, django.db.Error) as error:
            self.trouble = " ".join(str(error).split())

    # --- the history ------------------------------------------------------------------------

    def survey(self) -> Survey | None:
        with self.answering():
            return survey(self.connection)
        return None

    def costs(self, found: Survey, *apps: str) -> Told:
        """Counts rows: only for whoever has asked for it."""
        with self.answering(), ONE_AT_A_TIME:
            seconds = configuration().count_timeout
            return measured(found, self.connection, seconds=seconds, apps=apps or None)
        return {}

    def source(self, migration: MigrationStatus) -> Source:
        """What the journal has of the file, beside the file."""
        now = _text_of(migration.file)
        with self.answering():
            step = Journal(self.connection).last_step(migration.app, migration.name)
            if step is not None and not step.is_backwards:
                return Source(
                    hash_now=source_hash(now),
                    hash_then=step.source_hash,
                    changes=_changes(step.source, now),
                )
        return Source(hash_now=source_hash(now))

    # --- runs and archives ------------------------------------------------------------------

    def runs(self) -> tuple[RunRecord, ...]:
        with self.answering():
            return Journal(self.connection).runs(limit=MOST_RUNS)
        return ()

    def run(
        self, number: int
    ) -> tuple[RunRecord, tuple[StepRecord, ...], tuple[RunRecord, ...]] | None:
        """The run, its steps, and those that have taken it back."""
        with self.answering():
            journal = Journal(self.connection)
            run = journal.run(number)
            if run is not None:
                return run, journal.steps(number), journal.runs(undo_of=number)
        return None

    def archives(self, **filters: Any) -> tuple[Archive, ...]:
        with self.answering():
            return Catalogue(self.connection).find(**filters)
        return ()

    def archive(self, number: int, *, exactly: bool) -> Listed | None:
        """``exactly``: counts its rows: only for whoever has asked for it."""
        with self.answering():
            archive = Catalogue(self.connection).get(number)
            if archive is not None:
                return Archives(self.connection).listed(archive, exactly=exactly)
        return None


def asked(request: HttpRequest) -> Asked:
    """The database that the address names."""
    alias = request.GET.get("database", DEFAULT_DB_ALIAS)
    if alias not in connections:
        raise Http404(f"There is no database '{alias}' in DATABASES.")
    return Asked(alias=alias)


def _text_of(file: str) -> str:
    """Empty where there is none to be read: compiled only, made on the spot, or gone."""
    try:
        return Path(file).read_text(encoding="utf-8") if file else ""
    except (OSError, UnicodeDecodeError):
        return ""


def _changes(then: str, now: str) -> str:
    if not then or not now:
        return ""
    lines = difflib.unified_diff(
        then.splitlines(), now.splitlines(), "when it ran", "now", lineterm=""
    )
    return "\n".join(lines)
