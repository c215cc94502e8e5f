"""A column's type as an engine stores it, read from what the connection calls it."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass

from migration_tools.columns import Column


class Family(enum.StrEnum):
    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    BOOLEAN = "boolean"
    TEXT = "text"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    DURATION = "duration"
    UUID = "uuid"
    JSON = "json"
    BINARY = "binary"
    ADDRESS = "address"
    OTHER = "other"


#: What Django's own fields hold, where the engine's word alone does not tell (char(32), bigint).
FAMILIES: Mapping[str, Family] = {
    **dict.fromkeys(("CharField", "SlugField", "FileField", "FilePathField"), Family.TEXT),
    **dict.fromkeys(("TextField", "EmailField", "URLField"), Family.TEXT),
    **dict.fromkeys(("AutoField", "BigAutoField", "SmallAutoField"), Family.INTEGER),
    **dict.fromkeys(("IntegerField", "BigIntegerField", "SmallIntegerField"), Family.INTEGER),
    **dict.fromkeys(("PositiveIntegerField", "PositiveBigIntegerField"), Family.INTEGER),
    "PositiveSmallIntegerField": Family.INTEGER,
    "DecimalField": Family.DECIMAL,
    "FloatField": Family.FLOAT,
    "BooleanField": Family.BOOLEAN,
    "DateField": Family.DATE,
    "DateTimeField": Family.DATETIME,
    "TimeField": Family.TIME,
    "DurationField": Family.DURATION,
    "UUIDField": Family.UUID,
    "JSONField": Family.JSON,
    "BinaryField": Family.BINARY,
    "GenericIPAddressField": Family.ADDRESS,
    "IPAddressField": Family.ADDRESS,
}

DECLARATION = re.compile(
    r"(?P<word>[a-z][a-z0-9 ]*?)\s*(?:\((?P<size>\d+)(?:\s*,\s*(?P<places>-?\d+))?\))?"
    r"(?P<unsigned>\s+unsigned)?(?:\s+auto_increment)?",
    re.IGNORECASE,
)
BITS = {"tinyint": 8, "bool": 8, "smallint": 16, "integer": 32, "int": 32, "bigint": 64}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """``declared`` is the engine's own text; ``floor``: Django's check refuses what is below 0."""

    family: Family
    declared: str
    length: int | None = None
    digits: int | None = None
    places: int | None = None
    low: int | None = None
    high: int | None = None
    floor: bool = False

    @property
    def whole_digits(self) -> int | None:
        """How many digits fit before the point; None where there is no limit."""
        if self.family is Family.INTEGER and self.high is not None and self.low is not None:
            return len(str(max(self.high, -self.low)))
        if self.digits is None or self.places is None:
            return None
        return self.digits - self.places

    @property
    def least(self) -> int | None:
        """The least whole number the column accepts."""
        return 0 if self.floor else self.low


def stored(column: Column, words: Mapping[str, frozenset[Family]]) -> Stored:
    """Read ``column.db_type`` by an engine's ``words`` and the families each can hold."""
    declared = str(column.db_type)
    found = DECLARATION.fullmatch(declared)
    word = found["word"].lower() if found else ""
    families = words.get(word, frozenset())
    family = FAMILIES.get(column.type) or next(iter(sorted(families)), Family.OTHER)
    if found is None or family not in families:
        return Stored(family=Family.OTHER, declared=declared)
    size, places = (None if text is None else int(text) for text in found.group("size", "places"))
    low = high = None
    if bits := BITS.get(word):
        low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
        if found["unsigned"]:
            low, high = 0, 2**bits - 1
    return Stored(
        family=family,
        declared=declared,
        length=size,
        digits=size,
        places=places,
        low=low,
        high=high,
        floor=family is Family.INTEGER and bool(column.db_check),
    )
