"""How a rule is written, found and turned into a Conversion."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Generic, TypeVar

from migration_tools.backends.base import Conversion, Judgement, Obstacle
from migration_tools.backends.conversions.stored import Family, Stored

if TYPE_CHECKING:
    from migration_tools.backends.base import Backend

B = TypeVar("B", bound="Backend")
#: An expression doubles with every conversion; past this a query would be unreadable and slow.
LONGEST_EXPRESSION = 20_000
CHANGED_TOO_OFTEN = "the column is changed too often in this plan for its values to be followed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Generic[B]):
    """What a rule is asked: ``value`` is the SQL of the value before."""

    backend: B
    old: Stored
    new: Stored
    value: str
    recast: bool = False  # PostgreSQL: an explicit cast, which cuts instead of refusing


@dataclass(slots=True, kw_only=True)
class Verdict:
    """A Conversion in the making; ``value`` may raise or lie where a ``block`` holds."""

    value: str | None
    blocks: list[Judgement] = field(default_factory=list)
    losses: list[Judgement] = field(default_factory=list)
    misreads: list[Judgement] = field(default_factory=list)
    doubts: list[Judgement] = field(default_factory=list)
    #: Losses that need no guard.
    apart: list[Judgement] = field(default_factory=list)

    def block(self, predicate: str, reason: str, obstacle: Obstacle) -> None:
        predicate = _beside(predicate, self.blocks)
        self.blocks.append(Judgement(predicate=predicate, reason=reason, obstacle=obstacle))

    def lose(self, predicate: str, reason: str, *, apart: bool = False) -> None:
        """``apart``: it holds for nothing that is blocked, or lost by what was said before."""
        if apart:
            self.apart.append(Judgement(predicate=predicate, reason=reason))
            return
        predicate = _beside(predicate, self.losses)
        self.losses.append(Judgement(predicate=predicate, reason=reason))

    def misread(self, predicate: str, reason: str) -> None:
        self.misreads.append(Judgement(predicate=predicate, reason=reason))

    def doubt(self, predicate: str, reason: str) -> None:
        """The other judgements need not hold for these; they may still not raise."""
        predicate = _beside(predicate, self.doubts)
        self.doubts.append(Judgement(predicate=predicate, reason=reason))

    def conversion(self) -> Conversion:
        value = self.value
        refused = any_of(block.predicate for block in self.blocks)
        if value is not None and refused:
            value = f"CASE WHEN {refused} THEN NULL ELSE {value} END"
        kept = (*self.doubts, *self.blocks)
        return Conversion(
            value=None if self.doubts else value,
            lost=(*_unless(kept, self.losses), *_unless(self.doubts, self.apart)),
            blocked=_unless(self.doubts, self.blocks),
            misread=_unless(kept, self.misreads),
            doubtful=tuple(self.doubts),
        )


#: None where the rule is not one for these very types.
Rule = Callable[[Change[B]], "Verdict | Conversion | None"]


class Rules(Generic[B]):
    """The rules of one engine, by the families of the type before and the type after."""

    def __init__(self) -> None:
        self._rules: dict[tuple[Family, Family], Rule[B]] = {}

    def rule(
        self, old: Family | Iterable[Family], new: Family | Iterable[Family]
    ) -> Callable[[Rule[B]], Rule[B]]:
        """Register the decorated function for every pair; a pair has one rule only."""

        def register(function: Rule[B]) -> Rule[B]:
            for before in _families(old):
                for after in _families(new):
                    if (before, after) in self._rules:
                        raise ValueError(f"two rules for {before} to {after}")
                    self._rules[before, after] = function
            return function

        return register

    def of(self, old: Family, new: Family) -> Rule[B] | None:
        return self._rules.get((old, new))

    def judge(self, change: Change[B]) -> Conversion | None:
        """What the rule of the pair says; None if there is none."""
        rule = self.of(change.old.family, change.new.family)
        if rule is None:
            return None
        if len(change.value) > LONGEST_EXPRESSION:
            return unknown(CHANGED_TOO_OFTEN)
        verdict = rule(change)
        return verdict.conversion() if isinstance(verdict, Verdict) else verdict


def unknown(reason: str) -> Conversion:
    return Conversion(value=None, unknown=reason)


def impossible(reason: str) -> Conversion:
    return Conversion(value=None, impossible=reason)


# --- pieces of rules ----------------------------------------------------------------------------


def any_of(predicates: Iterable[str]) -> str:
    return " OR ".join(f"({predicate})" for predicate in predicates)


def keep_in_range(
    verdict: Verdict,
    change: Change[B],
    *,
    below: Callable[[Decimal], str],
    above: Callable[[Decimal], str],
) -> bool:
    """Block what the new integer column cannot hold, as far as the old column could hold it.

    ``below`` and ``above`` give the test of one bound, as the engine rounds at that bound. Whether
    there is one above is the answer.
    """
    low, high, floor = change.new.least, change.new.high, change.new.floor
    old_low, old_high = reach(change.old)
    tests = []
    if low is not None and (old_low is None or old_low < low):
        if low == 0:
            obstacle = Obstacle.CHECK if floor else Obstacle.OUT_OF_RANGE
            verdict.block(below(Decimal(0)), "are below 0", obstacle)
        else:
            tests.append(below(Decimal(low)))
    ends = high is not None and (old_high is None or old_high > high)
    if high is not None and ends:
        tests.append(above(Decimal(high)))
    if tests:
        outside = f"are above {high}" if low == 0 else f"are outside {low}..{high}"
        verdict.block(any_of(tests), outside, Obstacle.OUT_OF_RANGE)
    return ends


def reach(column: Stored) -> tuple[int | None, int | None]:
    """The least and the greatest whole number that values of the column can round to."""
    if column.family is Family.BOOLEAN:
        return 0, 1
    if column.family is Family.INTEGER:
        return column.least, column.high
    if column.family is Family.DECIMAL and column.whole_digits is not None:
        # Without places nothing rounds up to the next power of ten.
        limit = 10 ** max(column.whole_digits, 0) - (0 if column.places else 1)
        return -limit, limit
    return None, None


def never_longer(column: Stored) -> int | None:
    """The most characters a value of the column takes as text; None if that is not known."""
    match column.family:
        case Family.INTEGER if column.low is not None and column.high is not None:
            return max(len(str(column.least)), len(str(column.high)))
        case Family.DECIMAL if column.digits is not None:
            return column.digits + 3  # a sign, a point, and the zero before it
        case Family.TEXT:
            return column.length
        case _:
            return None


def _unless(others: Sequence[Judgement], judgements: Sequence[Judgement]) -> tuple[Judgement, ...]:
    """The judgements where none of the others holds, which are decided first."""
    earlier = any_of(judgement.predicate for judgement in others)
    if not earlier:
        return tuple(judgements)
    return tuple(
        dataclasses.replace(
            judgement, predicate=f"CASE WHEN {earlier} THEN FALSE ELSE {judgement.predicate} END"
        )
        for judgement in judgements
    )


def _families(given: Family | Iterable[Family]) -> tuple[Family, ...]:
    return (given,) if isinstance(given, Family) else tuple(given)


def _beside(predicate: str, judgements: list[Judgement]) -> str:
    """The predicate less what earlier judgements say, so that their counts add up."""
    if not judgements:
        return predicate
    earlier = any_of(judgement.predicate for judgement in judgements)
    return f"({predicate}) AND NOT ({earlier})"
