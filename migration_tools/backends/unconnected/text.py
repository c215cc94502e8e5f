"""Reading the SQL that Django's schema editors write: names, groups, and what is between them."""

from __future__ import annotations

import re
from collections.abc import Iterator

#: A quoted name, a text, a word, a number, a blank, or any other character.
TOKEN = re.compile(
    r"""
    "(?:[^"]|"")*" | `(?:[^`]|``)*` | E'(?:[^'\\]|''|\\.)*' | '(?:[^'\\]|''|\\.)*'
    | [A-Za-z_][\w$]* | \d+(?:\.\d+)? | \s+ | .
    """,
    re.S | re.X,
)
#: Where a backslash is a letter like any other.
PLAIN_TOKEN = re.compile(
    TOKEN.pattern.replace(r"| '(?:[^'\\]|''|\\.)*'", "| '(?:[^']|'')*'"), re.S | re.X
)
QUOTES = ('"', "`")


class Unread(Exception):
    """The statement is not one that this app can read."""


def tokens_of(sql: str, *, escapes: bool = True) -> list[str]:
    return (TOKEN if escapes else PLAIN_TOKEN).findall(sql)


def is_name(token: str) -> bool:
    return token[:1] in QUOTES and len(token) > 1


def unquoted(token: str) -> str:
    if is_name(token):
        quote = token[0]
        return token[1:-1].replace(quote * 2, quote)
    return token


def renamed(text: str, old: str, new: str) -> str:
    """The same text with another name; names in it are quoted, as Django writes them."""
    told = []
    for token in tokens_of(text):
        if is_name(token) and unquoted(token) == old:
            quote = token[0]
            token = f"{quote}{new.replace(quote, quote * 2)}{quote}"
        told.append(token)
    return "".join(told)


def names_in(text: str) -> list[str]:
    """Each once, in their order."""
    return list(dict.fromkeys(unquoted(token) for token in tokens_of(text) if is_name(token)))


def split(tokens: list[str], separator: str) -> Iterator[list[str]]:
    """At each separator that is in no parentheses."""
    depth = 0
    piece: list[str] = []
    for token in tokens:
        depth += (token == "(") - (token == ")")
        if token == separator and depth == 0:
            yield piece
            piece = []
        else:
            piece.append(token)
    yield piece


class Words:
    """A statement from its beginning to its end; blanks are stepped over."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.at = 0

    def _blank(self) -> None:
        while self.at < len(self.tokens) and self.tokens[self.at].isspace():
            self.at += 1

    def peek(self) -> str:
        self._blank()
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def next(self) -> str:
        token = self.peek()
        self.at += 1
        return token

    def accept(self, *words: str) -> bool:
        """All of them, or none is taken."""
        before = self.at
        for word in words:
            if self.next().upper() != word:
                self.at = before
                return False
        return True

    def name(self) -> str:
        token = self.next()
        if not is_name(token) and not token[:1].isidentifier():
            raise Unread(token)
        if self.accept("."):  # the schema before it
            return self.name()
        return unquoted(token)

    def group(self) -> str:
        """What is in the parentheses that begin here."""
        if self.next() != "(":
            raise Unread("(")
        start, depth = self.at, 1
        while depth and self.at < len(self.tokens):
            token = self.tokens[self.at]
            depth += (token == "(") - (token == ")")
            self.at += 1
        return "".join(self.tokens[start : self.at - 1])

    def until(self, stops: frozenset[str]) -> str:
        """Up to the first of these words that is in no parentheses."""
        self._blank()
        start, depth = self.at, 0
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if depth == 0 and token.upper() in stops:
                break
            depth += (token == "(") - (token == ")")
            self.at += 1
        return "".join(self.tokens[start : self.at]).strip()

    def rest(self) -> str:
        return self.until(frozenset())
