"""MySQL and MariaDB: the first way in which the engine agrees to run a statement."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db import Error

from migration_tools.backends.touches.base import Touch, Watch

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

ALTER = re.compile(r"\s*ALTER\s+TABLE\s+`((?:[^`]|``)+)`\s+(?!RENAME\s+TO)", re.I)
INDEX = re.compile(
    r"\s*(?:CREATE|DROP)\s+(?:UNIQUE\s+)?INDEX\s.+?\sON\s+`((?:[^`]|``)+)`", re.I | re.S
)
DROP = re.compile(r"\s*DROP\s+TABLE\s+`((?:[^`]|``)+)`", re.I)
RENAME = re.compile(
    r"\s*(?:RENAME|ALTER)\s+TABLE\s+`((?:[^`]|``)+)`\s+(?:RENAME\s+)?TO\s+`((?:[^`]|``)+)`", re.I
)
#: From the cheapest to the dearest. Without any word the engine takes the same way.
WAYS = (
    ("ALGORITHM=INSTANT", "INSTANT", False),
    ("ALGORITHM=INPLACE, LOCK=NONE", "INPLACE", False),
    ("ALGORITHM=INPLACE, LOCK=SHARED", "INPLACE", True),
)
DROP_INDEX = re.compile(r"DROP\s+INDEX\s+(`(?:[^`]|``)+`)\s+ON\s+(`(?:[^`]|``)+`)$", re.I)
DROP_AS_ALTER = "ALTER TABLE {1} DROP INDEX {0}"
#: Not in this way, whatever the reason; and words that do not go with this statement.
NOT_SO = frozenset({1845, 1846})
NOT_UNDERSTOOD = frozenset({1064, 1221, 1235})
SEPARATORS = {ALTER: ", ", INDEX: " "}


class MySQLWatch(Watch):
    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        super().__init__(connection)
        with contextlib.closing(connection.create_cursor()) as cursor:
            cursor.execute("SHOW TABLES")
            #: What is made on the way is nobody else's yet.
            self.known = {str(name) for (name,) in cursor.fetchall()}

    def run(self, execute: Callable[[Any], Any], sql: Any) -> tuple[Any, tuple[Touch, ...]]:
        text = str(sql).strip().removesuffix(";")
        for pattern, separator in SEPARATORS.items():
            found = pattern.match(text)
            if found is not None and _plain(found[1]) in self.known:
                return self._tried(execute, text, separator, _plain(found[1]))
        result = execute(sql)
        found = DROP.match(text) or RENAME.match(text)
        if found is None or _plain(found[1]) not in self.known:
            return result, ()
        if len(found.groups()) > 1:
            self.known.add(_plain(found[2]))
        # Only the catalogue changes.
        return result, (Touch(table=_plain(found[1]), how="INSTANT"),)

    def _tried(
        self, execute: Callable[[Any], Any], text: str, separator: str, table: str
    ) -> tuple[Any, tuple[Touch, ...]]:
        dropped = DROP_INDEX.match(text)
        # One of the two takes these words with ALTER TABLE only.
        form, separator = (
            (DROP_AS_ALTER.format(*dropped.groups()), ", ") if dropped else (text, separator)
        )
        for words, how, blocks in WAYS:
            try:
                result = execute(f"{form}{separator}{words.replace(', ', separator)}")
            except Error as error:
                number = error.args[0] if error.args else 0
                if number in NOT_UNDERSTOOD:
                    return execute(text), ()
                if number not in NOT_SO:
                    raise
                continue
            touch = Touch(
                table=table,
                lock="SHARED" if blocks else "",
                blocks_writes=blocks,
                builds=how == "INPLACE" and text.upper().startswith("CREATE"),
                how=how,
            )
            return result, (touch,)
        result = execute(text)
        touch = Touch(table=table, lock="SHARED", blocks_writes=True, rewrites=True, how="COPY")
        return result, (touch,)


def _plain(name: str) -> str:
    return name.replace("``", "`")
