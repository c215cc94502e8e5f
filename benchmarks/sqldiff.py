"""False differences of freshly migrated databases: ours, and those of django-extensions' sqldiff.

    python -m benchmarks.sqldiff FOLDER [ENGINE...]

FOLDER has django-extensions in it (``pip install --no-deps --target FOLDER django-extensions``), so
that no environment is touched. Each engine of ``sqlite postgresql mariadb`` is measured on contrib
apps with Cars, on the zoo of the tests, and on wagtail where its environment is there. What sqldiff
prints as text is counted by line; nothing has drifted, so every line is false.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REAL = ROOT / "tests" / "real_projects"
sys.path[:0] = [str(ROOT), str(REAL)]

from servers import server  # noqa: E402

CONTRIB = ("contenttypes", "auth", "sessions", "messages", "sites", "admin", "redirects")
APPS = [f"django.contrib.{name}" for name in (*CONTRIB, "flatpages")]
SETTINGS = """
from {base} import *
INSTALLED_APPS = {apps}
SITE_ID = 1
SILENCED_SYSTEM_CHECKS = ["admin.E403", "admin.E408", "admin.E409", "admin.E410"]
"""
#: Writes the zoo's migrations, and then models.py as the migrations leave the models.
ZOO = """
import sys
from pathlib import Path
folder = Path(sys.argv[1])
import django
from django.conf import settings
import tests.settings as own
(folder / "shop").mkdir()
(folder / "shop/__init__.py").touch()
(folder / "shop/models.py").touch()
settings.configure(DATABASES=own.DATABASES, INSTALLED_APPS=["shop"], USE_TZ=True,
                   DEFAULT_AUTO_FIELD=own.DEFAULT_AUTO_FIELD)
sys.path.insert(0, str(folder))
django.setup()
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.serializer import serializer_factory
from tests.helpers import Project
from tests.zoo import write_zoo
write_zoo(Project(folder))
state = MigrationLoader(None).project_state()
lines, imports = [], {"from django.db import models"}
def told(value):
    text, needed = serializer_factory(value).serialize()
    imports.update(needed)
    return text
def base(told):
    return told.split(".")[1].capitalize() if isinstance(told, str) else "models.Model"
for model in sorted(state.models.values(), key=lambda model: model.bases[0] == "shop.beast"):
    bases = list(map(base, model.bases))
    lines.append(f"class {model.name}({', '.join(bases)}):")
    lines += [f"    {name} = {told(field)}" for name, field in model.fields.items()]
    lines.append("    class Meta:")
    lines.append("        app_label = 'shop'")
    for name, value in model.options.items():
        if value and name != "swappable":
            value = sorted(map(list, value)) if isinstance(value, set) else value
            lines.append(f"        {name} = {told(value)}")
(folder / "shop/models.py").write_text("\\n".join([*sorted(imports), *lines]) + "\\n")
"""


class Site:
    def __init__(self, name: str, base: str, apps: str, python: str, *path: Path) -> None:
        self.name, self.python = name, python
        self.settings, self.path = SETTINGS.format(base=base, apps=apps), path

    def run(self, folder: Path, environment: dict[str, str], *words: str) -> tuple[int, str, str]:
        (folder / "measured_settings.py").write_text(self.settings)
        path = [str(folder), *map(str, self.path), str(REAL), str(ROOT), sys.argv[1]]
        done = subprocess.run(
            [self.python, "-m", "django", *words],
            cwd=folder,
            env={
                **os.environ,
                **environment,
                "DJANGO_SETTINGS_MODULE": "measured_settings",
                "PYTHONPATH": os.pathsep.join(path),
                "NO_COLOR": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr


def sites() -> list[Site]:
    own = sys.executable
    more = ["migration_tools", "django_extensions"]
    example = ROOT / "example_project"
    zoo = f"{['shop', *more]} + ['django.contrib.postgres'] * (ENGINE == 'postgresql')"
    found = [
        Site("contrib and Cars", "tests.settings", repr([*APPS, "Cars", *more]), own, example),
        Site("the zoo", "tests.settings", zoo, own),
    ]
    wagtail = Path(os.environ.get("REAL_PROJECTS_VENVS", ROOT / ".venvs")) / "wagtail/bin/python"
    if wagtail.exists():
        apps = "[*INSTALLED_APPS, 'django_extensions']"
        site = REAL / "wagtail_site"
        found.append(Site("wagtail", "wagtail_settings", apps, str(wagtail), site))
    return found


def measure(site: Site, engine: str) -> tuple[str, str]:
    databases, name = server(engine), f"mt_sqldiff_{os.getpid()}"
    databases.create(name)
    try:
        with tempfile.TemporaryDirectory() as folder:
            environment = databases.environment(name)
            if site.name == "the zoo":
                told = {**os.environ, **environment, "PYTHONPATH": str(ROOT)}
                subprocess.run([site.python, "-c", ZOO, folder], env=told, check=True)
            code, _, err = site.run(Path(folder), environment, "migrate", "-v", "0")
            if code:
                raise SystemExit(f"{site.name} on {engine} cannot be migrated:\n{err[-2000:]}")
            ours = site.run(
                Path(folder), environment, "migration_diff", "--live", "--format", "json"
            )
            theirs = site.run(Path(folder), environment, "sqldiff", "-a", "--output_text")
    finally:
        databases.drop(name)
        databases.close()
    number = str(len(json.loads(ours[1])["differences"])) if ours[0] == 0 else ours[2][-300:]
    lines = sum(line.lstrip().startswith("|--+") for line in theirs[1].splitlines())
    error = theirs[2].strip().splitlines()[-1][:120] if theirs[2].strip() else ""
    crashed = "Traceback" in theirs[2]
    return number, f"crash ({error})" if crashed else str(lines)


def main() -> None:
    print("| database | engine | migration_diff --live | sqldiff |\n|---|---|---|---|")
    for site in sites():
        for engine in sys.argv[2:] or ("sqlite", "postgresql", "mariadb"):
            ours, theirs = measure(site, engine)
            print(f"| {site.name} | {engine} | {ours} | {theirs} |", flush=True)


if __name__ == "__main__":
    main()
