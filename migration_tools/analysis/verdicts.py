"""What an assessment says: losses, findings, and what they add up to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from migration_tools.analysis import effects as fx
from migration_tools.analysis.hazards import KEYS_NOT_CHECKED, Hazard, Severity
from migration_tools.analysis.measuring import Exactness, Measure
from migration_tools.analysis.questions import LossKind
from migration_tools.analysis.recording import RecordedStep
from migration_tools.plan import Plan, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Stored values that the way back would not bring back. ``table`` and ``column`` are today's.

    ``values``: None for a dropped table, where whole rows go. ``differing``: of a dropped column's
    values, those that are not its default. ``archivable``: it goes through the schema editor, where
    it can be kept. ``archive``: how the run would keep it ("park"); empty if it would not, which
    ``unkept`` gives the reason for, or where nobody asked.
    """

    step: Step
    index: int
    kind: LossKind
    table: str
    column: str
    rows: Measure
    values: Measure | None
    differing: Measure | None
    reason: str
    archivable: bool = False
    archive: str = ""
    unkept: str = ""
    fields: tuple[str, ...] = ()
    key: tuple[str, ...] = ()

    @property
    def amount(self) -> Measure:
        return self.rows if self.values is None else self.values

    @property
    def exactness(self) -> Exactness:
        return self.amount.exactness


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One hazard met at one step. ``query`` lists the rows concerned, ready to paste."""

    hazard: Hazard
    severity: Severity
    step: Step
    index: int
    table: str
    column: str
    rows: Measure | None
    detail: str
    as_of_now: bool
    query: str = ""

    @property
    def is_undecided(self) -> bool:
        """The step fails if there is one such row, and whether there is could not be counted."""
        uncounted = self.rows is not None and self.rows.exactness is Exactness.UNKNOWN
        return uncounted and self.hazard.severity is Severity.BLOCKER


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Which database an assessment speaks of. ``version`` is empty where none was asked."""

    alias: str
    vendor: str
    display_name: str
    version: str
    name: str
    host: str
    first_class: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """``fingerprint``: hash of steps and effects, the same on every machine and engine.

    ``empty``: the database holds no table but the record of migrations, so that nothing can be
    lost whatever an opaque step does.
    """

    plan: Plan
    steps: tuple[RecordedStep, ...]
    losses: tuple[Loss, ...]
    findings: tuple[Finding, ...]
    fingerprint: str
    database: Database
    online: bool
    empty: bool

    def by_place(self) -> Mapping[tuple[Step, int], list[Loss | Finding]]:
        """What there is to say of each operation, losses first; made anew at every call."""
        told: dict[tuple[Step, int], list[Loss | Finding]] = {}
        items: list[Loss | Finding] = [*self.losses, *self.findings]
        for item in items:
            told.setdefault((item.step, item.index), []).append(item)
        return told

    @property
    def blockers(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.severity is Severity.BLOCKER)

    @property
    def opaque(self) -> tuple[tuple[Step, fx.Opaque], ...]:
        """The parts of the plan which may destroy what nobody can count beforehand."""
        if self.empty:
            return ()
        return tuple(
            (step.step, effect)
            for step in self.steps
            for operation in step.operations
            for effect in operation.effects
            if isinstance(effect, fx.Opaque)
        )

    @property
    def destroyed(self) -> tuple[Loss, ...]:
        """The losses proper: fills change no stored value."""
        return tuple(loss for loss in self.losses if loss.kind is not LossKind.FILLS)

    @property
    def undecided(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.is_undecided)

    @property
    def unknown(self) -> int:
        """How many things could not be counted, opaque operations included."""
        uncounted = sum(loss.exactness is Exactness.UNKNOWN for loss in self.destroyed)
        return uncounted + len(self.undecided) + len(self.opaque)

    def needs_consent(self, *, allow_opaque: bool) -> bool:
        """Something is lost, or nobody can say that nothing is and that no step fails."""
        opaque = bool(self.opaque) and not allow_opaque
        return bool(self.destroyed or self.undecided or opaque)

    @property
    def is_exact(self) -> bool:
        measures = [loss.exactness for loss in self.losses]
        measures += [finding.rows.exactness for finding in self.findings if finding.rows]
        if any(finding.hazard is KEYS_NOT_CHECKED for finding in self.findings):
            return False
        return not self.opaque and all(exactness is Exactness.EXACT for exactness in measures)
