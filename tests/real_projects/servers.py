"""Databases for the checks, by each engine's own driver: nothing here goes through Django."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from databases import PORTS, USERS

READER = f"mt_reader_{os.getpid()}"  # of this run alone, dropped with its databases
HOSTS = ("localhost", "%")
SIDE_FILES = ("-journal", "-wal", "-shm")


class Server(ABC):
    """Makes databases, reads them, and lends them to somebody who may only read."""

    engine: str

    @abstractmethod
    def create(self, name: str, template: str | None = None) -> None: ...

    @abstractmethod
    def drop(self, name: str) -> None: ...

    @abstractmethod
    def query(self, name: str, sql: str) -> list[tuple[Any, ...]]: ...

    @abstractmethod
    def tables(self, name: str) -> list[str]: ...

    @abstractmethod
    def schema(self, name: str) -> dict[str, str]:
        """Every object of the schema by its name, in words that two databases share."""

    @abstractmethod
    def prove_reader(self, name: str) -> list[str]:
        """Complaints, if the reader of this database could write after all."""

    def address(self, name: str) -> str:
        return name

    @abstractmethod
    def close(self) -> None:
        """Takes away what is left once the databases are gone."""

    def environment(self, name: str, *, reader: bool = False) -> dict[str, str]:
        """The variables under which a process works on this database."""
        environ = {
            "MIGRATION_TOOLS_DB": self.engine,
            "MIGRATION_TOOLS_DB_NAME": self.address(name),
        }
        if reader and self.engine != "sqlite":
            environ |= {"MIGRATION_TOOLS_DB_USER": READER, "MIGRATION_TOOLS_DB_PASSWORD": READER}
        return environ

    def counts(self, name: str) -> dict[str, int]:
        quote = "`" if self.engine in ("mariadb", "mysql") else '"'
        return {
            table: self.query(name, f"SELECT COUNT(*) FROM {quote}{table}{quote}")[0][0]
            for table in self.tables(name)
        }

    def content(self, name: str) -> str:
        """A digest that changes when anything in the database changes."""
        counts, schema = self.counts(name), self.schema(name)
        return hashlib.sha256(
            repr((sorted(counts.items()), sorted(schema.items()))).encode()
        ).hexdigest()


class Sqlite(Server):
    """Files in one directory; the proof that nothing was written is their bytes."""

    engine = "sqlite"

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def address(self, name: str) -> str:
        return str(self.directory / f"{name}.sqlite3")

    def create(self, name: str, template: str | None = None) -> None:
        self.drop(name)
        if template is None:
            Path(self.address(name)).touch()
        else:
            shutil.copyfile(self.address(template), self.address(name))

    def drop(self, name: str) -> None:
        for suffix in ("", *SIDE_FILES):
            Path(self.address(name) + suffix).unlink(missing_ok=True)

    def close(self) -> None:
        self.directory.rmdir()

    def query(self, name: str, sql: str) -> list[tuple[Any, ...]]:
        import sqlite3
        from contextlib import closing

        with closing(sqlite3.connect(f"file:{self.address(name)}?mode=ro", uri=True)) as connection:
            return connection.execute(sql).fetchall()

    def tables(self, name: str) -> list[str]:
        found = self.query(
            name, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
        )
        return [table for (table,) in found if not table.startswith("sqlite_")]

    def schema(self, name: str) -> dict[str, str]:
        rows = self.query(name, "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {f"{kind} {item}": " ".join(sql.split()) for kind, item, sql in rows}

    def prove_reader(self, name: str) -> list[str]:
        return []

    def content(self, name: str) -> str:
        path = Path(self.address(name))
        left = [suffix for suffix in SIDE_FILES if Path(f"{path}{suffix}").exists()]
        return f"{hashlib.sha256(path.read_bytes()).hexdigest()} {' '.join(left)}".strip()


class Postgresql(Server):
    """One cluster; the proof is a role with CONNECT, USAGE and SELECT and nothing else."""

    engine = "postgresql"

    def __init__(self) -> None:
        self.login = {
            "host": os.environ.get("MIGRATION_TOOLS_DB_HOST", "127.0.0.1"),
            "port": os.environ.get("MIGRATION_TOOLS_DB_PORT", PORTS["postgresql"]),
            "user": os.environ.get("MIGRATION_TOOLS_DB_USER", USERS["postgresql"]),
            "password": os.environ.get("MIGRATION_TOOLS_DB_PASSWORD", ""),
        }

    def _connect(self, name: str, **login: str) -> Any:
        import psycopg

        return psycopg.connect(dbname=name, autocommit=True, **(self.login | login))

    def _run(self, name: str, *statements: str) -> None:
        with self._connect(name) as connection:
            for statement in statements:
                connection.execute(statement)

    def create(self, name: str, template: str | None = None) -> None:
        self.drop(name)
        base = f'TEMPLATE "{template}"' if template else ""
        self._run("postgres", f'CREATE DATABASE "{name}" {base}')
        exists = self.query("postgres", f"SELECT 1 FROM pg_roles WHERE rolname = '{READER}'")
        if not exists:
            self._run("postgres", f"CREATE ROLE {READER} LOGIN PASSWORD '{READER}'")
        self._run(
            name,
            f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC',
            f'GRANT CONNECT ON DATABASE "{name}" TO {READER}',
            "REVOKE ALL ON SCHEMA public FROM PUBLIC",
            f"GRANT USAGE ON SCHEMA public TO {READER}",
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {READER}",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {READER}",
        )

    def drop(self, name: str) -> None:
        self._run("postgres", f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def close(self) -> None:
        self._run("postgres", f"DROP ROLE IF EXISTS {READER}")

    def query(self, name: str, sql: str) -> list[tuple[Any, ...]]:
        with self._connect(name) as connection:
            return connection.execute(sql).fetchall()

    def tables(self, name: str) -> list[str]:
        sql = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        return [table for (table,) in self.query(name, sql)]

    def schema(self, name: str) -> dict[str, str]:
        parts = {
            "column": """
                SELECT c.relname || '.' || a.attname || ' ' || a.attnum,
                       format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull || ' '
                       || a.attidentity::text || a.attgenerated::text || ' '
                       || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
                FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
                  AND a.attnum > 0 AND NOT a.attisdropped""",
            "constraint": """
                SELECT conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid)
                FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
            "index": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
            "sequence": """
                SELECT sequencename, format('%s %s %s', data_type, start_value, increment_by)
                FROM pg_sequences WHERE schemaname = 'public'""",
        }
        return {
            f"{kind} {item}": definition
            for kind, sql in parts.items()
            for item, definition in self.query(name, sql)
        }

    def content(self, name: str) -> str:
        rows = "coalesce(string_agg(t::text, '|' ORDER BY t::text), '')"
        digests = [
            self.query(name, f'SELECT md5({rows}) FROM "{table}" t') for table in self.tables(name)
        ]
        return hashlib.sha256(f"{super().content(name)} {digests}".encode()).hexdigest()

    def prove_reader(self, name: str) -> list[str]:
        import psycopg

        table = self.tables(name)[0] if self.tables(name) else None
        attempts = ["CREATE TABLE mt_probe (a int)", "CREATE TEMPORARY TABLE mt_probe (a int)"]
        attempts += [f'DELETE FROM "{table}" WHERE false'] if table else []
        complaints = []
        for attempt in attempts:
            with self._connect(name, user=READER, password=READER) as connection:
                try:
                    connection.execute(attempt)
                except psycopg.errors.InsufficientPrivilege:
                    continue
                complaints.append(f"the reader could run: {attempt}")
        return complaints


