"""Reads the text of a CREATE TABLE, where SQLite keeps what its pragmas do not tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

TOKEN = re.compile(
    r"""\s+|--[^\n]*\n?|/\*.*?\*/|(?P<name>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])"""
    r"""|(?P<text>[xX]?'(?:[^']|'')*')|(?P<word>[^\W\d][\w$]*)|(?P<number>\d[\w.+-]*|\.\d+)"""
    r"""|(?P<sign>\|\||<>|<=|>=|==|!=|<<|>>|->>|->|.)""",
    re.S,
)
TABLE_CONSTRAINTS = ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    text: str
    is_name: bool = False

    def says(self, word: str) -> bool:
        return not self.is_name and self.text.upper() == word


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnText:
    collation: str = ""
    generated: str = ""
    autoincrement: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableText:
    """``checks``: those of columns and of the table alike. ``options``: behind the last bracket."""

    columns: dict[str, ColumnText]
    checks: tuple[str, ...]
    deferred: frozenset[str]
    options: str


def tokens(sql: str) -> list[Token]:
    found = []
    for match in TOKEN.finditer(sql):
        if name := match["name"]:
            quote = name[-1]
            inner = name[1:-1].replace(quote * 2, quote)
            found.append(Token(text=inner, is_name=True))
        elif match.lastgroup:
            found.append(Token(text=match[0]))
    return found


def plain(found: Sequence[Token]) -> str:
    """One spelling for all that differ in blanks, quotes and letter case only."""
    told = []
    for token in found:
        text = token.text
        if token.is_name or re.fullmatch(r"\w+", text):
            text = text.lower()
        told.append(text)
    return " ".join(told)


def read_table(sql: str) -> TableText:
    found = tokens(sql)
    start = next(n for n, token in enumerate(found) if token.says("("))
    end = closing(found, start)
    columns: dict[str, ColumnText] = {}
    checks: list[str] = []
    deferred: set[str] = set()
    for item in split(found[start + 1 : end]):
        checks += [plain(expression) for expression in bracketed(item, "CHECK")]
        is_table = any(item[0].says(word) for word in TABLE_CONSTRAINTS)
        if not is_table:
            columns[item[0].text.lower()] = read_column(item[1:])
        if any(token.says("DEFERRED") for token in item):
            places = bracketed(item, "KEY") if is_table else [item[:1]]
            deferred.add(plain(next(iter(places), [])))
    return TableText(
        columns=columns,
        checks=tuple(checks),
        deferred=frozenset(deferred),
        options=plain(found[end + 1 :]),
    )


def read_column(item: Sequence[Token]) -> ColumnText:
    collation = next((item[n + 1].text for n, t in enumerate(item[:-1]) if t.says("COLLATE")), "")
    generated = next(iter(bracketed(item, "AS")), None)
    kept = "STORED" if any(token.says("STORED") for token in item) else "VIRTUAL"
    return ColumnText(
        collation=collation.lower(),
        generated=f"({plain(generated)}) {kept}" if generated is not None else "",
        autoincrement=any(token.says("AUTOINCREMENT") for token in item),
    )


def condition_of(sql: str) -> str:
    """What comes after WHERE in a CREATE INDEX."""
    found = tokens(sql)
    depth = 0
    for number, token in enumerate(found):
        depth += token.says("(") - token.says(")")
        if depth == 0 and token.says("WHERE"):
            return plain(found[number + 1 :])
    return ""


def columns_of_index(sql: str) -> list[str]:
    found = tokens(sql)
    start = next(n for n, token in enumerate(found) if token.says("("))
    return [plain(item) for item in split(found[start + 1 : closing(found, start)])]


def closing(found: Sequence[Token], start: int) -> int:
    depth = 0
    for number in range(start, len(found)):
        depth += found[number].says("(") - found[number].says(")")
        if depth == 0:
            return number
    return len(found)


def split(found: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """At the commas that stand in no bracket."""
    depth = 0
    item: list[Token] = []
    for token in found:
        depth += token.says("(") - token.says(")")
        if depth == 0 and token.says(","):
            yield item
            item = []
        else:
            item.append(token)
    if item:
        yield item


def bracketed(item: Sequence[Token], word: str) -> list[Sequence[Token]]:
    """What stands in the brackets that follow ``word``."""
    return [
        item[number + 2 : closing(item, number + 1)]
        for number, token in enumerate(item[:-1])
        if token.says(word) and item[number + 1].says("(")
    ]
