"""MySQL and MariaDB: text under another collation, which may bring another character set along."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from migration_tools.backends.base import Conversion, Judgement, Obstacle
from migration_tools.backends.conversions.rules import any_of
from migration_tools.columns import Column

if TYPE_CHECKING:
    from migration_tools.backends.mysql import MySQLBackend

#: Text is stored as one of these without a loss.
UNIVERSAL = "utf8mb4"
#: As text, they have no letters that a collation takes for one another.
PLAIN = frozenset({"BooleanField", "FloatField", "DecimalField", "DurationField"})


def collated(
    backend: MySQLBackend, conversion: Conversion, old: Column, new: Column, table: str
) -> Conversion:
    value = conversion.value
    if value is None or not new.is_text or (old.is_text and old.collation == new.collation):
        return conversion
    if not new.collation and (old.is_integer or old.type in PLAIN):
        return conversion
    default = backend.collation_of(table)
    collation = new.collation or default
    if not collation:
        return dataclasses.replace(conversion, value=None)
    letters = backend.letters_of(collation) or backend.letters_of(default) or UNIVERSAL
    if letters != UNIVERSAL and letters != backend.letters_of(old.collation or default):
        conversion = without_letters(backend, conversion, value, letters)
    anew = f"CONVERT({conversion.value} USING {letters}) COLLATE {backend.quote(collation)}"
    return dataclasses.replace(conversion, value=anew)


def without_letters(
    backend: MySQLBackend, conversion: Conversion, value: str, letters: str
) -> Conversion:
    """What the new character set has not got is refused, or becomes a question mark."""
    decided = (*conversion.blocked, *conversion.lost, *conversion.doubtful)
    back = f"CONVERT(CONVERT({value} USING {letters}) USING {UNIVERSAL})"
    predicate = f"HEX({back}) <> HEX(CONVERT({value} USING {UNIVERSAL}))"
    if decided:
        earlier = any_of(judgement.predicate for judgement in decided)
        predicate = f"CASE WHEN {earlier} THEN FALSE ELSE {predicate} END"
    reason = f"have letters that {letters} has not"
    if backend.is_strict:
        block = Judgement(predicate=predicate, reason=reason, obstacle=Obstacle.NOT_CONVERTIBLE)
        return dataclasses.replace(
            conversion,
            value=f"CASE WHEN {predicate} THEN NULL ELSE {value} END",
            blocked=(*conversion.blocked, block),
        )
    loss = Judgement(predicate=predicate, reason=f"letters that {letters} has not, become ?")
    return dataclasses.replace(conversion, lost=(*conversion.lost, loss))
