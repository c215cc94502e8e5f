"""PostgreSQL: a transaction alone would let writers slip between the copy and the drop."""

from __future__ import annotations

import re
from collections.abc import Sequence

from migration_tools.backends.copying.base import Copying

CHANGES_TYPE = re.compile(r"\s*ALTER\s+TABLE\b.*\bALTER\s+COLUMN\b.*\bTYPE\b", re.I | re.S)


class PostgreSQLCopying(Copying):
    def lock(self, table: str) -> None:
        # The strongest at once: the step needs it anyway, and two that climb would deadlock.
        self.execute(f"LOCK TABLE {self.quote(table)} IN ACCESS EXCLUSIVE MODE")

    def absent(self, table: str, source: str, keys: Sequence[tuple[str, str]]) -> str:
        # NOT IN is slow where the other side does not fit into work_mem.
        row = f"SELECT 1 FROM {self.quote(source)} WHERE {self.joined(table, source, keys)}"
        return f"NOT EXISTS ({row})"

    def changes_type(self, sql: str) -> bool:
        return CHANGES_TYPE.match(sql) is not None

    def same(self, one: str, other: str) -> str:
        # As text: some types know no equality. By its bytes: a text keeps the collation of its
        # column when it is cast, and some call different texts equal.
        return f'({one})::text COLLATE "C" IS NOT DISTINCT FROM ({other})::text COLLATE "C"'

    def settle(self) -> None:
        # A table with foreign keys left to be looked at cannot be altered in the same transaction.
        if self.connection.in_atomic_block:
            self.execute("SET CONSTRAINTS ALL IMMEDIATE")
            self.execute("SET CONSTRAINTS ALL DEFERRED")
