"""A project in trouble, in processes of its own: prepared, reported on, served."""

from __future__ import annotations

import contextlib
import os
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PASSWORD = "only for this test"
NASTY = "0003_<script>alert(1)"

MODEL = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = []
    operations = [
        migrations.CreateModel("Item", [("id", models.BigAutoField(primary_key=True))]),
    ]
"""
FIELD = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "{after}")]
    operations = [migrations.AddField("Item", "{name}", models.TextField(null=True))]
"""


class Site:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "site.sqlite3"
        self.migrations = folder / "shop" / "migrations"

    def manage(self, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "django", *arguments],
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    @property
    def environment(self) -> dict[str, str]:
        paths = (HERE, ROOT, ROOT / "example_project", self.folder)
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "admin_site.settings",
            "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONWARNINGS": "default",
            "SITE_DATABASE": self.database.name,  # as the pages show it
        }

    def query(self, statement: str) -> None:
        with contextlib.closing(sqlite3.connect(self.database)) as connection, connection:
            connection.execute(statement)

    def write(self, name: str, text: str) -> None:
        (self.migrations / f"{name}.py").write_text(text, encoding="utf-8")

    def prepare(self) -> None:
        """Runs, an archive, a ghost, two leaves, a name that is code, and something edited."""
        self.migrations.mkdir(parents=True)
        for package in (self.folder / "shop", self.migrations):
            (package / "__init__.py").write_text("")
        (self.folder / "shop" / "models.py").write_text("")
        self.write("0001_initial", MODEL)
        self.write("0002_note", FIELD.format(after="0001_initial", name="note"))
        self.manage("migrate_safe", "--noinput")
        self.manage("load_cars")
        self.manage("createsuperuser", "--noinput", "--username=root", "--email=root@example.com")
        self.query("INSERT INTO shop_item (id, note) VALUES (1, 'kept')")
        self.manage("migrate_safe", "shop", "0001", "--noinput", "--allow-data-loss")
        self.query(
            "INSERT INTO django_migrations (app, name, applied) "
            "VALUES ('shop', '0000_lost', '2026-01-02 03:04:05')"
        )
        self.write(
            "0001_initial", MODEL.replace('"Item", [', '"Item", [("size", models.FloatField()), ')
        )
        self.write("0003_other", FIELD.format(after="0002_note", name="other"))
        self.write(NASTY, FIELD.format(after="0002_note", name="nasty"))

    def page(self) -> Path:
        """The report as a file."""
        file = self.folder / "report.html"
        self.manage("migration_report", "--losses", "--format=html", f"--output={file}")
        return file

    @contextlib.contextmanager
    def served(self) -> Iterator[str]:
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        with (self.folder / "server.log").open("w") as log:
            server = subprocess.Popen(
                [sys.executable, "-m", "django", "runserver", "--noreload", f"127.0.0.1:{port}"],
                env=self.environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            try:
                wait_for(f"{address}/admin/login/")
                yield address
            finally:
                server.terminate()
                server.wait(timeout=10)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def wait_for(address: str, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except urllib.error.URLError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
