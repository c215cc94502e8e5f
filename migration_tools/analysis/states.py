"""One project state, never rendered as a whole, copied on write.

Rendering model classes is nearly the whole cost of walking a history. This state shares its
ModelStates between copies, clones one only when it is written to, and leaves the question which
models to render, and how much of them, to whoever reads ``apps`` (see rendering.py).

Read in Django 5.2, 6.0 and 6.1: ``ProjectState``'s mutators. A contract test lists them, so that a
new one fails the test instead of being shared by accident.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.apps.registry import Apps
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.utils import get_references, resolve_relation
from django.db.models import NOT_PROVIDED

ModelKey = tuple[str, str]

#: ProjectState methods whose first two arguments name the one model they write to.
SINGLE_MODEL_MUTATORS = (
    "alter_model_options",
    "remove_model_options",
    "alter_model_managers",
    "_append_option",
    "_remove_option",
    "_alter_option",
    "rename_index",
    "add_field",
    "remove_field",
)


class WalkState(ProjectState):
    """A ProjectState that is mutated step by step and cloned for almost nothing."""

    def __init__(
        self, models: dict[ModelKey, ModelState] | None = None, real_apps: set[str] | None = None
    ) -> None:
        super().__init__(models, real_apps)
        #: Deleted models: a reference to one may still have to be resolved (a child or a key
        #: that the history removes after its target). Never answered to get_model().
        self.ghosts: dict[ModelKey, ModelState] = {}
        self._owned: set[ModelKey] = set()
        self.renderer: Callable[[WalkState], Apps] | None = None
        self._view: Apps | None = None

    # Django keeps ``apps`` as a cached property and asks ``"apps" in self.__dict__`` before it
    # reloads anything; a plain property is never in there, so no mutator renders.
    @property
    def apps(self) -> Apps:  # type: ignore[override]
        if self._view is None:
            if self.renderer is None:
                raise RuntimeError("This state has no renderer.")
            self._view = self.renderer(self)
        return self._view

    def rendered_by(self, renderer: Callable[[WalkState], Apps]) -> WalkState:
        self.renderer, self._view = renderer, None
        return self

    def clone(self) -> WalkState:
        new = WalkState(dict(self.models), self.real_apps)
        new.ghosts = dict(self.ghosts)
        new.renderer = self.renderer
        self._owned.clear()
        return new

    def own(self, key: ModelKey) -> None:
        """Make the ModelState under ``key`` this state's own before it is written to."""
        self._relations = None
        if key in self._owned or key not in self.models:
            return
        self.models[key] = self.models[key].clone()
        self._owned.add(key)

    def own_all(self) -> None:
        """Before an operation of unknown make, which may write into any ModelState."""
        for key in list(self.models):
            self.own(key)

    # --- mutators with more than one model, or with something to leave out -----------------

    def add_model(self, model_state: ModelState) -> None:
        self._relations = None
        super().add_model(model_state)

    def remove_model(self, app_label: str, model_name: str) -> None:
        self._relations = None
        self.ghosts[app_label, model_name] = self.models[app_label, model_name]
        self._owned.discard((app_label, model_name))
        super().remove_model(app_label, model_name)

    def rename_model(self, app_label: str, old_name: str, new_name: str) -> None:
        self._relations = None
        key = (app_label, old_name.lower())
        for referrer in self.referrers(key):
            self.own(referrer)
        super().rename_model(app_label, old_name, new_name)
        self.ghosts.pop(key, None)

    def alter_field(
        self, app_label: str, model_name: str, name: str, field: Any, preserve_default: bool
    ) -> None:
        # Django also looks for references here, only to decide what to render again.
        self.own((app_label, model_name))
        if not preserve_default:
            field = field.clone()
            field.default = NOT_PROVIDED
        self.models[app_label, model_name].fields[name] = field

    def rename_field(self, app_label: str, model_name: str, old_name: str, new_name: str) -> None:
        # Django writes the new name into field objects that other states (and the operations of
        # every loader in the process) share: clone them first.
        key = (app_label, model_name)
        self.own(key)
        own_fields = self.models[key].fields
        for name, field in list(own_fields.items()):
            if getattr(field, "from_fields", None) or getattr(field, "field_names", None):
                own_fields[name] = field.clone()
        if old_name in own_fields:
            found = (old_name, own_fields[old_name])
            for state, name, field, _reference in list(get_references(self, key, found)):
                referrer = (state.app_label, state.name_lower)
                self.own(referrer)
                self.models[referrer].fields[name] = field.clone()
        super().rename_field(app_label, model_name, old_name, new_name)

    # --- questions --------------------------------------------------------------------------

    def find(self, key: ModelKey) -> ModelState | None:
        """The ModelState a reference resolves to; ghosts included."""
        return self.models.get(key) or self.ghosts.get(key)

    def referrers(self, key: ModelKey) -> list[ModelKey]:
        """The models with a relation to ``key``, or through it, in the state's order."""
        return [
            other
            for other, model_state in self.models.items()
            if any(key in targets_of(field, other) for field in model_state.fields.values())
        ]

    def throughs(self) -> frozenset[ModelKey]:
        """Every model that some ManyToManyField names as its through."""
        return frozenset(
            resolve_relation(field.remote_field.through, *key)
            for key, model_state in self.models.items()
            for field in model_state.fields.values()
            if field.many_to_many and field.remote_field.through
        )


def _on_owned_model(name: str) -> Callable[..., Any]:
    def mutator(
        self: WalkState, app_label: str, model_name: str, *args: Any, **kwargs: Any
    ) -> None:
        self.own((app_label, model_name))
        getattr(super(WalkState, self), name)(app_label, model_name, *args, **kwargs)

    mutator.__name__ = name
    return mutator


for _name in SINGLE_MODEL_MUTATORS:
    if hasattr(ProjectState, _name):  # _alter_option came with 5.2's AlterConstraint
        setattr(WalkState, _name, _on_owned_model(_name))


def targets_of(field: Any, owner: ModelKey) -> tuple[ModelKey, ...]:
    """The models an unrendered field refers to: its target, and its explicit through."""
    remote = field.remote_field
    if remote is None or not remote.model:
        return ()
    keys: tuple[ModelKey, ...] = (resolve_relation(remote.model, *owner),)
    through = getattr(remote, "through", None)
    return (*keys, resolve_relation(through, *owner)) if through else keys
