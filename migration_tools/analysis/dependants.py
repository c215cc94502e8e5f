"""What hangs on the tables of a plan: foreign keys that others hold, and keys violated already."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from migration_tools.analysis import effects as fx
from migration_tools.analysis import hazards as hz
from migration_tools.analysis.bases import needed_bases
from migration_tools.analysis.context import Context
from migration_tools.analysis.hanging import Hanging, acts_of
from migration_tools.analysis.live_keys import LiveKey, LiveKeys
from migration_tools.analysis.questions import Candidate, count_where
from migration_tools.analysis.recording import RecordedOperation
from migration_tools.analysis.trying import Trying
from migration_tools.backends.hanging import Act, Kind, Outcome, Violation


@dataclass(slots=True, kw_only=True)
class Dependants:
    """Follows a plan beside the lineage. ``violations``: None where there was no time to look."""

    keys: LiveKeys
    hanging: Hanging = field(default_factory=Hanging)
    trying: Trying = field(default_factory=lambda: Trying(None))
    violations: tuple[Violation, ...] | None = ()
    first_step_over: bool = False
    #: Keys whose table or column was dropped in this step, and by which operation.
    left: list[tuple[LiveKey, int, fx.TableDropped | fx.ColumnDropped]] = field(
        default_factory=list
    )

    def judge(
        self, effect: fx.Effect, operation: RecordedOperation, context: Context
    ) -> Iterator[Candidate]:
        """Before the effect is followed."""
        if not context.online or context.hypothetical:
            return
        for act in sorted(acts_of(effect, context.backend)):
            yield from self._incoming(act, effect, operation, context)
            yield from self._outgoing(act, effect, operation, context)
        yield from self.hanging.judge(effect, operation.known, context)
        yield from needed_bases(effect, operation.known, context)
        yield from self.trying.judge(effect, operation.known, context)

    def _incoming(
        self, act: Act, effect: fx.Effect, operation: RecordedOperation, context: Context
    ) -> Iterator[Candidate]:
        match effect:
            case fx.TableDropped():
                keys = self.keys.to_table(effect.table)
            case fx.ColumnDropped():
                # Made anew or not: the column is gone.
                keys, act = self.keys.to_column(effect.table, effect.column.name), Act.DROP_COLUMN
            case fx.ColumnAltered(implied=False) if act is Act.CHANGE_TYPE and not _is_text(effect):
                following = {
                    id(context.column(other.table, other.old.name))
                    for other in operation.effects
                    if isinstance(other, fx.ColumnAltered) and other.implied
                }
                keys = tuple(
                    key
                    for key in self.keys.to_column(effect.table, effect.old.name)
                    if not following & {id(line) for line in key.columns}
                )
            case _:
                return
        outcome = context.backend.outcome(act, Kind.INCOMING_KEY)
        for key in keys:
            if outcome is Outcome.CHECKED and not isinstance(effect, fx.ColumnAltered):
                self.left.append((key, context.index, effect))
            elif outcome is not None:
                yield self._told(key, outcome, effect, context)

    def _outgoing(
        self, act: Act, effect: fx.Effect, operation: RecordedOperation, context: Context
    ) -> Iterator[Candidate]:
        """Keys that no migration made; Django drops its own before it touches their column."""
        name = getattr(effect, "table", "")
        outcome = context.backend.outcome(act, Kind.FOREIGN_KEY)
        if outcome is None or not name:
            return
        known = operation.known.get(name)
        for key in self.keys.of_table(name):
            columns = self.keys.columns_of(key)
            if act is Act.REMAKE:
                if known is None or (len(columns) == 1 and columns[0] in known.keys):
                    continue
                if not set(columns) <= known.columns:
                    continue  # it goes with a column, which is told
            elif isinstance(effect, fx.ColumnDropped | fx.ColumnAltered):
                column = effect.column if isinstance(effect, fx.ColumnDropped) else effect.old
                if column.name not in columns or (
                    len(columns) == 1 and column.references and column.references.constraint
                ):
                    continue
                if isinstance(effect, fx.ColumnAltered) and (effect.implied or _is_text(effect)):
                    continue
            yield self._told(key, outcome, effect, context)

    def _told(
        self, key: LiveKey, outcome: Outcome, effect: fx.Effect, context: Context
    ) -> Candidate:
        table, column = getattr(effect, "table", ""), ""
        match effect:
            case fx.ColumnDropped():
                column = effect.column.name
            case fx.ColumnAltered():
                column = effect.old.name
        if outcome is Outcome.DROPPED:
            self.keys.remove(key)
        return context.candidate(
            hazard=hz.IN_THE_WAY if outcome is Outcome.REFUSED else hz.GOES_ALONG,
            table=context.holds_rows(table) or table,
            column=column,
            reason=_named(key, context),
        )

    def follow(self, effect: fx.Effect) -> None:
        self.keys.follow(effect)

    def end_step(self, operations: int, context: Context) -> Iterator[Candidate]:
        """What the look at all foreign keys finds; it comes after the last of ``operations``."""
        self.keys.end_step()
        alive = set(self.keys)
        left, self.left = [part for part in self.left if part[0] in alive], []
        for key, index, effect in left:
            context.index = index
            yield from _left_over(key, effect, context)
        context.index = operations
        if self.first_step_over:
            return
        self.first_step_over = True
        if self.violations is None:
            yield context.candidate(hazard=hz.KEYS_NOT_CHECKED)
            return
        reported = {key.today for key, *_ in left}
        there = {key.today for key in alive} - reported
        for violation in self.violations:
            if violation.key in there:
                yield _violated(violation, context)


def _is_text(effect: fx.ColumnAltered) -> bool:
    """Keys between texts do not care how long these may be."""
    return effect.old.is_text and effect.new.is_text


def _named(key: LiveKey, context: Context) -> str:
    quote = context.backend.quote
    return (
        f"foreign key {quote(key.name)} of {quote(key.table)}"
        if key.name
        else (f"a foreign key of {quote(key.table)}")
    )


def _left_over(
    key: LiveKey, effect: fx.TableDropped | fx.ColumnDropped, context: Context
) -> Iterator[Candidate]:
    table, columns = key.child.origin, [line.origin for line in key.columns]
    if isinstance(effect, fx.ColumnDropped):
        # A key to a column that is not there is wrong by itself, over no rows too.
        yield context.candidate(
            hazard=hz.IN_THE_WAY,
            table=context.holds_rows(effect.table) or effect.table,
            column=effect.column.name,
            reason=_named(key, context),
        )
    elif table is not None and all(columns):
        names = [name for name in columns if name]
        predicate = " AND ".join(f"{context.backend.quote(name)} IS NOT NULL" for name in names)
        yield context.candidate(
            hazard=hz.ORPHANS,
            table=table,
            column=", ".join(names),
            reason=f"{effect.table} is dropped",
            decides=count_where(table, predicate),
            listing=predicate,
            shown=tuple(names),
        )


def _violated(violation: Violation, context: Context) -> Candidate:
    key = violation.key
    target = f"{key.referred}.{key.referred_columns[0]}" if key.referred_columns else key.referred
    return context.candidate(
        hazard=hz.KEY_VIOLATED,
        table=key.table,
        column=", ".join(key.columns),
        reason=f"not in {target}"
        if violation.rows is not None
        else (f"no key of {key.referred} is unique on these columns"),
        counted=violation.rows,
        as_of_now=context.after_opaque or context.tables_may_exist,
        listing=violation.listing,
        shown=key.columns,
    )
