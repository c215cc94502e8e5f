"""A constraint's conditions as SQL of this engine, over marked columns.

The model is the one of the step, whose columns may have other names today. So its columns are
renamed to marks while Django compiles, and whoever counts puts today's names in their place.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import CheckConstraint, F, UniqueConstraint
from django.db.models.expressions import CombinedExpression, OrderBy
from django.db.models.sql import Query

from migration_tools.analysis.effects import marked

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

T = TypeVar("T")

_MARK = re.compile('["`]?\N{LEFT CEILING}([^\N{RIGHT CEILING}]*)\N{RIGHT CEILING}["`]?')


def compile_check(model: Any, constraint: CheckConstraint, editor: Any) -> str | None:
    return _compile(model, lambda: _condition_sql(model, constraint.condition, editor))


def compile_unique(
    model: Any, constraint: UniqueConstraint, editor: Any
) -> tuple[tuple[str, ...] | None, str | None]:
    """The parts of the key and the condition; None for the parts if they cannot be compiled."""
    if constraint.expressions:
        parts = compile_expressions(model, constraint.expressions, editor)
    else:
        parts = tuple(marked(model._meta.get_field(name).column) for name in constraint.fields)
    if constraint.condition is None:
        return parts, None
    where = _compile(model, lambda: _condition_sql(model, constraint.condition, editor))
    return (parts if where is not None else None), where


def compile_expressions(
    model: Any, expressions: Iterable[Any], editor: Any
) -> tuple[str, ...] | None:
    return _compile(model, lambda: tuple(_sql(model, e, editor) for e in expressions))


def compile_generated(field: Any, editor: Any) -> tuple[tuple[str, ...] | None, dict[str, Any]]:
    """What a generated field is of, and what its column's effect has to know."""
    if not editor.online:
        return None, {}
    # Its own model has the fields that it is of.
    parts = compile_expressions(field.model, [field.expression], editor)
    if parts is None:
        return None, {}
    bases = {"bases": names_in(parts[0])}
    if not field.db_persist:
        return parts, bases
    divisors = compile_divisors(field.model, [field.expression], editor, editor.online)
    return parts, {**bases, "computed": parts[0], "divisors": divisors}


def compile_condition(model: Any, condition: Any, editor: Any) -> str | None:
    if condition is None or not editor.connection.features.supports_partial_indexes:
        return None
    return _compile(model, lambda: _condition_sql(model, condition, editor))


def compile_divisors(
    model: Any, expressions: Iterable[Any], editor: Any, online: bool
) -> tuple[str, ...]:
    """What the expressions divide by, as far as it can be compiled."""
    if not online:
        return ()
    found = [divisor for expression in expressions for divisor in _divisors(expression)]
    compiled = (_compile(model, lambda d=divisor: _sql(model, d, editor)) for divisor in found)  # type: ignore[misc]
    return tuple(sql for sql in compiled if sql is not None)


def _divisors(expression: Any) -> Iterator[Any]:
    if isinstance(expression, CombinedExpression) and expression.connector in ("/", "%%"):
        yield expression.rhs
    for source in getattr(expression, "get_source_expressions", list)():
        yield from _divisors(source)


def is_made(constraint: Any, connection: BaseDatabaseWrapper) -> bool:
    """Whether Django makes the constraint here at all: where unsupported it silently does not."""
    features = connection.features
    if isinstance(constraint, CheckConstraint):
        return bool(features.supports_table_check_constraints)
    unsupported = (
        (constraint.condition is not None and not features.supports_partial_indexes)
        or (constraint.deferrable and not features.supports_deferrable_unique_constraints)
        or (constraint.include and not features.supports_covering_indexes)
        or (constraint.contains_expressions and not features.supports_expression_indexes)
        or (
            constraint.nulls_distinct is not None
            and not features.supports_nulls_distinct_unique_constraints
        )
    )
    return not unsupported


def names_in(sql: str) -> tuple[str, ...]:
    """The columns that are marked in it, each once."""
    return tuple(dict.fromkeys(_MARK.findall(sql)))


def unmark(sql: str, replace: Callable[[str], str]) -> str:
    """Put ``replace(column)`` in the place of every marked column."""
    return _MARK.sub(lambda match: replace(match.group(1)), sql)


def _compile(model: Any, build: Callable[[], T]) -> T | None:
    # Third-party expressions may ask the server or raise anything; then the constraint cannot be
    # judged beforehand and is shown as unknown.
    try:
        with _marked_columns(model):
            return build()
    except Exception:
        return None


@contextlib.contextmanager
def _marked_columns(model: Any) -> Iterator[None]:
    fields = list(model._meta.concrete_fields)
    names = [field.column for field in fields]
    try:
        for field, name in zip(fields, names, strict=True):
            field.column = marked(name)
        yield
    finally:
        for field, name in zip(fields, names, strict=True):
            field.column = name


def _condition_sql(model: Any, condition: Any, editor: Any) -> str:
    query = Query(model=model, alias_cols=False)
    where = query.build_where(condition)
    return _finished(query, where, editor)


def _sql(model: Any, expression: Any, editor: Any) -> str:
    query = Query(model=model, alias_cols=False)
    if isinstance(expression, str):
        expression = F(expression)
    if isinstance(expression, OrderBy):
        expression = expression.expression
    return _finished(query, expression.resolve_expression(query), editor)


def _finished(query: Query, node: Any, editor: Any) -> str:
    compiler = query.get_compiler(connection=editor.connection)
    sql, params = compiler.compile(node)
    return str(sql) % tuple(editor.quote_value(value) for value in params)
