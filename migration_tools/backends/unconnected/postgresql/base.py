"""Django's wrapper of PostgreSQL, which is here never connected."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base, introspection, operations, psycopg_any
from django.utils import timezone

from migration_tools.backends.unconnected.postgresql.catalogue import UnconnectedCatalogue
from migration_tools.backends.unconnected.postgresql.reading import PostgreSQLReader
from migration_tools.backends.unconnected.session import MemoryIntrospection, Silence, Unconnected


class Adapters(Silence):
    """The driver quotes by what a connection has registered; as Django does, without one."""

    connection = None

    @property
    def adapters(self) -> Any:
        template: Any = psycopg_any.get_adapters_template
        return template(settings.USE_TZ, timezone.get_default_timezone())


class DatabaseIntrospection(MemoryIntrospection, introspection.DatabaseIntrospection):
    pass


class DatabaseOperations(operations.DatabaseOperations):
    def compose_sql(self, sql: str, params: Any) -> str:
        quote: Any = psycopg_any.sql.quote
        return sql % tuple(quote(value, Adapters()) for value in params)


class DatabaseWrapper(Unconnected, base.DatabaseWrapper):
    reader_class = PostgreSQLReader
    catalogue_class = UnconnectedCatalogue
    silence_class = Adapters
    introspection_class = DatabaseIntrospection
    ops_class = DatabaseOperations

    @property
    def pg_version(self) -> int:
        return self.oldest[0] * 10000
