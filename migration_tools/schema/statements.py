"""What the steps of a plan send to the database, statement by statement."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from migration_tools.backends.touches import Touch
from migration_tools.plan import Step


class Source(enum.StrEnum):
    """Where the schema came from on which the plan was run."""

    CLONE = "clone"
    REPLAY = "replay"
    MODELS = "models"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement, without its semicolon.

    ``operation``: index in the migration's list, None for what Django does around a step.
    ``in_transaction``: between the BEGIN and the COMMIT of its step. ``code``: Python code which
    was not run; ``sql`` is empty then. ``touches``: what it does to tables that others use.
    """

    sql: str
    operation: int | None
    in_transaction: bool = False
    code: str = ""
    touches: tuple[Touch, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSQL:
    """``error``: why the step stops there; what comes after it was not reached."""

    step: Step
    statements: tuple[Statement, ...]
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSQL:
    """``steps`` in the order in which they run; only the first ``len(steps)`` were reached.

    ``source`` NONE: each step was collected by itself, and names of constraints are not resolved.
    ``reason``: why the source is not better than it is, for people.
    """

    steps: tuple[StepSQL, ...]
    source: Source
    reason: str = ""

    @property
    def error(self) -> str:
        return next((step.error for step in self.steps if step.error), "")

    @property
    def is_exact(self) -> bool:
        """Whether these are the statements that will run, if nothing changes until then."""
        return self.source in (Source.CLONE, Source.REPLAY) and not self.error

    def of(self, step: Step) -> StepSQL | None:
        return next((told for told in self.steps if told.step == step), None)
