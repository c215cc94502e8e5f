"""Which model classes an operation gets to see: as few, and as little of each, as it needs.

Django renders every model of the project and renders all related ones anew after each operation;
that is nearly the whole cost of looking at a plan. An operation of Django's own asks the state for
one or two models and looks at one or two of their fields, so it gets just these:

- *cell*: the model asked for, cut to the fields the operation names and its primary key, among
  stand-ins (primary key only) for what those fields point to;
- *ring*: the same plus every model with a relation to it, cut to those relations, in one registry,
  for operations that follow relations backwards (a renamed model, a changed key);
- *full*: every model, rendered by Django. For operations of unknown make, and whenever one of the
  others is unsure or anything raises. It is also the judge of the other two in the tests.

Where statements are wanted and not effects, models are shown *whole*: nothing is cut from the model
asked for nor from those in its ring, indexes and constraints included.

Private Django used, read in 5.2, 6.0 and 6.1: StateApps(set(), {}).render_multiple, ModelState.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.apps import apps as global_apps
from django.db import models
from django.db.migrations import operations as ops
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, StateApps

from migration_tools.analysis.states import ModelKey, WalkState, targets_of

Renderer = Callable[[WalkState], Any]

#: Options that decide about the table itself. Everything else may name fields that were cut away,
#: and no effect is read from it.
KEPT_OPTIONS = frozenset(
    {
        "db_table",
        "db_table_comment",
        "db_tablespace",
        "default_related_name",
        "managed",
        "proxy",
        "required_db_features",
        "required_db_vendor",
        "swappable",
    }
)
#: Kept as well where the whole model is shown: operations read them from the rendered class.
KEPT_WHOLE = KEPT_OPTIONS | {"unique_together", "order_with_respect_to"}


class Unsure(Exception):
    """The small registry cannot answer this question as the whole one would."""


def full(state: WalkState) -> StateApps:
    """Every model, as Django itself renders a state."""
    return StateApps(state.real_apps, state.models)  # type: ignore[arg-type]


def nothing(state: WalkState) -> Any:
    """For a state that nobody looks at now; whoever does sees one model at a time."""
    return Cells(state, {}, frozenset(), whole=True)


def renderer_for(operation: Any, app_label: str, *, whole: bool = False) -> Renderer:
    """The smallest rendering that is known to be enough for this operation."""
    kind = _kind_of(operation)
    if kind is None:
        return full
    if whole:
        return _whole(operation, kind, app_label)
    if isinstance(operation, ops.SeparateDatabaseAndState):
        inner = [_kind_of(part) for part in operation.database_operations]
        risky = any(
            isinstance(part, (ops.RenameModel, ops.RenameField, ops.AlterField))
            for part in operation.database_operations
        )
        return full if risky or None in inner else _cells({}, ())
    if kind is ops.RenameModel:
        anchors = ((app_label, operation.old_name_lower), (app_label, operation.new_name_lower))
        return _cells({}, anchors)
    if kind in FIELD_OPERATIONS:
        return _for_field(operation, kind, app_label)
    return _cells({}, ())


FIELD_OPERATIONS = (ops.AddField, ops.RemoveField, ops.AlterField, ops.RenameField)


def _for_field(operation: Any, kind: type[Operation], app_label: str) -> Renderer:
    key = (app_label, operation.model_name_lower)
    if kind is ops.RenameField:
        names = frozenset({operation.old_name, operation.new_name})
    else:
        names = frozenset({operation.name})
    cut = _cells({key: names}, ())
    if kind in (ops.AddField, ops.RemoveField):
        return cut
    return _ring_of_keys(operation, key, names, cut, _cells({}, (key,)))


def _ring_of_keys(
    operation: Any, key: ModelKey, names: frozenset[str], cut: Renderer, ring: Renderer
) -> Renderer:
    altered = getattr(operation, "field", None)

    def choose(state: WalkState) -> Any:
        # A key or a unique column may be pointed to; both states of the operation must be seen
        # the same way, so the field of either side decides.
        fields = (
            [state.models[key].fields.get(name) for name in names] if key in state.models else []
        )
        key_like = any(field is not None and field.unique for field in [altered, *fields])
        return ring(state) if key_like else cut(state)

    return choose


def _whole(operation: Any, kind: type[Operation], app_label: str) -> Renderer:
    if isinstance(operation, ops.SeparateDatabaseAndState):
        return renderer_for(operation, app_label)
    alone = _cells({}, (), whole=True)
    if kind is ops.RenameModel:
        old, new = operation.old_name_lower, operation.new_name_lower
        return _cells({}, ((app_label, old), (app_label, new)), whole=True)
    if kind not in (ops.AlterField, ops.RenameField):
        return alone
    key = (app_label, operation.model_name_lower)
    if kind is ops.RenameField:
        names = frozenset({operation.old_name, operation.new_name})
    else:
        names = frozenset({operation.name})
    return _ring_of_keys(operation, key, names, alone, _cells({}, (key,), whole=True))


def _kind_of(operation: Operation) -> type[Operation] | None:
    """The class of Django's whose code this operation runs, also from within a subclass."""
    for kind in BUILT_IN:
        if isinstance(operation, kind) and all(
            getattr(type(operation), name) is getattr(kind, name)
            for name in ("database_forwards", "database_backwards", "state_forwards")
        ):
            return kind
    return None


