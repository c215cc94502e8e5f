"""MySQL and MariaDB: metadata locks where the server tells them, open transactions elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import django.db

from migration_tools.backends import names
from migration_tools.backends.blocking.base import LONG, Blocker, Blocking, Watch, shown

INSTRUMENT_QUERY = """
    SELECT ENABLED AS enabled FROM performance_schema.setup_instruments
    WHERE NAME = 'wait/lock/metadata/sql/mdl'
"""
LOCKS_QUERY = """
    SELECT threads.PROCESSLIST_ID AS id, held.OBJECT_NAME AS name,
        held.LOCK_TYPE AS mode, held.LOCK_STATUS AS status
    FROM performance_schema.metadata_locks held
    JOIN performance_schema.threads threads ON threads.THREAD_ID = held.OWNER_THREAD_ID
    WHERE held.OBJECT_TYPE = 'TABLE' AND held.OBJECT_SCHEMA = DATABASE()
      AND threads.PROCESSLIST_ID <> CONNECTION_ID()
    ORDER BY threads.PROCESSLIST_ID, held.OBJECT_NAME, held.LOCK_TYPE
"""
MARIADB_LOCKS_QUERY = """
    SELECT THREAD_ID AS id, TABLE_NAME AS name, LOCK_MODE AS mode, 'GRANTED' AS status
    FROM information_schema.METADATA_LOCK_INFO
    WHERE TABLE_SCHEMA = DATABASE() AND THREAD_ID <> CONNECTION_ID()
    ORDER BY THREAD_ID, TABLE_NAME, LOCK_MODE
"""
# InnoDB tells times of the server's own clock, whatever the session's time zone is.
TRANSACTIONS_QUERY = """
    SELECT trx_mysql_thread_id AS id, trx_state AS state,
        TIMESTAMPDIFF(SECOND, trx_started,
            COALESCE(CONVERT_TZ(NOW(), @@session.time_zone, 'SYSTEM'), NOW())) AS seconds
    FROM information_schema.INNODB_TRX WHERE trx_mysql_thread_id <> CONNECTION_ID()
"""
PROCESSES_QUERY = """
    SELECT ID AS id, USER AS user, HOST AS host, DB AS db, COMMAND AS command, TIME AS time,
        STATE AS state, INFO AS query
    FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID()
"""
PROGRAMS_QUERY = """
    SELECT PROCESSLIST_ID AS id, ATTR_VALUE AS program
    FROM performance_schema.session_connect_attrs WHERE ATTR_NAME = 'program_name'
"""


class MySQLWatch(Watch):
    def blocking(self, tables: Sequence[str], *, values: bool = False) -> Blocking:
        fold = self.backend.fold_table
        asked = {
            fold(parts[1]): table
            for table in tables
            if (parts := names.split(table, "`")) and not parts[0]
        }
        hidden: list[str] = []
        held = self._locks(asked, hidden)
        begun = self._transactions(hidden)
        programs = {row["id"]: row["program"] for row in self._asked(PROGRAMS_QUERY) or []}
        here = str(self.connection.settings_dict["NAME"])
        found = []
        for row in self.rows(PROCESSES_QUERY):
            locks, transaction = (held or {}).get(row["id"], ()), begun.get(row["id"])
            if self._is_told(row, locks, transaction, unknown=held is None, here=here):
                found.append(
                    self._session(
                        row, locks, transaction, programs.get(row["id"]), held is None, values
                    )
                )
        found.sort(key=lambda blocker: -(blocker.seconds or 0))
        return Blocking(found=tuple(found), hidden=(*hidden, *self._unseen()))

    def _is_told(
        self, row: dict[str, Any], locks: Any, transaction: Any, *, unknown: bool, here: str
    ) -> bool:
        if locks:
            return True
        if transaction is None:
            # Without a word about locks, whoever is at work here may hold one.
            return unknown and row["db"] == here and row["command"] in ("Query", "Execute")
        return unknown or (transaction["seconds"] or 0) >= LONG

    def _session(
        self,
        row: dict[str, Any],
        locks: tuple[tuple[str, str], ...],
        transaction: dict[str, Any] | None,
        program: str | None,
        unknown: bool,
        values: bool,
    ) -> Blocker:
        is_idle = row["command"] == "Sleep"
        state = "idle in a transaction" if is_idle and transaction else row["state"] or ""
        number = int(row["id"])
        return Blocker(
            session=f"server connection {number}",
            user=f"{row['user']} at {row['host']}",
            application=program or "",
            state=f"{row['command']}{f', {state}' if state else ''}",
            seconds=None if transaction is None else transaction["seconds"],
            query_seconds=row["time"],
            query=shown(_text(row["query"]), values=values, doubled=True),
            locks=locks,
            end=f"KILL {'CONNECTION' if is_idle else 'QUERY'} {number};",
            is_certain=not unknown,
        )

    def _locks(
        self, asked: dict[str, str], hidden: list[str]
    ) -> dict[int, tuple[tuple[str, str], ...]] | None:
        """By connection; None where the server tells no metadata locks, or not this user."""
        rows, advice = self._told_locks()
        if rows is None:
            hidden.append(
                "Which tables a session has locked is not told here: every open transaction is "
                f"listed, whatever it uses. {advice}"
            )
            return None
        held: dict[int, list[tuple[str, str]]] = {}
        for row in rows:
            table = asked.get(self.backend.fold_table(_text(row["name"])))
            if table is not None:
                mode = _text(row["mode"])
                waited = "" if _text(row["status"]) == "GRANTED" else ", waited for"
                held.setdefault(int(row["id"]), []).append((f"{mode}{waited}", table))
        return {number: tuple(dict.fromkeys(locks)) for number, locks in held.items()}

    def _told_locks(self) -> tuple[list[dict[str, Any]] | None, str]:
        instrument = self._asked(INSTRUMENT_QUERY)
        if instrument and instrument[0]["enabled"] == "YES":
            rows = self._asked(LOCKS_QUERY)
            if rows is not None:
                return rows, ""
        if not self.backend.is_mariadb:  # type: ignore[attr-defined]
            return None, (
                "It takes SELECT on performance_schema, and its instrument "
                "wait/lock/metadata/sql/mdl."
            )
        rows = self._asked(MARIADB_LOCKS_QUERY)
        return rows, "It takes the plugin:  INSTALL SONAME 'metadata_lock_info';"

    def _transactions(self, hidden: list[str]) -> dict[int, dict[str, Any]]:
        rows = self._asked(TRANSACTIONS_QUERY)
        if rows is None:
            hidden.append("Open transactions are not shown to this user: it takes PROCESS.")
            return {}
        return {int(row["id"]): row for row in rows}

    def _unseen(self) -> tuple[str, ...]:
        grants = self._asked("SHOW GRANTS") or []
        texts = [str(text) for row in grants for text in row.values()]
        if any("PROCESS" in text or "ALL PRIVILEGES ON *.*" in text for text in texts):
            return ()
        return ("Sessions of other users are not shown to this user: it takes PROCESS.",)

    def _asked(self, query: str) -> list[dict[str, Any]] | None:
        """None where the server refuses, or does not know the table."""
        try:
            return self.rows(query)
        except django.db.Error:
            return None


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value or "")
