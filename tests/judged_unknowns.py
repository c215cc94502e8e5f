"""The pairs of tests/test_judge_matrix.py that cannot be foretold yet, and why."""

# ruff: noqa: E501
from __future__ import annotations

from tests.settings import ENGINE

#: engine -> (why, the types before, the types after), each pair of which is unknown
UNKNOWN: dict[str, list[tuple[str, str, str]]] = {
    "postgresql": [
        (
            "no rule is written yet",
            "Char(8) Char(40) Slug(12) Text",
            "Date DateTime Time Duration GenericIPAddress Binary",
        ),
        ("no rule is written yet", "DateTime", "Char(8) Slug(12)"),
        ("no rule is written yet", "Time", "Char(8) Slug(12) Duration"),
        ("no rule is written yet", "Duration", "Char(8) Char(40) Slug(12) Text Time"),
        (
            "no rule is written yet",
            "JSON",
            "SmallInteger Integer BigInteger PositiveInteger Decimal(8,2) Decimal(24,6) Float Boolean",
        ),
        ("no rule is written yet", "Binary", "Char(8) Char(40) Slug(12) Text"),
    ],
    "mariadb": [
        (
            "no rule is written yet",
            "SmallInteger Integer BigInteger PositiveInteger Decimal(8,2) Decimal(24,6) Boolean Duration",
            "Date DateTime Time UUID GenericIPAddress JSON Binary",
        ),
        (
            "no rule is written yet",
            "Float",
            "Char(8) Slug(12) Date DateTime Time UUID GenericIPAddress JSON Binary",
        ),
        (
            "no rule is written yet",
            "Char(8) Char(40) Slug(12) Text",
            "Decimal(8,2) Decimal(24,6) Float Boolean Date DateTime Time Duration UUID GenericIPAddress Binary",
        ),
        (
            "no rule is written yet",
            "Date",
            "SmallInteger Integer BigInteger PositiveInteger Decimal(8,2) Decimal(24,6) Float Boolean Char(8) Time Duration UUID GenericIPAddress JSON Binary",
        ),
        (
            "no rule is written yet",
            "DateTime",
            "SmallInteger Integer BigInteger PositiveInteger Decimal(8,2) Decimal(24,6) Float Boolean Char(8) Slug(12) Duration UUID GenericIPAddress JSON Binary",
        ),
        (
            "no rule is written yet",
            "Time",
            "SmallInteger Integer BigInteger PositiveInteger Decimal(8,2) Decimal(24,6) Float Boolean Char(8) Slug(12) Date DateTime Duration UUID GenericIPAddress JSON Binary",
        ),
        (
            "no rule is written yet",
            "UUID",
            "SmallInteger Integer BigInteger PositiveInteger Decimal(8,2) Decimal(24,6) Float Boolean Date DateTime Time Duration GenericIPAddress JSON Binary",
        ),
        (
            "no rule is written yet",
            "GenericIPAddress",
            "SmallInteger Integer BigInteger PositiveInteger Decimal(8,2) Decimal(24,6) Float Boolean Date DateTime Time Duration UUID JSON Binary",
        ),
        (
            "no rule is written yet",
            "JSON",
            "SmallInteger Integer BigInteger PositiveInteger Decimal(8,2) Decimal(24,6) Float Boolean Date DateTime Time Duration UUID GenericIPAddress Binary",
        ),
        (
            "no rule is written yet",
            "Binary",
            "SmallInteger Integer BigInteger PositiveInteger Decimal(8,2) Decimal(24,6) Float Boolean Char(8) Char(40) Slug(12) Text Date DateTime Time Duration UUID GenericIPAddress JSON",
        ),
    ],
    "mysql": [
        (
            "no rule is written yet",
            "SmallInteger Integer BigInteger PositiveInteger Decimal(8,2) Decimal(24,6) Boolean Duration",
            "Date DateTime Time UUID GenericIPAddress JSON Binary",
        ),
        (
            "no rule is written yet",
            "Float",
            "Char(8) Slug(12) Date DateTime Time UUID GenericIPAddress JSON Binary",
        ),
        (
            "no rule is written yet",
            "Char(8) Char(40) Slug(12) Text",
            "Decimal(8,2) Decimal(24,6) Float Boolean Date DateTime Time Duration UUID GenericIPAddress Binary",
        ),
        (
            "no rule is written yet",
            "Date",
            "SmallInteger Integer BigInteger PositiveInteger Decimal(8,2) Decimal(24,6) Float Boolean Char(8) Time Duration UUID GenericIPAddress JSON Binary",
        ),
        (
            "no rule is written yet",
            "DateTime",
            "SmallInteger Integer BigInteger PositiveInteger Decimal(8,2) Decimal(24,6) Float Boolean Char(8) Slug(12) Duration UUID GenericIPAddress JSON Binary",
        ),
        (
            "no rule is written yet",
            "Time",
            "SmallInteger Integer BigInteger PositiveInteger Decimal(8,2) Decimal(24,6) Float Boolean Char(8) Slug(12) Date DateTime Duration UUID GenericIPAddress JSON Binary",
        ),
        (
            "no rule is written yet",
            "UUID",
            "SmallInteger Integer BigInteger PositiveInteger Decimal(8,2) Decimal(24,6) Float Boolean Date DateTime Time Duration GenericIPAddress JSON Binary",
        ),
        (
            "no rule is written yet",
            "GenericIPAddress",
            "SmallInteger Integer BigInteger PositiveInteger Decimal(8,2) Decimal(24,6) Float Boolean Date DateTime Time Duration UUID JSON Binary",
        ),
        (
            "no rule is written yet",
            "JSON",
            "SmallInteger Integer BigInteger PositiveInteger Decimal(8,2) Decimal(24,6) Float Boolean Date DateTime Time Duration UUID GenericIPAddress Binary",
        ),
        (
            "no rule is written yet",
            "Binary",
            "SmallInteger Integer BigInteger PositiveInteger Decimal(8,2) Decimal(24,6) Float Boolean Char(8) Char(40) Slug(12) Text Date DateTime Time Duration UUID GenericIPAddress JSON",
        ),
    ],
}


def why_unknown(old: str, new: str) -> str:
    """Empty for a pair that must be judged on the engine under test."""
    for reason, before, after in UNKNOWN.get(ENGINE, []):
        if old in before.split() and new in after.split():
            return reason
    return ""