def has_known_state(operation: Operation) -> bool:
    """Whether its state_forwards is one of Django's, which WalkState knows how to share with."""
    return any(
        isinstance(operation, kind) and type(operation).state_forwards is kind.state_forwards
        for kind in BUILT_IN
    )


BUILT_IN: tuple[type[Operation], ...] = tuple(
    getattr(ops, name)
    for name in (
        "AddConstraint",
        "AddField",
        "AddIndex",
        "AlterConstraint",  # 5.2 and later
        "AlterField",
        "AlterIndexTogether",
        "AlterModelManagers",
        "AlterModelOptions",
        "AlterModelTable",
        "AlterModelTableComment",
        "AlterOrderWithRespectTo",
        "AlterUniqueTogether",
        "CreateModel",
        "DeleteModel",
        "RemoveConstraint",
        "RemoveField",
        "RemoveIndex",
        "RenameField",
        "RenameIndex",
        "RenameModel",
        "RunPython",
        "RunSQL",
        "SeparateDatabaseAndState",
    )
    if hasattr(ops, name)
)


def _cells(
    cuts: dict[ModelKey, frozenset[str]], anchors: Iterable[ModelKey], *, whole: bool = False
) -> Renderer:
    """A renderer of cells; a model of ``anchors`` is shown in a ring."""
    wanted = frozenset(anchors)
    return lambda state: Cells(state, cuts, wanted, whole=whole)


class Cells:
    """Answers get_model() as Apps does, by rendering on demand. Anything else is unsure."""

    def __init__(
        self,
        state: WalkState,
        cuts: dict[ModelKey, frozenset[str]],
        anchors: frozenset[ModelKey],
        *,
        whole: bool = False,
    ) -> None:
        self._state = state
        self._is_whole = whole
        self._cuts = cuts
        self._anchors = anchors
        self._rings: list[StateApps] = []
        self._models: dict[ModelKey, type[models.Model]] = {}

    def get_model(
        self, app_label: str, model_name: str | None = None, require_ready: bool = True
    ) -> type[models.Model]:
        if model_name is None:
            app_label, model_name = app_label.split(".")
        key = (app_label, model_name.lower())
        if key not in self._models:
            self._models[key] = self._render(key)
        return self._models[key]

    def __getattr__(self, name: str) -> Any:
        raise Unsure(name)

    def _render(self, key: ModelKey) -> type[models.Model]:
        for ring in self._rings:
            # The other models of a ring must be the very classes its relations speak of.
            if key in getattr(ring, "shown", ()):
                return ring.get_model(*key)
        if key not in self._state.models:
            raise LookupError(f"No model {key[0]}.{key[1]} in this state.")
        needs = Needs(self._state, whole=self._is_whole)
        needs.add(key, self._cuts.get(key))
        if key in self._anchors:
            shown = self._ring(key, needs)
            registry = needs.render()
            registry.shown = shown  # type: ignore[attr-defined]
            self._rings.append(registry)
        else:
            registry = needs.render()
        return registry.get_model(*key)

    def _ring(self, key: ModelKey, needs: Needs) -> frozenset[ModelKey]:
        """Add everything that refers to ``key``, and to the keys among the referrers in turn."""
        shown, queue = {key}, [key]
        while queue:
            target = queue.pop()
            self._refuse_heirs(target)
            for other in self._state.referrers(target):
                fields = self._state.models[other].fields
                names = frozenset(
                    name for name, field in fields.items() if target in targets_of(field, other)
                )
                if other != key:
                    needs.add(other, None if self._is_whole else names)
                if other not in shown and any(fields[name].unique for name in names):
                    queue.append(other)
                shown.add(other)
        return frozenset(shown)

    def _refuse_heirs(self, key: ModelKey) -> None:
        for other, model_state in self._state.models.items():
            if any(_base_key(base) == key for base in model_state.bases):
                # A proxy or an inheriting model takes part in the relations in its own way.
                raise Unsure(f"{other} inherits from {key}")


