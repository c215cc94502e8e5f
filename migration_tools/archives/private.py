"""What MIGRATION_TOOLS["PRIVATE_FIELDS"] keeps out of every archive, and out of what leaves one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.migrations import RenameField, RenameModel
from django.db.migrations.loader import MigrationLoader

from migration_tools.analysis.editor import links_of
from migration_tools.analysis.nesting import flat
from migration_tools.conf import configuration

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from migration_tools.archives.catalogue import Archive

#: Why something is not kept.
REASON = "private"


@dataclass(frozen=True, slots=True, kw_only=True)
class Private:
    """``entries`` are lower case. Models are asked about as they are at a step, so that a field
    goes by the name that it has there: an entry stands for every name that it ever had."""

    entries: frozenset[str]

    @classmethod
    def configured(cls) -> Private:
        entries = frozenset(name.lower() for name in configuration().private_fields)
        return cls(entries=_under_all_names(entries) if entries else entries)

    def covers(self, label: str) -> bool:
        """``label``: "app.Model.field"."""
        wanted = label.lower()
        return wanted in self.entries or wanted.rpartition(".")[0] in self.entries

    def among(self, labels: Iterable[str]) -> tuple[str, ...]:
        return tuple(label for label in labels if self.covers(label))

    def covers_field(self, model: Any, field: Any) -> bool:
        return self.covers(f"{model._meta.label}.{field.name}")

    def columns(self, model: Any) -> tuple[str, ...]:
        """The private columns of its table."""
        if not self.entries:
            return ()
        fields = model._meta.local_concrete_fields
        return tuple(f.column for f in fields if self.covers_field(model, f))

    def covers_table(self, model: Any) -> bool:
        """Nothing of it may be kept: all of it is private, or what its rows are known by is."""
        if not self.entries:
            return False
        links = links_of(model)
        if links and self.covers(links):
            return True
        return self.has_private_key(model) or model._meta.label_lower in self.entries

    def has_private_key(self, model: Any) -> bool:
        return any(self.covers_field(model, field) for field in model._meta.pk_fields)


def hidden_columns(
    archive: Archive, private: Private, connection: BaseDatabaseWrapper
) -> frozenset[str]:
    """Of its table, as the models were before and after its step, and as they are now."""
    if not private.entries:
        return frozenset()
    found: set[str] = set()
    for model in _models(archive, connection):
        if model._meta.db_table == archive.table:
            if private.covers_table(model):
                found.update(f.column for f in model._meta.local_concrete_fields)
            found.update(private.columns(model))
    return frozenset(found)


def _models(archive: Archive, connection: BaseDatabaseWrapper) -> Iterable[Any]:
    yield from apps.get_models(include_auto_created=True)
    loader = MigrationLoader(connection)
    key = (archive.app, archive.name)
    if key in loader.graph.nodes:
        for at_end in (False, True):
            state = loader.project_state(key, at_end=at_end)
            yield from state.apps.get_models(include_auto_created=True)


# --- names that change --------------------------------------------------------------------------


def _under_all_names(entries: frozenset[str]) -> frozenset[str]:
    """A name that was later given to something else counts as well: rather too much is private."""
    renames = list(_renames())
    found, new = set(entries), set(entries)
    while new:
        new = {other for name in new for a, b in renames for other in _renamed(name, a, b)} - found
        found |= new
    return frozenset(found)


def _renames() -> Iterable[tuple[str, str]]:
    """Of models and of fields, as entries."""
    loader = MigrationLoader(None, load=False)
    loader.load_disk()
    for (app, _), migration in loader.disk_migrations.items():
        for operation in flat(migration.operations):
            match operation:
                case RenameModel():
                    names = operation.old_name, operation.new_name
                    label = app
                case RenameField():
                    names = operation.old_name, operation.new_name
                    label = f"{app}.{operation.model_name}"
                case _:
                    continue
            old, new = (f"{label}.{name}".lower() for name in names)
            yield old, new
            yield new, old


def _renamed(name: str, old: str, new: str) -> Iterable[str]:
    if name == old or name.startswith(f"{old}."):
        yield new + name[len(old) :]
