"""The query that lists the rows of a finding, by their primary key."""

from __future__ import annotations

from migration_tools.analysis.questions import Candidate
from migration_tools.backends.base import Backend


class Listing:
    """Asks the database for primary keys, once a table."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._keys: dict[str, tuple[str, ...]] = {}

    def query(self, candidate: Candidate) -> str:
        quote = self._backend.quote
        shown = dict.fromkeys((*self._primary_key(candidate.table), *candidate.shown))
        selected = ", ".join(quote(name) for name in shown) or "*"
        return f"SELECT {selected} FROM {quote(candidate.table)} WHERE {candidate.listing};"

    def _primary_key(self, table: str) -> tuple[str, ...]:
        if table not in self._keys:
            self._keys[table] = self._backend.primary_key_of(table)
        return self._keys[table]
