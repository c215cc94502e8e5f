"""Small apps as they come: models, rows for them, and a plan that takes some of it away."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.db.migrations import (
    AddField,
    AlterField,
    AlterModelTable,
    AlterUniqueTogether,
    CreateModel,
    DeleteModel,
    RemoveField,
    RenameField,
    RenameModel,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from hypothesis import assume
from hypothesis import strategies as st

from tests.archives.drawing_fields import UNINDEXED, AnyField, altered, fields, values_for
from tests.helpers import key

APP = "shop"
NAMES = ("Ant", "Bee", "Cat", "Dog")
#: Of changes; those that take something away come more often.
KINDS = ["remove", "remove", "alter", "alter", "alter", "delete"]
KINDS += ["add", "rename", "table", "rename model", "together"]
NEW_NAMES = ("Elk", "Fox", "Gnu", "Hen", "Ibis", "Jay")
#: Primary keys besides Django's own.
KEYS: tuple[AnyField, ...] = (
    models.CharField(max_length=20, primary_key=True),
    models.UUIDField(primary_key=True),
    models.BigIntegerField(primary_key=True),
)


@dataclass(frozen=True)
class Row:
    """``values``: by attribute; a key to another row is that row's place in the list."""

    model: str
    values: dict[str, Any]
    keys: dict[str, int] = field(default_factory=dict)
    links: dict[str, list[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Trip:
    """``before`` makes the models, ``steps`` are migrations after it; ``rows`` are there when it
    begins, at the end of the plan if ``reverts``."""

    before: list[Operation]
    steps: list[list[Operation]]
    rows: list[Row]
    reverts: bool


@st.composite
def trips(draw: st.DrawFn) -> Trip:
    state = ProjectState()
    before = _apply(state, draw(creations()))
    start = state.clone()
    plan: list[Operation] = []
    for _ in range(draw(st.integers(1, 5))):
        plan += _apply(state, draw(changes(state)))
    assume(plan)
    cut = draw(st.integers(0, len(plan)))
    steps = [part for part in (plan[:cut], plan[cut:]) if part]
    reverts = draw(st.booleans())
    return Trip(before, steps, draw(rows(state if reverts else start)), reverts)


def _apply(state: ProjectState, operations: list[Operation]) -> list[Operation]:
    for operation in operations:
        operation.state_forwards(APP, state)
    return operations


# --- models -----------------------------------------------------------------------------------


@st.composite
def creations(draw: st.DrawFn) -> list[Operation]:
    made: list[Operation] = []
    targets: list[str] = []  # what a foreign key may lead to
    for name in NAMES[: draw(st.integers(1, 4))]:
        parent = draw(st.sampled_from(targets)) if targets and not draw(st.integers(0, 3)) else None
        shape = "child" if parent else draw(st.sampled_from(["id", "id", "id", "key", "composite"]))
        columns: dict[str, AnyField] = {}
        if parent:
            link = {"auto_created": True, "parent_link": True, "primary_key": True}
            columns[f"{parent.lower()}_ptr"] = models.OneToOneField(
                f"{APP}.{parent}", models.CASCADE, serialize=False, **link
            )
        elif shape == "id":
            columns = dict([key()])
        elif shape == "key":
            columns = {"code": draw(st.sampled_from(KEYS)).clone()}
        else:
            columns = {
                "pk": models.CompositePrimaryKey("one", "two"),
                "one": models.IntegerField(),
                "two": models.CharField(max_length=9),
            }
        if shape != "composite":
            targets.append(name)
        for number in range(1, draw(st.integers(2, 4))):
            columns[f"{name.lower()}{number}"] = draw(
                any_field(targets, links=shape != "composite")
            )
        made.append(
            CreateModel(
                name,
                list(columns.items()),
                options=draw(options(columns)),
                bases=(f"{APP}.{parent.lower()}",) if parent else (models.Model,),
            )
        )
    return made


@st.composite
def any_field(
    draw: st.DrawFn, targets: list[str], *, links: bool = True, nulls: bool = False
) -> AnyField:
    """``links``: it may be many-to-many. ``nulls``: it can be added to rows."""
    kind = draw(st.sampled_from(["own", "own", "own", "key", "one", "many"]))
    if kind == "own" or not targets:
        return draw(fields(nulls=nulls))
    to = f"{APP}.{draw(st.sampled_from(targets))}"
    if kind == "many" and links:
        return models.ManyToManyField(to, related_name="+")
    null = True if nulls else draw(st.sampled_from([True, True, False]))
    if kind == "one":
        return models.OneToOneField(to, models.CASCADE, null=null, related_name="+")
    constraint = draw(st.sampled_from([True, True, True, False]))
    return models.ForeignKey(
        to, models.CASCADE, null=null, related_name="+", db_constraint=constraint
    )


@st.composite
def options(draw: st.DrawFn, columns: dict[str, AnyField]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    plain = _together(columns)
    if len(plain) > 1 and not draw(st.integers(0, 2)):
        found["unique_together"] = {tuple(plain[:2])}
    if not draw(st.integers(0, 5)):
        found["db_table"] = f"shop Odd{draw(st.integers(0, 99))}"
    return found


def _together(columns: dict[str, AnyField]) -> list[str]:
    return [
        name
        for name, each in columns.items()
        if not (each.primary_key or each.many_to_many or isinstance(each, UNINDEXED))
    ]


# --- the plan ---------------------------------------------------------------------------------


def _targets(state: ProjectState) -> list[str]:
    return [
        each.name
        for each in state.models.values()
        if not any(isinstance(f, models.CompositePrimaryKey) for f in each.fields.values())
    ]


def _removable(model: ModelState) -> list[str]:
    """Neither the key nor a part of one, nor in a key of several."""
    keys = {"one", "two"} if "pk" in model.fields else set()
    keys |= {name for pair in model.options.get("unique_together") or () for name in pair}
    return [n for n, f in model.fields.items() if n not in keys and not f.primary_key and n != "pk"]


def _refers(field: AnyField, model: ModelState) -> bool:
    if field.remote_field is None:
        return False
    return str(field.remote_field.model).lower() == f"{APP}.{model.name_lower}"


def _has_children(state: ProjectState, model: ModelState) -> bool:
    """Django does not tell them the parent's new name."""
    base = f"{APP}.{model.name_lower}"
    return any(base in other.bases for other in state.models.values())


@st.composite
def changes(draw: st.DrawFn, state: ProjectState) -> list[Operation]:
    """One operation, or what must go with it."""
    if not state.models:
        return [CreateModel("Kid", [key()])]
    model = draw(st.sampled_from(list(state.models.values())))
    kind = draw(st.sampled_from(KINDS))
    names = _removable(model)
    plain = [name for name in names if not model.fields[name].is_relation]
    if kind == "remove" and names:
        return [RemoveField(model.name, draw(st.sampled_from(names)))]
    if kind == "alter" and plain:
        name = draw(st.sampled_from(plain))
        return [AlterField(model.name, name, draw(altered(model.fields[name])))]
    if kind == "delete":
        return _deletion(state, model)
    if kind == "rename" and names:
        old, new = draw(st.sampled_from(names)), _free(draw, model)
        return [RenameField(model.name, old, new)]
    if kind == "table":
        tables = ["shop_other", "shop Odd", None]
        table = draw(st.sampled_from(tables))
        taken = {each.options.get("db_table") for each in state.models.values()}
        return [AlterModelTable(model.name, table)] if table not in taken or not table else []
    if kind == "rename model" and not _has_children(state, model):
        free = [n for n in NEW_NAMES if (APP, n.lower()) not in state.models]
        return [RenameModel(model.name, draw(st.sampled_from(free)))]
    if kind == "together":
        has = model.options.get("unique_together")
        pair = _together(dict(model.fields))
        return [
            AlterUniqueTogether(model.name, set() if has or len(pair) < 2 else {tuple(pair[:2])})
        ]
    return [
        AddField(
            model.name,
            _free(draw, model),
            draw(any_field(_targets(state), links="pk" not in model.fields, nulls=True)),
        )
    ]


def _free(draw: st.DrawFn, model: ModelState) -> str:
    """A name that is free by now; maybe one that another column had before."""
    letter = model.name_lower
    names = [f"{letter}{n}" for n in range(1, 9) if f"{letter}{n}" not in model.fields]
    return draw(st.sampled_from(names[:2]))


def _deletion(state: ProjectState, model: ModelState) -> list[Operation]:
    removals: list[Operation] = []
    for other in state.models.values():
        if other is model:
            continue
        for name, each in other.fields.items():
            if not _refers(each, model):
                continue
            if name not in _removable(other):
                return []
            removals.append(RemoveField(other.name, name))
    return [*removals, DeleteModel(model.name)]


# --- rows -------------------------------------------------------------------------------------


@st.composite
def rows(draw: st.DrawFn, state: ProjectState) -> list[Row]:
    made: list[Row] = []
    places: dict[str, list[int]] = {}
    for name in _in_order(state):
        for _ in range(draw(st.integers(0, 4))):
            row = _row(draw, state, name, places)
            if row is not None:
                places.setdefault(name, []).append(len(made))
                made.append(row)
    return made


def _in_order(state: ProjectState) -> list[str]:
    """Those that others lead to come first."""
    left, found = dict(state.models), []
    while left:
        first = next(
            model
            for model in left.values()
            if not any(
                _refers(f, m) for f in model.fields.values() for m in left.values() if m != model
            )
        )
        found.append(first.name_lower)
        del left[APP, first.name_lower]
    return found


def _row(
    draw: st.DrawFn, state: ProjectState, name: str, places: dict[str, list[int]]
) -> Row | None:
    """None: it must lead to a row, and there is none."""
    row = Row(name, {})
    for each, column in _with_parents(state, name):
        if isinstance(column, models.CompositePrimaryKey | models.AutoField):
            continue
        if column.remote_field is None:
            null = column.null and not draw(st.integers(0, 2))
            row.values[each] = None if null else draw(values_for(column))
            continue
        if column.remote_field.parent_link:
            continue
        target = str(column.remote_field.model).lower().partition(".")[2]
        there = places.get(target, [])
        if column.many_to_many:
            if there:
                row.links[each] = draw(st.lists(st.sampled_from(there), max_size=2, unique=True))
        elif there and not (column.null and not draw(st.integers(0, 3))):
            row.keys[each] = draw(st.sampled_from(there))
        elif not column.null:
            return None
    return row


def _with_parents(state: ProjectState, name: str) -> list[tuple[str, AnyField]]:
    model = state.models[APP, name]
    inherited = [
        found
        for base in model.bases
        if isinstance(base, str)
        for found in _with_parents(state, base.lower().partition(".")[2])
    ]
    return [*inherited, *model.fields.items()]
