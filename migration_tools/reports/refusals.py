"""The words for a plan that is not run: what, where, how many, and the next command."""

from __future__ import annotations

from migration_tools.analysis.hazards import IRREVERSIBLE
from migration_tools.analysis.reachable import furthest
from migration_tools.analysis.verdicts import Assessment, Finding, Loss
from migration_tools.archives.private import REASON
from migration_tools.execution.consent import PlanRefused, Refusal
from migration_tools.plan import Target
from migration_tools.reports.wording import Quote, amount_lost, finding_sentence, values_of

UNCHANGED = "Nothing was changed."


def refusal_text(
    refused: PlanRefused, quote: Quote, *, typed: str | None = None, earlier_plans: int = 0
) -> str:
    """One sentence with the reason; a second line with the way out where there is one.

    ``typed``: the command line, if there was one. ``earlier_plans``: what the same command has run
    before, as one that migrates several schemas does.
    """
    assessment = refused.assessment
    unchanged = what_stayed(earlier_plans)
    match refused.refusal:
        case Refusal.BLOCKED:
            return _blocked(assessment, quote, unchanged)
        case Refusal.LOSS_FORBIDDEN:
            return f"--fail-on-loss: {_what_goes(assessment)}. {unchanged}"
        case Refusal.OTHER_PLAN:
            return (
                f"--accept names another plan; this one is {assessment.fingerprint}, and "
                f"{_what_goes(assessment)}. {unchanged}\n"
                f"  Look at it first:  {_command(assessment, 'migration_plan')}"
            )
        case Refusal.NOBODY_TO_ASK:
            command = typed or _command(assessment, "migrate_safe")
            return (
                f"{_capital(_what_goes(assessment))}, and there is nobody to ask. {unchanged}\n"
                f"  If that is meant:  {command} --accept {assessment.fingerprint}"
                f"{'' if assessment.destroyed else ' (or --allow-opaque)'}"
            )
        case Refusal.DECLINED:
            return f"Not confirmed. {unchanged}"


def question(assessment: Assessment) -> str:
    """What is archived comes back; of everything else the answer is final."""
    kept = [loss for loss in assessment.destroyed if loss.archive]
    lost = [loss for loss in assessment.destroyed if not loss.archive]
    if assessment.destroyed:
        parts = []
        if kept:
            parts.append(f"{_capital(values_of(kept))} will be archived and removed.")
        if lost:
            why = "private" if all(_is_private(loss) for loss in lost) else "no copy is kept"
            parts.append(f"{_capital(values_of(lost))} will be gone for good: {why}.")
        if partly := [loss.unkept for loss in kept if loss.unkept]:
            parts.append(f"Not kept of them: {', '.join(dict.fromkeys(partly))}.")
        gone = " ".join(parts)
    elif assessment.opaque:
        gone = "Whatever the opaque parts destroy will be gone for good: no copy is kept."
    else:
        gone = "Whether every step can run is not known."
    return f"  {gone} Continue? [y/N] "


def _is_private(loss: Loss) -> bool:
    return loss.unkept == REASON


def what_stayed(earlier_plans: int) -> str:
    if not earlier_plans:
        return UNCHANGED
    plans = "the plan" if earlier_plans == 1 else f"the {earlier_plans} plans"
    return f"Nothing of this plan was run; {plans} before it stayed."


def _blocked(assessment: Assessment, quote: Quote, unchanged: str) -> str:
    first, more = assessment.blockers[0], len(assessment.blockers) - 1
    act = "revert" if assessment.plan.is_backwards else "run"
    sentence = finding_sentence(first, quote)
    if sentence.startswith(("has ", "is ", "leaves ")):
        sentence = f"it {sentence}"  # a sentence about the operation itself
    others = f" ({more} more blocker{'s' if more > 1 else ''} above)" if more else ""
    return (
        f"The {act} would stop at {first.step.label}: {sentence}{others}. {unchanged}\n"
        f"  {_way_out(assessment, first)}"
    )


def _way_out(assessment: Assessment, finding: Finding) -> str:
    if finding.query:
        return f"List them:  {finding.query}"
    if finding.hazard is not IRREVERSIBLE:
        return finding.hazard.remedy
    blocked = frozenset(blocker.step for blocker in assessment.blockers)
    nearest = furthest(assessment.plan, blocked)
    if nearest is None:
        return "There is no nearer target to go back to without that step: give it a reverse first."
    return f"As far as it goes:  {_command(assessment, 'migrate_safe', nearest)}"


def _command(assessment: Assessment, name: str, target: Target | None = None) -> str:
    target = target or assessment.plan.target
    words = ["manage.py", name, target.app or "", target.migration or ""]
    if assessment.database.alias != "default":
        words.append(f"--database {assessment.database.alias}")
    return " ".join(filter(None, words))


def _what_goes(assessment: Assessment) -> str:
    if assessment.destroyed:
        return f"this plan destroys data, {amount_lost(assessment)}"
    if not assessment.opaque:
        return "this plan may stop on its way: not everything could be counted beforehand"
    return "this plan runs code that may destroy data, which cannot be known beforehand"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
