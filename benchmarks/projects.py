"""The projects that the benchmarks run in: the real ones beside the tests, and generated ones."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.synthetic import write_project

ROOT = Path(__file__).resolve().parent.parent
REAL = ROOT / "tests" / "real_projects"


@dataclass(frozen=True)
class Project:
    """Where a project is, the Python that can run it, and a database of its own."""

    name: str
    folder: Path
    settings: str
    python: str
    database: Path
    more_path: tuple[Path, ...] = field(default=())

    def environment(self) -> dict[str, str]:
        path = [str(self.folder), *map(str, self.more_path), str(ROOT)]
        # An installed package has its bytecode; without it compiling is most of what is timed.
        kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        return kept | {
            "MIGRATION_TOOLS_DB": "sqlite",
            "MIGRATION_TOOLS_DB_NAME": str(self.database),
            "DJANGO_SETTINGS_MODULE": self.settings,
            "PYTHONPATH": os.pathsep.join(path),
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [self.python, *arguments],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stderr[-3000:]}")
        return done

    def migrated(self) -> Project:
        """This project, its database built and without rows of ours."""
        self.run("manage.py", "migrate", "--skip-checks", "-v", "0")
        return self


def environment_of(name: str) -> str:
    """The Python of a real project, where ``.ci/real_projects`` keeps it or is told it is."""
    folder = os.environ.get("REAL_PROJECTS_VENVS")
    path = Path(folder) / name if folder else ROOT / ".venvs" / f"real-{name}"
    python = path / "bin" / "python"
    if not python.exists():
        raise SystemExit(f"{python} is missing. Make it:  .ci/real_projects {name}")
    return str(python)


def open_project(name: str, scratch: Path) -> Project:
    """``wagtail``, ``oscar``, or ``synthetic-300`` for a generated one of 300 migrations."""
    if name.startswith("synthetic-"):
        folder = scratch / name
        write_project(folder, migrations=int(name.removeprefix("synthetic-")))
        return Project(
            name=name,
            folder=folder,
            settings="synthetic_settings",
            python=sys.executable,
            database=scratch / f"{name}.sqlite3",
        )
    return Project(
        name=name,
        folder=REAL / f"{name}_site",
        settings=f"{name}_settings",
        python=environment_of(name),
        database=scratch / f"{name}.sqlite3",
        more_path=(REAL,),
    )
