"""What a hazard is, and the list of them all."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Severity(enum.StrEnum):
    BLOCKER = "blocker"  # the step would fail: the plan is refused before its first step
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hazard:
    code: str
    name: str
    severity: Severity
    cause: str
    consequence: str
    remedy: str


_CATALOGUE: dict[str, Hazard] = {}


def hazard(
    code: str, name: str, severity: Severity, *, cause: str, consequence: str, remedy: str
) -> Hazard:
    if code in _CATALOGUE:
        raise ValueError(f"Hazard code {code} is taken.")
    _CATALOGUE[code] = Hazard(
        code=code, name=name, severity=severity, cause=cause, consequence=consequence, remedy=remedy
    )
    return _CATALOGUE[code]


def catalogue() -> tuple[Hazard, ...]:
    return tuple(_CATALOGUE.values())
