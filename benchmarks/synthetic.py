"""A generated project: many migrations in ten apps, the same for the same numbers every time.

    python -m benchmarks.synthetic FOLDER --migrations 300

writes ``manage.py``, settings and the apps. Models are made, renamed and deleted; columns are
added, altered, renamed and removed; foreign keys and many-to-many fields go across apps; there are
indexes, constraints and Python steps. Every migration runs, forwards and backwards, on empty tables
of every engine, and the models are what the migrations end with.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

SEED = 20261122
MODEL_EVERY = 8  # one model for so many migrations of an app, as real histories have it

MANAGE = '''"""The command line of the generated project."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "synthetic_settings")

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
'''

SETTINGS = '''"""Settings of the generated project; the database is said by MIGRATION_TOOLS_DB*."""
import os

_engine = os.environ.get("MIGRATION_TOOLS_DB", "sqlite")
_backend = {{"sqlite": "sqlite3", "postgresql": "postgresql"}}.get(_engine, "mysql")
DATABASES = {{
    "default": {{
        "ENGINE": f"django.db.backends.{{_backend}}",
        "NAME": os.environ.get(
            "MIGRATION_TOOLS_DB_NAME",
            os.path.join(os.path.dirname(os.path.abspath(__file__)), "synthetic.sqlite3"),
        ),
        "HOST": os.environ.get("MIGRATION_TOOLS_DB_HOST", "127.0.0.1"),
        "PORT": os.environ.get("MIGRATION_TOOLS_DB_PORT", ""),
        "USER": os.environ.get(
            "MIGRATION_TOOLS_DB_USER", "postgres" if _engine == "postgresql" else "root"
        ),
        "PASSWORD": os.environ.get("MIGRATION_TOOLS_DB_PASSWORD", ""),
    }}
}}
INSTALLED_APPS = {apps!r}
SECRET_KEY = "generated"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
'''

PRIMARY_KEY = (
    "models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')"
)
PLAIN_FIELDS = (
    "models.CharField(max_length={length}, default='')",
    "models.CharField(max_length={length}, null=True)",
    "models.IntegerField(default=0)",
    "models.PositiveIntegerField(null=True)",
    "models.DecimalField(max_digits=12, decimal_places={places}, null=True)",
    "models.DateTimeField(null=True)",
    "models.BooleanField(default=False)",
    "models.TextField(default='')",
    "models.SlugField(max_length=80, default='')",
)


@dataclass
class Model:
    """A model as the history has left it so far."""

    app: str
    name: str
    fields: dict[str, str] = field(default_factory=dict)
    #: The apps that this model's name has ever been written in, or whose names it has.
    linked: set[str] = field(default_factory=set)
    referred_to: bool = False
    indexes: dict[str, str] = field(default_factory=dict)
    constraints: dict[str, str] = field(default_factory=dict)
    unique_together: tuple[str, ...] = ()
    verbose_name: str = ""

    @property
    def label(self) -> str:
        return f"{self.app}.{self.name}"

    def plain(self) -> list[str]:
        """The fields that nothing else speaks of, so that they may be renamed or removed."""
        held = " ".join([*self.indexes.values(), *self.constraints.values(), *self.unique_together])
        return [
            name
            for name, source in self.fields.items()
            if f"'{name}'" not in held and name not in self.unique_together
            if "Key" not in source and "ManyToMany" not in source
        ]


@dataclass
class Migration:
    app: str
    name: str
    dependencies: set[tuple[str, str]] = field(default_factory=set)
    operations: list[str] = field(default_factory=list)
    initial: bool = False


class Generator:
    """Writes history step by step; every step is valid after those before it."""

    def __init__(self, migrations: int, apps: int, seed: int) -> None:
        self.random = random.Random(f"{seed} {migrations} {apps}")
        self.apps = [f"app{number}" for number in range(apps)]
        self.models: dict[str, list[Model]] = {app: [] for app in self.apps}
        self.last: dict[str, str] = {}
        self.counter = 0
        self.migrations = [self._migration(n) for n in range(migrations)]

    def fresh(self, word: str) -> str:
        self.counter += 1
        return f"{word}{self.counter}"

    def every_model(self) -> list[Model]:
        return [model for models in self.models.values() for model in models]

    def _migration(self, number: int) -> Migration:
        app = self.apps[number % len(self.apps)]
        place = number // len(self.apps)
        migration = Migration(app=app, name=f"{place + 1:04d}_step", initial=place == 0)
        if app in self.last:
            migration.dependencies.add((app, self.last[app]))
        else:
            # Django renames content types along with models, if it finds them in the state.
            migration.dependencies.add(("contenttypes", "0002_remove_content_type_name"))
        if place % MODEL_EVERY == 0:
            self._create_model(migration)
        else:
            for _ in range(self.random.choice((1, 2, 2, 3))):
                self._change(migration)
        self.last[app] = migration.name
        return migration

    def _touch(self, migration: Migration, *models: Model) -> None:
        """What speaks of a model comes after everything that ever spoke of it."""
        apps = {app for model in models for app in (model.app, *model.linked)}
        for model in models:
            model.linked |= {other.app for other in models} | {migration.app}
        for app in apps - {migration.app}:
            if app in self.last:
                migration.dependencies.add((app, self.last[app]))

    def _change(self, migration: Migration) -> None:
        changes: tuple[tuple[int, Callable[[Migration, Model], None]], ...] = (
            (30, self._add_field),
            (24, self._alter_field),
            (8, self._rename_field),
            (8, self._remove_field),
            (10, self._add_foreign_key),
            (5, self._add_many_to_many),
            (5, self._index),
            (4, self._constraint),
            (3, self._unique_together),
            (3, self._rename_model),
            (4, self._options),
            (2, self._python),
            (1, self._delete_model),
        )
        weights = [weight for weight, _ in changes]
        change = self.random.choices([change for _, change in changes], weights)[0]
        change(migration, self.random.choice(self.models[migration.app]))

    def _source(self) -> str:
        return self.random.choice(PLAIN_FIELDS).format(
            length=self.random.choice((20, 50, 100, 200)), places=self.random.choice((0, 2, 4))
        )

    def _create_model(self, migration: Migration) -> None:
        model = Model(app=migration.app, name=self.fresh("Model"))
        for _ in range(6):
            model.fields[self.fresh("field")] = self._source()
        others = self.every_model()
        if others:
            target = self.random.choice(others)
            self._touch(migration, model, target)
            target.referred_to = True
            model.fields[self.fresh("key")] = _foreign_key(target)
        self.models[migration.app].append(model)
        fields = [("id", PRIMARY_KEY), *model.fields.items()]
        listed = "".join(f"            ({name!r}, {source}),\n" for name, source in fields)
        migration.operations.append(
            f"migrations.CreateModel(name={model.name!r}, fields=[\n{listed}        ])"
        )

    def _add(self, migration: Migration, model: Model, name: str, source: str) -> None:
        model.fields[name] = source
        migration.operations.append(f"migrations.AddField({model.name!r}, {name!r}, {source})")

    def _add_field(self, migration: Migration, model: Model) -> None:
        self._touch(migration, model)
        self._add(migration, model, self.fresh("field"), self._source())

    def _add_foreign_key(self, migration: Migration, model: Model) -> None:
        target = self.random.choice(self.every_model())
        self._touch(migration, model, target)
        target.referred_to = True
        self._add(migration, model, self.fresh("key"), _foreign_key(target))

    def _add_many_to_many(self, migration: Migration, model: Model) -> None:
        target = self.random.choice(self.every_model())
        self._touch(migration, model, target)
        target.referred_to = True
        source = f"models.ManyToManyField({target.label!r}, related_name='+')"
        self._add(migration, model, self.fresh("many"), source)

    def _alter_field(self, migration: Migration, model: Model) -> None:
        names = [n for n in model.plain() if "CharField" in model.fields[n]]
        names += [n for n in model.plain() if "DecimalField" in model.fields[n]]
        names += [n for n in model.plain() if "IntegerField" in model.fields[n]]
        if not names:
            return self._add_field(migration, model)
        name = self.random.choice(names)
        old = new = model.fields[name]
        if "CharField" in old:
            new = (
                f"models.CharField(max_length={self.random.choice((10, 30, 60, 255))}, default='')"
            )
        elif "DecimalField" in old:
            places = self.random.choice((1, 3, 5))
            new = f"models.DecimalField(max_digits=14, decimal_places={places}, null=True)"
        else:
            new = "models.BigIntegerField(default=0)"
        self._touch(migration, model)
        model.fields[name] = new
        migration.operations.append(f"migrations.AlterField({model.name!r}, {name!r}, {new})")
        return None

    def _rename_field(self, migration: Migration, model: Model) -> None:
        if not model.plain():
            return self._add_field(migration, model)
        old, new = self.random.choice(model.plain()), self.fresh("renamed")
        self._touch(migration, model)
        model.fields = {new if n == old else n: source for n, source in model.fields.items()}
        migration.operations.append(f"migrations.RenameField({model.name!r}, {old!r}, {new!r})")
        return None

    def _remove_field(self, migration: Migration, model: Model) -> None:
        if len(model.plain()) < 3:
            return self._add_field(migration, model)
        name = self.random.choice(model.plain())
        self._touch(migration, model)
        del model.fields[name]
        migration.operations.append(f"migrations.RemoveField({model.name!r}, {name!r})")
        return None

    def _index(self, migration: Migration, model: Model) -> None:
        names = [n for n in model.plain() if "Text" not in model.fields[n]]
        if not names:
            return self._add_field(migration, model)
        name = self.fresh("idx_")
        source = f"models.Index(fields=[{self.random.choice(names)!r}], name={name!r})"
        self._touch(migration, model)
        model.indexes[name] = source
        migration.operations.append(f"migrations.AddIndex({model.name!r}, {source})")
        return None

    def _constraint(self, migration: Migration, model: Model) -> None:
        names = [n for n in model.plain() if "IntegerField" in model.fields[n]]
        if not names:
            return self._add_field(migration, model)
        name, column = self.fresh("chk_"), self.random.choice(names)
        source = f"models.UniqueConstraint(fields=['id', {column!r}], name={name!r})"
        self._touch(migration, model)
        model.constraints[name] = source
        migration.operations.append(f"migrations.AddConstraint({model.name!r}, {source})")
        return None

    def _unique_together(self, migration: Migration, model: Model) -> None:
        names = [n for n in model.plain() if "IntegerField" in model.fields[n]]
        if len(names) < 2:
            return self._add_field(migration, model)
        self._touch(migration, model)
        model.unique_together = tuple(sorted(self.random.sample(names, 2)))
        value = {model.unique_together}
        migration.operations.append(
            f"migrations.AlterUniqueTogether({model.name!r}, unique_together={value!r})"
        )
        return None

    def _rename_model(self, migration: Migration, model: Model) -> None:
        self._touch(migration, model)
        old, model.name = model.name, self.fresh("Renamed")
        for other in self.every_model():
            other.fields = {
                n: s.replace(f"'{model.app}.{old}'", f"'{model.label}'")
                for n, s in other.fields.items()
            }
        migration.operations.append(f"migrations.RenameModel({old!r}, {model.name!r})")

    def _options(self, migration: Migration, model: Model) -> None:
        self._touch(migration, model)
        model.verbose_name = self.fresh("name ")
        migration.operations.append(
            f"migrations.AlterModelOptions({model.name!r},"
            f" options={{'verbose_name': {model.verbose_name!r}}})"
        )

    def _python(self, migration: Migration, model: Model) -> None:
        migration.operations.append("migrations.RunPython(nothing, nothing)")

    def _delete_model(self, migration: Migration, model: Model) -> None:
        if model.referred_to or len(self.models[migration.app]) < 2:
            return self._add_field(migration, model)
        self._touch(migration, model)
        self.models[migration.app].remove(model)
        migration.operations.append(f"migrations.DeleteModel({model.name!r})")
        return None


def _foreign_key(target: Model) -> str:
    return f"models.ForeignKey({target.label!r}, models.CASCADE, null=True, related_name='+')"


def _migration_source(migration: Migration) -> str:
    operations = "".join(f"        {operation},\n" for operation in migration.operations)
    return (
        "from django.db import migrations, models\n\n\n"
        "def nothing(apps, schema_editor):\n    pass\n\n\n"
        "class Migration(migrations.Migration):\n"
        f"    initial = {migration.initial}\n"
        f"    dependencies = {sorted(migration.dependencies)!r}\n"
        f"    operations = [\n{operations}    ]\n"
    )


def _model_source(model: Model) -> str:
    lines = [f"class {model.name}(models.Model):"]
    lines += [f"    {name} = {source}" for name, source in model.fields.items()]
    meta = []
    if model.indexes:
        meta.append(f"indexes = [{', '.join(model.indexes.values())}]")
    if model.constraints:
        meta.append(f"constraints = [{', '.join(model.constraints.values())}]")
    if model.unique_together:
        meta.append(f"unique_together = {[model.unique_together]!r}")
    if model.verbose_name:
        meta.append(f"verbose_name = {model.verbose_name!r}")
    if meta:
        lines += ["", "    class Meta:", *(f"        {line}" for line in meta)]
    return "\n".join(lines)


def write_project(
    folder: Path, *, migrations: int = 300, apps: int = 10, seed: int = SEED, tools: bool = True
) -> list[str]:
    """Write the project into ``folder``; its apps. ``tools`` installs migration_tools in it."""
    generator = Generator(migrations, apps, seed)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manage.py").write_text(MANAGE)
    installed = ["django.contrib.contenttypes", *(["migration_tools"] if tools else [])]
    (folder / "synthetic_settings.py").write_text(
        SETTINGS.format(apps=[*installed, *generator.apps])
    )
    for app in generator.apps:
        (folder / app / "migrations").mkdir(parents=True, exist_ok=True)
        (folder / app / "__init__.py").write_text("")
        (folder / app / "migrations" / "__init__.py").write_text("")
        models = [_model_source(model) for model in generator.models[app]]
        source = "\n\n\n".join(["from django.db import models", *models])
        (folder / app / "models.py").write_text(f"{source}\n")
    for migration in generator.migrations:
        path = folder / migration.app / "migrations" / f"{migration.name}.py"
        path.write_text(_migration_source(migration))
    return generator.apps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--migrations", type=int, default=300)
    parser.add_argument("--apps", type=int, default=10)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    write_project(
        options.folder, migrations=options.migrations, apps=options.apps, seed=options.seed
    )


if __name__ == "__main__":
    main()
