"""What MIGRATION_TOOLS["PRIVATE_FIELDS"] keeps out of every archive, and out of what leaves one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.migrations.loader import MigrationLoader

from migration_tools.analysis.editor import links_of
from migration_tools.conf import configuration

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from migration_tools.archives.catalogue import Archive

#: Why something is not kept.
REASON = "private"


@dataclass(frozen=True, slots=True, kw_only=True)
class Private:
    """``entries`` are lower case. Models are asked about as they are at a step, so that a field
    goes by the name that it has there."""

    entries: frozenset[str]

    @classmethod
    def configured(cls) -> Private:
        return cls(entries=frozenset(name.lower() for name in configuration().private_fields))

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
