"""What is told of a session that is in the way; the portable answer is that nobody is seen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from migration_tools.backends import for_connection

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

#: A transaction that has been open for so many seconds is told whatever it holds.
LONG = 60
#: Characters of somebody's query.
MOST = 200

VALUES = re.compile(
    r"""
    /\*.*?(?:\*/|$) | --[^\n]*            # comments may hold anything
    | \$(\w*)\$.*?(?:\$\1\$|$)            # dollar quotes
    | [xXbBeE]?'(?:[^'\\]|\\.|'')*(?:'|$)
    | (?<![\w"`.$])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b
    | \b0[xX][0-9a-fA-F]+\b
    """,
    re.VERBOSE | re.DOTALL,
)
#: Where double quotes stand around texts.
DOUBLE_QUOTED = re.compile(r'"(?:[^"\\]|\\.|"")*(?:"|$)', re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """One session. ``seconds``: since its transaction began, ``query_seconds``: since its query.

    ``locks``: what it holds, in the engine's words, each with the tables; without a table where
    the engine does not say. ``end``: the statement or command that ends it; empty where none is
    known. ``is_certain``: False of one that may hold locks on the tables, or not.
    """

    session: str
    user: str = ""
    application: str = ""
    state: str = ""
    seconds: float | None = None
    query_seconds: float | None = None
    query: str = ""
    locks: tuple[tuple[str, str], ...] = ()
    end: str = ""
    is_certain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocking:
    """``hidden``: what this user may not see, or the engine does not tell, in sentences."""

    found: tuple[Blocker, ...] = ()
    hidden: tuple[str, ...] = ()


class Watch:
    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.backend = for_connection(connection)

    def blocking(self, tables: Sequence[str], *, values: bool = False) -> Blocking:
        """Who is in the way of statements on these tables. ``values``: leave them in queries."""
        name = self.backend.display_name
        return Blocking(hidden=(f"Nobody has written yet how to ask {name} for its sessions.",))

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        with self.connection.cursor() as cursor:
            cursor.execute(query, list(parameters) or None)
            names = [column[0].lower() for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def shown(query: str | None, *, values: bool, doubled: bool = False) -> str:
    """In one line and cut; without values a question mark for each.

    ``doubled``: double quotes stand around texts, not around names.
    """
    text = query or ""
    if not values:
        text = VALUES.sub(lambda found: " " if found[0][:2] in ("/*", "--") else "?", text)
        text = DOUBLE_QUOTED.sub("?", text) if doubled else text
    text = " ".join(text.split())
    return text if len(text) <= MOST else f"{text[: MOST - 3]}..."
