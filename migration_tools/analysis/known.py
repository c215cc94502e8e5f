"""What the history knows of a table: whatever else the database has on it was made by hand."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.backends.utils import strip_quotes, truncate_name
from django.db.migrations.state import ModelState
from django.db.migrations.utils import resolve_relation
from django.db.models import BaseConstraint, F, Q

from migration_tools.analysis.effects import ColumnAdded, Rule

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from migration_tools.analysis.states import WalkState

#: Django ends the names that it makes up with eight digits of a hash and what the thing is for.
MADE_UP = re.compile(r"_[0-9a-f]{8}(_uniq|_like|_fk|_fk_.+|_idx|_check)?$")

#: The columns that it names, and the constraint; None for one of unique_together.
Standing = tuple[tuple[str, ...], BaseConstraint | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """``names``: of indexes and constraints. ``keys``: columns with a foreign key. ``types``: of
    columns, Django's internal one. ``standing``: constraints, and unique groups of fields.
    ``rules``: those of them that are more than columns, as they compile before an operation that
    alters a column, and ``new_rules`` after it. ``computes``: it has generated columns.
    ``generated``: these, before an operation that alters or drops a column."""

    columns: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    types: frozenset[tuple[str, str]] = frozenset()
    standing: tuple[Standing, ...] = ()
    rules: tuple[Rule, ...] = ()
    new_rules: tuple[Rule, ...] = ()
    computes: bool = False
    generated: tuple[ColumnAdded, ...] = ()

    def __or__(self, other: Known) -> Known:
        return Known(
            columns=self.columns | other.columns,
            names=self.names | other.names,
            keys=self.keys | other.keys,
            types=self.types | other.types,
            standing=self.standing + other.standing,
            rules=self.rules + other.rules,
            new_rules=self.new_rules + other.new_rules,
            computes=self.computes or other.computes,
            generated=self.generated + other.generated,
        )

    def is_made_by_hand(self, name: str) -> bool:
        """An index or a constraint of this name."""
        return not self.is_known(name)

    def is_known(self, name: str) -> bool:
        return name in self.names or bool(MADE_UP.search(name))


def known_of(
    states: Iterable[WalkState], tables: Iterable[str], connection: BaseDatabaseWrapper
) -> Mapping[str, Known]:
    """By table, what any of the states says of it."""
    wanted = {table for table in tables if table}
    found: dict[str, Known] = {}
    seen: set[int] = set()
    for state in states:
        for (app_label, _name), model in state.models.items():
            # Most models are the same object before and after.
            if id(model) in seen or model.options.get("proxy"):
                continue
            seen.add(id(model))
            for table, known in _tables_of(model, app_label, wanted, connection):
                found[table] = found.get(table, Known()) | known
    return found


def table_of(model: ModelState, app_label: str, connection: BaseDatabaseWrapper) -> str:
    longest = connection.ops.max_name_length()
    return str(
        model.options.get("db_table") or truncate_name(f"{app_label}_{model.name_lower}", longest)
    )


def _tables_of(
    model: ModelState, app_label: str, wanted: set[str], connection: BaseDatabaseWrapper
) -> Iterator[tuple[str, Known]]:
    longest = connection.ops.max_name_length()
    own = table_of(model, app_label, connection)
    if own in wanted:
        yield own, _known(model)
    for name, field in model.fields.items():
        if not field.many_to_many or getattr(field.remote_field, "through", None):
            continue
        links = getattr(field, "db_table", "") or truncate_name(
            f"{strip_quotes(own)}_{name}", longest
        )
        if links in wanted:
            remote: Any = field.remote_field
            target = resolve_relation(remote.model, app_label, model.name_lower)[1]
            ends = (model.name_lower, target)
            if target == model.name_lower:
                ends = (f"from_{target}", f"to_{target}")
            keys = frozenset(f"{end}_id" for end in ends)
            yield links, Known(columns=keys | {"id"}, keys=keys)


def _known(model: ModelState) -> Known:
    columns = {
        _column(name, field): field
        for name, field in model.fields.items()
        if not field.many_to_many
    }
    columns.pop(None, None)
    return Known(
        # A key that the history leaves to Django has no field in its states.
        columns=frozenset(name for name in columns if name) | {"id"},
        names=frozenset(
            part.name
            for option in ("indexes", "constraints")
            for part in model.options.get(option) or ()
        ),
        keys=frozenset(
            name
            for name, field in columns.items()
            if name and field.remote_field and getattr(field, "db_constraint", True)
        ),
        types=frozenset(
            (name, field.get_internal_type()) for name, field in columns.items() if name
        ),
        standing=tuple(_standing(model)),
        computes=any(getattr(field, "generated", False) for field in columns.values()),
    )


def _standing(model: ModelState) -> Iterator[Standing]:
    for names in model.options.get("unique_together") or ():
        yield _columns(model, names), None
    for constraint in model.options.get("constraints") or ():
        parts = [
            *getattr(constraint, "fields", ()),
            *getattr(constraint, "expressions", ()),
            getattr(constraint, "condition", None),
        ]
        names = dict.fromkeys(name for part in parts for name in _names_in(part))
        yield _columns(model, names), constraint


def _names_in(part: Any) -> Iterator[str]:
    """The fields that a condition or an expression names, wherever in it."""
    match part:
        case str():
            yield part.partition("__")[0]
        case F():
            yield str(part.name).partition("__")[0]  # type: ignore[attr-defined]
        case Q():
            for child in part.children:
                yield from _names_in(child)
        case (first, second):  # a look-up, or an expression and an operator
            yield from _names_in(first)
            if not isinstance(second, str):
                yield from _names_in(second)
        case _:
            for source in getattr(part, "get_source_expressions", list)():
                yield from _names_in(source)


def _columns(model: ModelState, names: Iterable[str]) -> tuple[str, ...]:
    fields = ((name, model.fields.get(name)) for name in names)
    found = (_column(name, field) for name, field in fields if field is not None)
    return tuple(column for column in found if column)


def _column(name: str, field: Any) -> str | None:
    """As Field.set_attributes_from_name() does, for a field that no model has been made of."""
    named = copy.copy(field)
    named.name = name
    column = named.get_attname_column()[1]
    return None if column is None else str(column)
