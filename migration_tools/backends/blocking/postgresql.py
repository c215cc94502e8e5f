"""PostgreSQL: pg_locks, pg_stat_activity and prepared transactions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from migration_tools.backends import names
from migration_tools.backends.blocking.base import LONG, Blocker, Blocking, Watch, shown

HIDDEN = "<insufficient privilege>"
LOCKS_QUERY = """
    SELECT held.pid, held.virtualtransaction, asked.number, held.mode, held.granted
    FROM unnest(%s::text[]) WITH ORDINALITY AS asked (name, number)
    JOIN pg_catalog.pg_locks held ON held.relation = to_regclass(asked.name)
    WHERE held.locktype = 'relation' AND held.pid IS DISTINCT FROM pg_backend_pid()
      AND held.database = (
          SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()
      )
    ORDER BY held.pid, asked.number, held.mode
"""
SESSIONS_QUERY = """
    SELECT pid, usename, application_name, client_addr::text AS client, state, query,
        EXTRACT(EPOCH FROM clock_timestamp() - xact_start)::float8 AS seconds,
        EXTRACT(EPOCH FROM clock_timestamp() - query_start)::float8 AS query_seconds,
        wait_event_type = 'Lock' AS waits
    FROM pg_catalog.pg_stat_activity
    WHERE pid <> pg_backend_pid() AND datname = current_database()
      AND (pid = ANY(%s) OR (xact_start IS NOT NULL AND backend_type = 'client backend'))
    ORDER BY xact_start NULLS LAST, pid
"""
PREPARED_QUERY = """
    SELECT gid, owner, EXTRACT(EPOCH FROM clock_timestamp() - prepared)::float8 AS seconds
    FROM pg_catalog.pg_prepared_xacts WHERE database = current_database() ORDER BY prepared
"""
# pg_stat_activity shows a session whole to its own user and to members of this role.
UNSEEN_QUERY = """
    SELECT count(*) AS sessions FROM pg_catalog.pg_stat_activity
    WHERE datname = current_database() AND query = %s
"""


class PostgreSQLWatch(Watch):
    def blocking(self, tables: Sequence[str], *, values: bool = False) -> Blocking:
        asked = [table for table in tables if names.split(table, '"')]
        held: dict[int | None, list[tuple[str, str]]] = {}
        for row in self.rows(LOCKS_QUERY, [[self.backend.quote(table) for table in asked]]):
            mode = row["mode"] if row["granted"] else f"{row['mode']}, waited for"
            held.setdefault(row["pid"], []).append((mode, asked[row["number"] - 1]))
        sessions = self.rows(SESSIONS_QUERY, [[pid for pid in held if pid is not None]])
        found = [
            self._session(row, tuple(held.get(row["pid"], ())), values=values)
            for row in sessions
            if row["pid"] in held or (row["seconds"] or 0) >= LONG
        ]
        found += [
            self._prepared(row, tuple(held.get(None, ())))
            for row in self.rows(PREPARED_QUERY)
            if None in held or row["seconds"] >= LONG
        ]
        return Blocking(found=tuple(found), hidden=self._hidden())

    def _session(
        self, row: dict[str, Any], locks: tuple[tuple[str, str], ...], *, values: bool
    ) -> Blocker:
        client = f" at {row['client']}" if row["client"] else ""
        waits = ", waits for a lock itself" if row["waits"] else ""
        is_active = row["state"] == "active"
        act = "pg_cancel_backend" if is_active else "pg_terminate_backend"
        return Blocker(
            session=f"server process {row['pid']}",
            user=f"{row['usename'] or ''}{client}",
            application=row["application_name"] or "",
            state=f"{row['state'] or ''}{waits}",
            seconds=row["seconds"],
            query_seconds=row["query_seconds"],
            query="" if row["query"] == HIDDEN else shown(row["query"], values=values),
            locks=locks,
            end=f"SELECT {act}({row['pid']});",
        )

    def _prepared(self, row: dict[str, Any], locks: tuple[tuple[str, str], ...]) -> Blocker:
        """Of several nobody says which holds which lock."""
        return Blocker(
            session=f"prepared transaction {row['gid']}",
            user=row["owner"],
            state="prepared, and neither committed nor rolled back",
            seconds=row["seconds"],
            locks=locks,
            end=f"ROLLBACK PREPARED {self.backend.literal(row['gid'])};",
            is_certain=bool(locks),
        )

    def _hidden(self) -> tuple[str, ...]:
        unseen = self.rows(UNSEEN_QUERY, [HIDDEN])[0]["sessions"]
        if not unseen:
            return ()
        sessions = "1 session" if unseen == 1 else f"{unseen} sessions"
        told = (
            f"What {sessions} of other users do, and since when, is not shown to this user: it "
            "takes membership in pg_read_all_stats."
        )
        return (told,)
