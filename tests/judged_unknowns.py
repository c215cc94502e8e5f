"""The pairs of tests/test_judge_matrix.py that cannot be foretold yet, and why."""

from __future__ import annotations

from tests.settings import ENGINE

#: engine -> (why, the types before, the types after), each pair of which is unknown
UNKNOWN: dict[str, list[tuple[str, str, str]]] = {
    "postgresql": [],
    "mariadb": [],
    "mysql": [],
}


def why_unknown(old: str, new: str) -> str:
    """Empty for a pair that must be judged on the engine under test."""
    for reason, before, after in UNKNOWN.get(ENGINE, []):
        if old in before.split() and new in after.split():
            return reason
    return ""
