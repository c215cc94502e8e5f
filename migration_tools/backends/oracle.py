"""Oracle: no rule for a conversion yet, so every change of a type is reported as unknown."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from migration_tools.backends.base import Backend, unkept_savepoint


class OracleBackend(Backend):
    @contextlib.contextmanager
    def read_only(self) -> Iterator[None]:
        """Inside an open transaction the engine cannot be asked; what was written is undone."""
        nested = self.connection.in_atomic_block
        with unkept_savepoint(self.connection):
            if not nested:
                with self.connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION READ ONLY")
            yield
