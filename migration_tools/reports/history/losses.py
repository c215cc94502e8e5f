"""What taking or taking back each migration would destroy, told beside its state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from migration_tools.analysis.verdicts import Assessment
    from migration_tools.reports.wording import Quote

Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """``sentence``: "loses 873 values ..." or "blocked: 2 rows ..."."""

    direction: str  # "forwards", "backwards"
    sentence: str
    values: int | None
    is_blocker: bool = False


Told = Mapping[Key, tuple[Cost, ...]]


def cost_phrase(cost: Cost) -> str:
    return f"{'taking it back' if cost.direction == 'backwards' else 'applying it'} {cost.sentence}"


def costs(assessment: Assessment, quote: Quote) -> dict[Key, tuple[Cost, ...]]:
    from migration_tools.reports.wording import finding_sentence, loss_sentence  # slow to import

    found: dict[Key, list[Cost]] = {}
    for loss in assessment.losses:
        cost = Cost(
            direction=loss.step.direction.value,
            sentence=loss_sentence(loss, quote),
            values=loss.amount.count,
        )
        found.setdefault((loss.step.app, loss.step.name), []).append(cost)
    for blocker in assessment.blockers:
        cost = Cost(
            direction=blocker.step.direction.value,
            sentence=f"blocked: {finding_sentence(blocker, quote)}",
            values=None,
            is_blocker=True,
        )
        found.setdefault((blocker.step.app, blocker.step.name), []).append(cost)
    return {key: tuple(told) for key, told in found.items()}
