"""Who may say yes to a plan that destroys something, and how."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

from migration_tools.analysis.verdicts import Assessment
from migration_tools.exceptions import Refused


class Verdict(enum.Enum):
    """What is known of a plan before anybody was asked."""

    HARMLESS = "harmless"
    DESTRUCTIVE = "destructive"
    BLOCKED = "blocked"


class Refusal(enum.Enum):
    """Why a plan was not run."""

    BLOCKED = "a step would fail"
    LOSS_FORBIDDEN = "--fail-on-loss"
    OTHER_PLAN = "--accept names another plan"
    NOBODY_TO_ASK = "no terminal, and no option that consents"
    DECLINED = "the answer was no"


class PlanRefused(Refused):
    """The plan was stopped before its first step. Reports find the words for it."""

    def __init__(self, refusal: Refusal, assessment: Assessment) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal
        self.assessment = assessment


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What the command line says. ``ask`` returns the answer; None where nobody can be asked."""

    accept: str | None = None
    allow_data_loss: bool = False
    allow_opaque: bool = False
    fail_on_loss: bool = False
    ask: Callable[[Assessment], bool] | None = None

    def verdict(self, assessment: Assessment) -> Verdict:
        if assessment.blockers:
            return Verdict.BLOCKED
        if assessment.needs_consent(allow_opaque=self.allow_opaque):
            return Verdict.DESTRUCTIVE
        return Verdict.HARMLESS

    def obtain(self, assessment: Assessment) -> None:
        """Return if the plan may run; raise PlanRefused if not."""
        refusal = self._refusal(assessment)
        if refusal is not None:
            raise PlanRefused(refusal, assessment)

    def _refusal(self, assessment: Assessment) -> Refusal | None:
        match self.verdict(assessment):
            case Verdict.HARMLESS:
                return None
            case Verdict.BLOCKED:
                return Refusal.BLOCKED
        if self.fail_on_loss:
            return Refusal.LOSS_FORBIDDEN
        if self.allow_data_loss or self.accept == assessment.fingerprint:
            return None
        if self.accept:
            return Refusal.OTHER_PLAN
        if self.ask is None:
            return Refusal.NOBODY_TO_ASK
        return None if self.ask(assessment) else Refusal.DECLINED
