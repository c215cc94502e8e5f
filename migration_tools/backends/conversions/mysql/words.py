"""MySQL and MariaDB: values written out, as text, bytes, addresses and UUIDs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_tools.backends.base import Conversion, Obstacle
from migration_tools.backends.conversions.mysql.shared import (
    NUMBERS,
    TIMES,
    WORDED,
    blank_after,
    differ,
    hesitate,
    rules,
    text_of,
)
from migration_tools.backends.conversions.rules import Change, Verdict, impossible
from migration_tools.backends.conversions.stored import Family

if TYPE_CHECKING:
    from migration_tools.backends.mysql import MySQLBackend

HEXADECIMAL = "^[0-9A-Fa-f-]*$"
#: The rest writes its values out itself, without any.
MAY_END_IN_BLANKS = (Family.TEXT, Family.BINARY, Family.JSON)


@rules.rule((*NUMBERS, *TIMES, *WORDED), Family.BINARY)
def to_bytes(change: Change[MySQLBackend]) -> Verdict:
    """The characters of the value, which are read back; but MySQL reads no JSON from bytes."""
    verdict = Verdict(value=f"CAST({text_of(change)} AS BINARY)")
    if change.old.family is Family.BINARY:
        verdict.value = change.value
    if change.old.family is Family.UUID and change.backend.is_mariadb:
        verdict.value = f"UNHEX(REPLACE({text_of(change)}, '-', ''))"
    if change.old.family is Family.JSON and not change.backend.is_mariadb:
        verdict.lose(f"{change.value} IS NOT NULL", "left as bytes, which are not read as JSON")
    return verdict


@rules.rule((Family.FLOAT, *TIMES), Family.TEXT)
def written_or_refused(change: Change[MySQLBackend]) -> Verdict:
    verdict = Verdict(value=text_of(change))
    if change.new.length is not None:
        block_longer(verdict, change, change.new.length)
    return hesitate(verdict, change)


@rules.rule(Family.BINARY, Family.TEXT)
def bytes_to_text(change: Change[MySQLBackend]) -> Verdict:
    v, text = change.value, text_of(change)
    verdict = Verdict(value=text)
    verdict.block(
        f"{v} IS NOT NULL AND HEX({text}) <> HEX({v})",
        "are not text in UTF-8",
        Obstacle.NOT_CONVERTIBLE,
    )
    length = change.new.length
    if length is not None:
        verdict.value = f"LEFT({text}, {length})"
        cut_blanks(verdict, text, length)
    return hesitate(verdict, change)


@rules.rule((*NUMBERS, *TIMES, *WORDED), Family.ADDRESS)
def to_address(change: Change[MySQLBackend]) -> Verdict:
    if change.old.family is Family.ADDRESS:
        return Verdict(value=change.value)
    return to_padded(change)


@rules.rule((*NUMBERS, *TIMES, *WORDED), Family.UUID)
def to_uuid(change: Change[MySQLBackend]) -> Verdict | Conversion:
    """MySQL keeps any text of 32 characters; MariaDB has a type of its own."""
    if change.old.family is Family.UUID:
        return Verdict(value=change.value)
    if not change.backend.is_mariadb:
        verdict = to_padded(change)
        v = padded(change)
        wrong = f"{v} NOT REGEXP '{HEXADECIMAL}' OR CHAR_LENGTH(REPLACE({v}, '-', '')) <> 32"
        verdict.misread(wrong, "not read at all")
        return verdict
    if change.old.family in (*NUMBERS, *TIMES):
        return no_cast(change)
    text = text_of(change)
    result = f"CAST({text} AS UUID)"
    verdict = Verdict(value=result)
    if change.old.family is Family.BINARY:
        # Bytes are those of a UUID, never its text.
        verdict.doubt(f"LENGTH({change.value}) = 16", "of which the engine may make UUIDs")
        other = f"LENGTH({change.value}) <> 16"
        verdict.block(other, "are not 16 bytes", Obstacle.NOT_CONVERTIBLE)
        return hesitate(verdict, change)
    refused = f"{text} IS NOT NULL AND {result} IS NULL"
    verdict.block(refused, "cannot be read as uuid", Obstacle.NOT_CONVERTIBLE)
    verdict.lose(differ(f"CAST({result} AS CHAR)", text), "rewritten as UUIDs")
    return hesitate(verdict, change)


@rules.rule(Family.UUID, (*NUMBERS, *TIMES))
def from_uuid(change: Change[MySQLBackend]) -> Verdict | Conversion | None:
    if change.backend.is_mariadb:
        return no_cast(change)
    rule = rules.of(Family.TEXT, change.new.family)
    assert rule is not None
    return rule(change)


def no_cast(change: Change[MySQLBackend]) -> Verdict | Conversion:
    old, new = change.old.declared, change.new.declared
    if change.backend.is_strict:
        return impossible(f"{old} cannot be cast to {new}")
    verdict = Verdict(value=None)
    verdict.doubt(f"{change.value} IS NOT NULL", f"which cannot be cast to {new}")
    return verdict


def to_padded(change: Change[MySQLBackend]) -> Verdict:
    """A column of fixed length gives its text back without the blanks at its end.

    Blanks beyond the length are cut without a word, whatever the type before: unlike in a varchar.
    """
    text, old, length = text_of(change), change.old.family, change.new.length or 0
    verdict = Verdict(value=padded(change))
    if old is Family.BINARY:
        verdict.block(
            f"{change.value} IS NOT NULL AND HEX({text}) <> HEX({change.value})",
            "are not text in UTF-8",
            Obstacle.NOT_CONVERTIBLE,
        )
    if old not in MAY_END_IN_BLANKS:
        block_longer(verdict, change, length)
        return hesitate(verdict, change)
    cut_blanks(verdict, text, length)
    return hesitate(verdict, change)


def cut_blanks(verdict: Verdict, text: str, length: int) -> None:
    """Block what is too long by more than blanks: those are cut, as the verdict's value says."""
    longer = f"CHAR_LENGTH({text}) > {length} AND NOT ({blank_after(text, length)})"
    verdict.block(longer, f"are longer than {length} characters", Obstacle.TOO_LONG)
    verdict.lose(differ(str(verdict.value), text), "left without the blanks at their end")


def padded(change: Change[MySQLBackend]) -> str:
    text = text_of(change)
    if change.old.family in MAY_END_IN_BLANKS:
        text = f"LEFT({text}, {change.new.length or 0})"
    return f"RTRIM({text})"


def block_longer(verdict: Verdict, change: Change[MySQLBackend], length: int) -> None:
    longer = f"CHAR_LENGTH({text_of(change)}) > {length}"
    verdict.block(longer, f"are longer than {length} characters", Obstacle.TOO_LONG)
