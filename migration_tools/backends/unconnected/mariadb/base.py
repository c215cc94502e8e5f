"""The same for MariaDB, which Django takes for a kind of MySQL."""

from __future__ import annotations

from migration_tools.backends.unconnected.memory import Column, MemoryTable
from migration_tools.backends.unconnected.mysql import base, catalogue, reading
from migration_tools.backends.unconnected.text import Words


class MariaDBReader(reading.MySQLReader):
    checks_with_columns = True

    def _attributes(self, table: MemoryTable, column: Column, words: Words) -> None:
        """JSON is text there, which the engine itself checks."""
        super()._attributes(table, column, words)
        if column.type.lower() == "json":
            column.check = column.check or f"JSON_VALID({self.quote(column.name)})"


class UnconnectedCatalogue(catalogue.UnconnectedCatalogue):
    is_mariadb = True


class DatabaseWrapper(base.DatabaseWrapper):
    reader_class = MariaDBReader
    catalogue_class = UnconnectedCatalogue
    mysql_is_mariadb = True
