"""Django's wrapper of MySQL, which is here never connected."""

from __future__ import annotations

from typing import Any

from django.db.backends.mysql import base, introspection

from migration_tools.backends.unconnected.mysql.catalogue import UnconnectedCatalogue
from migration_tools.backends.unconnected.mysql.reading import KEYS, MySQLReader
from migration_tools.backends.unconnected.session import MemoryIntrospection, Silence, Unconnected


class Escaping(Silence):
    """The driver escapes as its connection does, which takes utf8mb4 from Django's settings."""

    def __init__(self) -> None:
        driver: Any = base.Database  # type: ignore[attr-defined]
        texts = {
            str: lambda value, _=None: driver._mysql.string_literal(value.encode()),
            bytes: lambda value, _=None: b"_binary" + driver._mysql.string_literal(value),
        }
        known = {k: v for k, v in base.django_conversions.items() if type(k) is not int}
        self.encoders = {**known, **texts}

    def escape(self, value: Any, encoders: Any) -> Any:
        driver: Any = base.Database  # type: ignore[attr-defined]
        return driver._mysql.escape(value, encoders)


class DatabaseIntrospection(MemoryIntrospection, introspection.DatabaseIntrospection):
    def get_storage_engine(self, cursor: Any, table_name: Any) -> str:
        return "InnoDB"


class DatabaseWrapper(Unconnected, base.DatabaseWrapper):
    reader_class = MySQLReader
    catalogue_class = UnconnectedCatalogue
    silence_class = Escaping
    introspection_class = DatabaseIntrospection
    indexes = KEYS
    mysql_is_mariadb = False

    @property
    def mysql_server_data(self) -> dict[str, Any]:
        numbers = (*self.oldest, 0, 0)[:3]
        return {
            "version": ".".join(map(str, numbers)) + ("-MariaDB" if self.mysql_is_mariadb else ""),
            "sql_mode": "STRICT_TRANS_TABLES",
            "default_storage_engine": "InnoDB",
            "sql_auto_is_null": False,
            "lower_case_table_names": False,
            "has_zoneinfo_database": True,
        }
