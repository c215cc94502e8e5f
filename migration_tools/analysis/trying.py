"""Tries a plan on a copy of the schema, where the engine has one for nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from migration_tools.analysis import effects as fx
from migration_tools.analysis import hazards as hz
from migration_tools.analysis.context import Context
from migration_tools.analysis.hanging import acts_of
from migration_tools.analysis.known import Known
from migration_tools.analysis.questions import Candidate
from migration_tools.backends.base import Backend
from migration_tools.backends.hanging import Act, Trial


class Trying:
    """Every effect is done on the copy; after a first error the plan would not go on either."""

    def __init__(self, trial: Trial | None) -> None:
        self._copy = self._trial = trial
        self._broken = trial.broken_views() if trial is not None else frozenset()

    def close(self) -> None:
        if self._copy is not None:
            self._copy.close()

    def judge(
        self, effect: fx.Effect, known: Mapping[str, Known], context: Context
    ) -> Iterator[Candidate]:
        if self._trial is None:
            return
        name = str(getattr(effect, "table", ""))
        table = context.holds_rows(name) or name if name else ""
        error = _do(effect, known.get(name, Known()), self._trial, context.backend)
        yield from self._told(error, table, context)

    def run(self, statement: str, context: Context) -> Iterator[Candidate]:
        """A statement of the project, which touches no rows."""
        if self._trial is not None:
            yield from self._told(self._trial.run(statement), "", context)

    def _told(self, error: str, table: str, context: Context) -> Iterator[Candidate]:
        if self._trial is None:
            return
        if error:
            yield context.candidate(hazard=hz.REFUSED_BY_ENGINE, table=table, reason=error)
            self._trial = None
            return
        broken = self._trial.broken_views()
        for view in sorted(broken - self._broken):
            reason = f"view {context.backend.quote(view)}"
            yield context.candidate(hazard=hz.BREAKS, table=table, reason=reason)
        self._broken = broken


def _do(effect: fx.Effect, known: Known, trial: Trial, backend: Backend) -> str:
    remakes = Act.REMAKE in acts_of(effect, backend)
    match effect:
        case fx.TableCreated() | fx.TableDropped() | fx.TableRenamed():
            return _do_to_table(effect, known, trial, remakes=remakes)
        case fx.ColumnAdded() | fx.ColumnDropped() | fx.ColumnAltered():
            return _do_to_column(effect, known, trial, remakes=remakes)
        case fx.CheckAdded() | fx.UniqueAdded() | fx.ConstraintRemoved() if remakes:
            return trial.remake(effect.table, {}, known.is_known)
        case fx.ConstraintRemoved() if effect.columns:
            return trial.drop_unique(effect.table, effect.columns)
        case fx.ConstraintRemoved() | fx.IndexChanged(change="removed"):
            return trial.drop_index(effect.name)
    return ""


def _do_to_table(
    effect: fx.TableCreated | fx.TableDropped | fx.TableRenamed,
    known: Known,
    trial: Trial,
    *,
    remakes: bool,
) -> str:
    match effect:
        case fx.TableCreated():
            return trial.create(effect.table, [column.name for column in effect.columns])
        case fx.TableDropped():
            return trial.drop(effect.table)
    if not remakes:
        return trial.rename(effect.table, effect.new_table)
    return trial.create(effect.new_table, sorted(known.columns)) or trial.drop(effect.table)


def _do_to_column(
    effect: fx.ColumnAdded | fx.ColumnDropped | fx.ColumnAltered,
    known: Known,
    trial: Trial,
    *,
    remakes: bool,
) -> str:
    old, new = _names(effect)
    if remakes:
        return trial.remake(effect.table, {old: new or None}, known.is_known)
    if not old:
        return trial.add_column(effect.table, new)
    if not new:
        return trial.drop_column(effect.table, old)
    return trial.rename_column(effect.table, old, new)


def _names(effect: fx.ColumnAdded | fx.ColumnDropped | fx.ColumnAltered) -> tuple[str, str]:
    """Of the column before and after; empty where there is none."""
    match effect:
        case fx.ColumnAdded():
            return "", effect.column.name
        case fx.ColumnDropped():
            return effect.column.name, ""
    return effect.old.name, effect.new.name
