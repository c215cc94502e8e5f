"""What taking or taking back each migration would destroy, told beside its state."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migration_tools.exceptions import MigrationToolsError
from migration_tools.history.statuses import State, Survey

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

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


def measured(
    survey: Survey,
    connection: BaseDatabaseWrapper,
    *,
    seconds: float,
    apps: Collection[str] | None = None,
) -> Told:
    """What every migration would lose now: one plan forwards, one back for each app.

    ``seconds``: for all counts of all plans together. ``apps``: only these; None for all.
    """
    from migration_tools.analysis.assessment import assess  # slow to import
    from migration_tools.plan import Target, make_plan

    if not survey.is_reachable:
        return {}
    done = [app.label for app in survey.apps if app.count(State.APPLIED, State.IMPLIED)]
    targets = [Target(), *(Target(app=label, migration="zero") for label in done)]
    end = time.monotonic() + seconds
    found: dict[Key, tuple[Cost, ...]] = {}
    for target in targets:
        if target.app is not None and apps is not None and target.app not in apps:
            continue
        try:
            plan = make_plan(target, connection)
        except MigrationToolsError:
            continue  # a history that cannot be planned in is among the problems
        left = max(0.0, end - time.monotonic())
        of_plan = costs(assess(plan, connection, count_timeout=left), connection.ops.quote_name)
        found |= {key: told for key, told in of_plan.items() if target.app in (None, key[0])}
    return found
