"""What the rules of MySQL and MariaDB share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_tools.backends.conversions.rules import Change, Rules, Verdict
from migration_tools.backends.conversions.stored import Family

if TYPE_CHECKING:
    from migration_tools.backends.mysql import MySQLBackend

WORDS = {
    "smallint": frozenset({Family.INTEGER}),
    "integer": frozenset({Family.INTEGER}),
    "bigint": frozenset({Family.INTEGER, Family.DURATION}),
    "bool": frozenset({Family.BOOLEAN}),
    "numeric": frozenset({Family.DECIMAL}),
    "double precision": frozenset({Family.FLOAT}),
    "varchar": frozenset({Family.TEXT}),
    "longtext": frozenset({Family.TEXT}),
    "char": frozenset({Family.UUID, Family.ADDRESS}),
    "uuid": frozenset({Family.UUID}),
    "date": frozenset({Family.DATE}),
    "datetime": frozenset({Family.DATETIME}),
    "time": frozenset({Family.TIME}),
    "json": frozenset({Family.JSON}),
    "longblob": frozenset({Family.BINARY}),
}
WHOLE = (Family.INTEGER, Family.BOOLEAN, Family.DURATION)
NUMBERS = (*WHOLE, Family.DECIMAL, Family.FLOAT)
GREATEST_SIGNED = 2**63 - 1

rules: Rules[MySQLBackend] = Rules()


def soften(verdict: Verdict, change: Change[MySQLBackend], kept: str, reason: str) -> None:
    """In a session that is not strict: what would be refused is stored as ``kept`` instead."""
    if change.backend.is_strict:
        return
    blocks, verdict.blocks = verdict.blocks, []
    if blocks:
        verdict.value = kept
    for block in blocks:
        verdict.lose(block.predicate, reason)
