"""PostgreSQL: pg_locks and relfilenode around each statement, and what the server says."""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from migration_tools.backends.touches.base import Touch, Watch

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

#: From the weakest to the strongest.
MODES = (
    "ACCESS SHARE",
    "ROW SHARE",
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
)
BY_NAME = {f"{mode.title().replace(' ', '')}Lock": mode for mode in MODES}
#: From this one on, whoever writes has to wait.
BLOCKS_WRITES = MODES.index("SHARE")
TABLES_QUERY = """
    SELECT oid, relname, relfilenode FROM pg_catalog.pg_class
    WHERE relkind IN ('r', 'p') AND relnamespace <> 'pg_catalog'::regnamespace
    AND relnamespace <> 'information_schema'::regnamespace
"""
LOCKS_QUERY = """
    SELECT relation, mode FROM pg_catalog.pg_locks
    WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted
    AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
"""
TOLD = (
    ("scans", re.compile(r'verifying table "(.+?)"')),
    ("builds", re.compile(r'building index ".+?" on table "(.+?)"')),
    ("rewrites", re.compile(r'rewriting table "(.+?)"')),
)
VALIDATES = re.compile(r"validating foreign key constraint")


class PostgreSQLWatch(Watch):
    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        super().__init__(connection)
        #: What is made on the way is nobody else's yet.
        self.known = {oid: name for oid, name, _ in self._rows(TABLES_QUERY)}
        self.held: dict[int, int] = {}
        self.notices: list[str] = []

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(self.connection.create_cursor()) as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())

    def run(self, execute: Callable[[Any], Any], sql: Any) -> tuple[Any, tuple[Touch, ...]]:
        files = {oid: file for oid, _, file in self._rows(TABLES_QUERY)}
        before = self._locks()
        with self._listening():
            result = execute(sql)
        after = self._locks()
        told: dict[str, dict[str, Any]] = defaultdict(dict)
        for oid, mode in after.items():
            if oid in self.known and mode > max(before.get(oid, -1), MODES.index("ROW SHARE")):
                told[self.known[oid]]["lock"] = MODES[mode]
        held = {self.known[oid]: mode for oid, mode in after.items() if oid in self.known}
        for oid, _, file in self._rows(TABLES_QUERY):
            if oid in self.known and files.get(oid) != file:
                told[self.known[oid]]["rewrites"] = True
        self._hear(told)
        touches = tuple(
            Touch(
                table=table,
                blocks_writes=held.get(table, -1) >= BLOCKS_WRITES,
                blocks_reads=held.get(table, -1) == len(MODES) - 1,
                **facts,
            )
            for table, facts in sorted(told.items())
        )
        self.known |= {oid: name for oid, name, _ in self._rows(TABLES_QUERY) if oid in self.known}
        return result, touches

    def _locks(self) -> dict[int, int]:
        held: dict[int, int] = {}
        for oid, name in self._rows(LOCKS_QUERY):
            if name in BY_NAME:
                held[oid] = max(held.get(oid, -1), MODES.index(BY_NAME[name]))
        return held

    def _hear(self, told: dict[str, dict[str, Any]]) -> None:
        names = set(self.known.values())
        for notice in self.notices:
            for fact, pattern in TOLD:
                if (found := pattern.search(notice)) and found[1] in names:
                    told[found[1]][fact] = True
            if VALIDATES.search(notice):
                for facts in told.values():
                    facts["validates"] = True

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        """The server says at this level what it does to a table."""
        driver: Any = self.connection.connection
        self.notices = []
        if not hasattr(driver, "add_notice_handler"):
            yield
            return

        def hear(diagnostic: Any) -> None:
            self.notices.append(str(diagnostic.message_primary))

        self._set("debug1")
        driver.add_notice_handler(hear)
        try:
            yield
        finally:
            driver.remove_notice_handler(hear)
            with contextlib.suppress(Exception):  # a failed transaction takes it back by itself
                self._set("notice")

    def _set(self, level: str) -> None:
        with contextlib.closing(self.connection.create_cursor()) as cursor:
            cursor.execute(f"SET client_min_messages = {level}")