class Needs:
    """What one small registry has to hold: models, each whole (None) or cut to some fields."""

    def __init__(self, state: WalkState, *, whole: bool = False) -> None:
        self._state = state
        self._is_whole = whole
        self._cuts: dict[ModelKey, frozenset[str] | None] = {}

    def add(self, key: ModelKey, names: frozenset[str] | None) -> None:
        model_state = self._find(key)
        known = self._cuts.get(key, frozenset())
        if known is None:
            return
        cut = None if names is None else _complete(model_state, names)
        wanted = None if cut is None else known | cut
        if key in self._cuts and wanted == known:
            return
        self._cuts[key] = wanted
        new = set(model_state.fields) if wanted is None else set(wanted)
        for name in new - known:
            self._add_targets(key, model_state.fields[name])
        if not _has_own_key(model_state):
            for base in filter(None, map(_base_key, model_state.bases)):
                self.add(base, frozenset())

    def _add_targets(self, key: ModelKey, field: Any) -> None:
        for target in targets_of(field, key):
            # to_fields is (None,) for "the primary key" as long as the field is not bound.
            to_fields = getattr(field, "to_fields", None) or ()
            named = frozenset(name for name in to_fields if name is not None)
            fields = self._find(target).fields
            self.add(target, frozenset(name for name in named if name in fields))

    def _find(self, key: ModelKey) -> ModelState:
        found = self._state.find(key)
        if found is None and key[0] in self._state.real_apps:
            found = ModelState.from_model(global_apps.get_model(*key), exclude_rels=True)
        if found is None:
            raise Unsure(f"{key[0]}.{key[1]} is not in this state")
        return found

    def render(self) -> StateApps:
        registry = StateApps(set(), {})  # type: ignore[arg-type]
        registry.render_multiple(
            [
                _cut(self._find(key), names, whole=self._is_whole)
                for key, names in self._cuts.items()
            ]
        )
        return registry


def _complete(model_state: ModelState, names: frozenset[str]) -> frozenset[str] | None:
    """``names`` with the primary key; None if these fields cannot be told from the others."""
    fields = model_state.fields
    cut = {name for name in names if name in fields}
    cut |= {name for name, field in fields.items() if field.primary_key}
    for name in cut:
        field = fields[name]
        if getattr(field, "generated", False) or getattr(field, "field_names", None):
            return None  # a generated column or a composite key is made of other fields
        if tuple(getattr(field, "from_fields", ()) or ()) not in {(), ("self",)}:
            return None
    return frozenset(cut)


def _cut(
    model_state: ModelState, names: frozenset[str] | None, *, whole: bool = False
) -> ModelState:
    kept = KEPT_WHOLE if names is None else KEPT_OPTIONS
    made = ("indexes", "constraints")
    fields = {
        name: field for name, field in model_state.fields.items() if names is None or name in names
    }
    # Not ModelState's own constructor: it binds ``related_model`` of shared fields as a string.
    cut = ModelState.__new__(ModelState)
    cut.app_label, cut.name = model_state.app_label, model_state.name
    cut.fields = fields
    cut.options = {name: value for name, value in model_state.options.items() if name in kept}
    cut.options |= {
        name: list(model_state.options.get(name, ())) if whole and names is None else []
        for name in made
    }
    cut.bases = (models.Model,) if _has_own_key(model_state) else model_state.bases
    cut.managers = []
    return cut


def _has_own_key(model_state: ModelState) -> bool:
    return any(field.primary_key for field in model_state.fields.values())


def _base_key(base: Any) -> ModelKey | None:
    if isinstance(base, str):
        app_label, name = base.split(".")
        return app_label, name.lower()
    return None