class Mysql(Server):
    """MariaDB or MySQL; the proof is a user with SELECT and nothing else."""

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self.login = {
            "host": os.environ.get("MIGRATION_TOOLS_DB_HOST", "127.0.0.1"),
            "port": int(os.environ.get("MIGRATION_TOOLS_DB_PORT", PORTS[engine])),
            "user": os.environ.get("MIGRATION_TOOLS_DB_USER", USERS[engine]),
            "password": os.environ.get("MIGRATION_TOOLS_DB_PASSWORD", ""),
        }

    def _run(self, name: str, *statements: str, **login: str) -> list[tuple[Any, ...]]:
        import MySQLdb

        connection = MySQLdb.connect(database=name, autocommit=True, **(self.login | login))
        try:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())
        finally:
            connection.close()

    def create(self, name: str, template: str | None = None) -> None:
        if template is not None:
            raise NotImplementedError("This engine copies no database; make it anew.")
        self.drop(name)
        statements = [f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4"]
        for host in HOSTS:
            statements.append(
                f"CREATE USER IF NOT EXISTS {READER}@'{host}' IDENTIFIED BY '{READER}'"
            )
            statements.append(f"GRANT SELECT ON `{name}`.* TO {READER}@'{host}'")
        self._run("mysql", *statements)

    def drop(self, name: str) -> None:
        self._run("mysql", f"DROP DATABASE IF EXISTS `{name}`")

    def close(self) -> None:
        self._run("mysql", *(f"DROP USER IF EXISTS {READER}@'{host}'" for host in HOSTS))

    def query(self, name: str, sql: str) -> list[tuple[Any, ...]]:
        return self._run(name, sql)

    def tables(self, name: str) -> list[str]:
        return sorted(table for (table,) in self.query(name, "SHOW TABLES"))

    def schema(self, name: str) -> dict[str, str]:
        found = {}
        for table in self.tables(name):
            sql = self.query(name, f"SHOW CREATE TABLE `{table}`")[0][1]
            found[f"table {table}"] = re.sub(r" AUTO_INCREMENT=\d+", "", sql)
        return found

    def content(self, name: str) -> str:
        tables = ", ".join(f"`{table}`" for table in self.tables(name))
        sums = self.query(name, f"CHECKSUM TABLE {tables}") if tables else []
        return hashlib.sha256(f"{super().content(name)} {sums}".encode()).hexdigest()

    def prove_reader(self, name: str) -> list[str]:
        import MySQLdb

        complaints = []
        for attempt in ("CREATE TABLE mt_probe (a int)", "CREATE TEMPORARY TABLE mt_probe (a int)"):
            try:
                self._run(name, attempt, user=READER, password=READER)
            except MySQLdb.OperationalError:
                continue
            complaints.append(f"the reader could run: {attempt}")
        return complaints


def server(engine: str) -> Server:
    if engine == "sqlite":
        return Sqlite(Path(tempfile.mkdtemp(prefix="mt_real_")))
    return Postgresql() if engine == "postgresql" else Mysql(engine)
