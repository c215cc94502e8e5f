"""A schema editor that only takes notes.

Every operation, in either direction, reaches the database through the schema editor. This one
notes what it is asked to do and passes nothing on: no statement, no introspection, no connection.
What Django's editor does on its own inside a call (tables of many-to-many fields, columns of keys
that follow a changed primary key) is noted as well, since nothing else will show it.

Read in Django 5.2, 6.0 and 6.1: BaseDatabaseSchemaEditor and its four subclasses, of which these
private names are used or replaced: _field_should_be_altered, _alter_many_to_many,
_constraint_names, Options.pk_fields, and the module function _related_non_m2m_objects. A contract
test pins them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldError
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.backends.base.schema import _related_non_m2m_objects  # type: ignore[attr-defined]
from django.db.models import Index

from migration_tools.analysis import effects as fx
from migration_tools.analysis.compiling import (
    compile_condition,
    compile_divisors,
    compile_generated,
)
from migration_tools.analysis.constraints import added, is_inline
from migration_tools.analysis.describing import describe
from migration_tools.analysis.queries import QueryRefused
from migration_tools.analysis.statements import UNBOUND, bound, read
from migration_tools.backends import for_connection
from migration_tools.columns import Column

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


def recording_editor(
    connection: BaseDatabaseWrapper, note: Callable[[fx.Effect], None], *, online: bool
) -> Any:
    """An editor of the connection's own class whose calls become effects given to ``note``."""
    editor_class = type("RecordingEditor", (_Notes, connection.SchemaEditorClass), {})
    editor = editor_class(connection, collect_sql=False, atomic=False)
    editor.note, editor.online = note, online
    dialect = for_connection(connection).dialect
    editor.read = lambda script, pieces: read(script, pieces, dialect)
    return editor


class _Notes:
    connection: BaseDatabaseWrapper
    note: Callable[[fx.Effect], None]
    online: bool
    #: Set while one of Django's own operations runs, whose statements touch no rows.
    statements_are_known = False
    #: Whether the way back of the running operation may bring something back.
    returns = True
    read: Callable[[str, list[str]], Sequence[Any]]
    _field_should_be_altered: Callable[..., bool]

    def __enter__(self) -> _Notes:
        self.deferred_sql: list[object] = []
        return self

    def __exit__(self, *exc_info: object) -> None:
        pass

    # --- tables -----------------------------------------------------------------------------

    def create_model(self, model: Any) -> None:
        created = fx.TableCreated(
            table=_table(model), columns=self._columns(model), model=model._meta.label
        )
        self.note(created)
        for through in _auto_m2m(model):
            self.create_model(through)

    def delete_model(self, model: Any, **kwargs: Any) -> None:
        for through in _auto_m2m(model):
            self.delete_model(through)
        self.note(
            fx.TableDropped(
                table=_table(model),
                model=model._meta.label,
                role=_role(model),
                columns=self._columns(model),
                links_of=links_of(model),
            )
        )

    def alter_db_table(self, model: Any, old: str, new: str, **kwargs: Any) -> None:
        if old != new:
            self.note(fx.TableRenamed(table=old, new_table=new))

    def alter_db_table_comment(self, model: Any, old: Any, new: Any) -> None:
        self.note(fx.TableOptionChanged(table=_table(model), option="comment"))

    def alter_db_tablespace(self, model: Any, old: Any, new: Any) -> None:
        self.note(fx.TableOptionChanged(table=_table(model), option="tablespace"))

    # --- columns ----------------------------------------------------------------------------

    def add_field(self, model: Any, field: Any) -> None:
        if field.many_to_many:
            if field.remote_field.through._meta.auto_created:
                self.create_model(field.remote_field.through)
        elif field.concrete:
            table, column = _table(model), self._column(field)
            # What a generated column will hold is known before it is there.
            parts, more = compile_generated(field, self) if column.generated else (None, {})
            label = model._meta.label
            self.note(fx.ColumnAdded(table=table, column=column, model=label, **more))
            if field.unique and column.generated:
                self.note(
                    fx.UniqueAdded(table=table, name="", columns=(field.column,), parts=parts)
                )

    def remove_field(self, model: Any, field: Any) -> None:
        if field.many_to_many:
            if field.remote_field.through._meta.auto_created:
                self.delete_model(field.remote_field.through)
        elif field.concrete:
            dropped = fx.ColumnDropped(
                table=_table(model),
                column=self._column(field),
                model=model._meta.label,
                key=_key(model),
            )
            self.note(dropped)

    def alter_field(self, model: Any, old: Any, new: Any, strict: bool = False) -> None:
        if not self._is_altered(old, new):
            return
        if old.many_to_many and new.many_to_many:
            self._alter_m2m_field(model, old, new, strict)
        elif old.many_to_many or new.many_to_many:  # asked first: in 5.2 these are concrete, too
            detail = f"{_label(model, new)} cannot be altered to or from a many-to-many field"
            self.note(fx.Impossible(table=_table(model), detail=detail))
        elif old.concrete and new.concrete:
            self._alter_column(model, old, new)

    def _is_altered(self, old: Any, new: Any) -> bool:
        try:
            return self._field_should_be_altered(old, new)
        except QueryRefused:
            # Compiling db_default asks some servers for their version.
            same = getattr(old, "db_default", None) == getattr(new, "db_default", None)
            return not same or self._field_should_be_altered(old, new, ignore={"db_default"})

    def _is_remade(self, old: Any, new: Any) -> bool:
        """Whether a generated field is another one, as alter_field() (5.2-6.1) asks."""
        if old.db_persist != new.db_persist:
            return True
        try:
            return bool(old.generated_sql(self.connection) != new.generated_sql(self.connection))
        except FieldError:  # a field that it is of was renamed
            return True
        except QueryRefused:
            return bool(old.expression != new.expression)

    def _alter_m2m_field(self, model: Any, old: Any, new: Any, strict: bool) -> None:
        automatic = [f.remote_field.through._meta.auto_created for f in (old, new)]
        if all(automatic):
            self._alter_many_to_many(model, old, new, strict)
        elif any(automatic):
            detail = f"{_label(model, new)} cannot get or lose a through model"
            self.note(fx.Impossible(table=_table(model), detail=detail))

    def _alter_many_to_many(self, model: Any, old: Any, new: Any, strict: bool) -> None:
        old_through, new_through = old.remote_field.through, new.remote_field.through
        if _table(old_through) != _table(new_through):
            renamed = fx.TableRenamed(
                table=_table(old_through), new_table=_table(new_through), links=True
            )
            self.note(renamed)
        for name_of in ("m2m_reverse_field_name", "m2m_field_name"):
            self.alter_field(
                new_through,
                old_through._meta.get_field(getattr(old, name_of)()),
                new_through._meta.get_field(getattr(new, name_of)()),
            )

    def _alter_column(self, model: Any, old: Any, new: Any) -> None:
        before, after = self._column(old), self._column(new)
        if before.generated != after.generated or (before.generated and self._is_remade(old, new)):
            detail = (
                f"Generated field {model._meta.label}.{new.name} must be removed and added again"
            )
            self.note(fx.Impossible(table=_table(model), detail=detail))
            return
        altered = fx.ColumnAltered(
            table=_table(model), old=before, new=after, model=model._meta.label, key=_key(model)
        )
        self.note(altered)
        key_like = (old.primary_key and new.primary_key) or (old.unique and new.unique)
        if not key_like or _stored(before) == _stored(after):
            return
        for old_rel, new_rel in _related_non_m2m_objects(old, new):
            self.note(
                fx.ColumnAltered(
                    table=_table(new_rel.related_model),
                    old=self._column(old_rel.field),
                    new=self._column(new_rel.field),
                    implied=True,
                )
            )

    # --- constraints and indexes ------------------------------------------------------------

    def alter_unique_together(self, model: Any, old: Any, new: Any) -> None:
        olds, news = _normalised(old), _normalised(new)
        for names in sorted(olds - news):
            columns = tuple(model._meta.get_field(name).column for name in names)
            name = ", ".join(names)
            self.note(fx.ConstraintRemoved(table=_table(model), name=name, columns=columns))
        for names in sorted(news - olds):
            columns = tuple(model._meta.get_field(name).column for name in names)
            unique = fx.UniqueAdded(
                table=_table(model),
                name="",
                columns=columns,
                parts=tuple(fx.marked(column) for column in columns),
                indexed=self._columns_of(model, names),
            )
            self.note(unique)

    def alter_index_together(self, model: Any, old: Any, new: Any) -> None:
        olds, news = _normalised(old), _normalised(new)
        for change, groups in (("removed", olds - news), ("added", news - olds)):
            for names in sorted(groups):
                self._index(model, ", ".join(names), change)

    def add_constraint(self, model: Any, constraint: Any) -> None:
        self.note(added(model, constraint, self))

    def remove_constraint(self, model: Any, constraint: Any) -> None:
        removed = fx.ConstraintRemoved(
            table=_table(model), name=constraint.name, inline=is_inline(constraint)
        )
        self.note(removed)

    def add_index(self, model: Any, index: Any, **kwargs: Any) -> None:
        connection = self.connection
        expressions = index.contains_expressions
        where = compile_condition(model, index.condition, self) if self.online else ""
        added = fx.IndexChanged(
            table=_table(model),
            name=index.name,
            change="added",
            made=not (
                self.online and expressions and not connection.features.supports_expression_indexes
            ),
            where=where,
            # Others than those of the plain kind have rules of their own for what they can hold.
            indexed=self._columns_of(model, index.fields) if type(index) is Index else (),
            divisors=compile_divisors(model, index.expressions, self, self.online),
        )
        self.note(added)

    def remove_index(self, model: Any, index: Any, **kwargs: Any) -> None:
        self._index(model, index.name, "removed")

    def rename_index(self, model: Any, old: Any, new: Any) -> None:
        self._index(model, new.name, "renamed")

    def _index(self, model: Any, name: str, change: str) -> None:
        self.note(fx.IndexChanged(table=_table(model), name=name, change=change))

    def _constraint_names(self, *args: Any, **kwargs: Any) -> list[str]:
        # RenameIndex(old_fields=...) wants exactly one and raises otherwise.
        return ["recorded"]

    # --- everything else --------------------------------------------------------------------

    def execute(self, sql: Any, params: Any = ()) -> None:
        text = bound(str(sql), params)
        script = str(sql) if text is None else text
        # Some engines are given a script whole, others statement by statement: the same to us.
        pieces = BaseDatabaseOperations.prepare_sql_script(self.connection.ops, script)
        if self.statements_are_known:
            for statement in pieces:
                self.note(fx.SqlExecuted(sql=statement))
            return
        found = [UNBOUND] * len(pieces) if text is None else self.read(script, pieces)
        for statement, acts in zip(pieces, found, strict=True):
            if isinstance(acts, str):
                opaque = fx.Opaque(kind=fx.OpaqueKind.SQL, detail=statement, reason=acts)
                self.note(opaque)
            else:
                self.note(fx.SqlRead(sql=statement, acts=acts, returns=self.returns))

    def remove_procedure(self, procedure_name: str, param_types: Any = ()) -> None:
        self.note(fx.SqlExecuted(sql=f"DROP PROCEDURE {procedure_name}"))

    def _columns(self, model: Any) -> tuple[Column, ...]:
        return tuple(self._column(field) for field in model._meta.local_concrete_fields)

    def _columns_of(self, model: Any, names: Iterable[str]) -> tuple[Column, ...]:
        return tuple(self._column(model._meta.get_field(name.lstrip("-"))) for name in names)

    def _column(self, field: Any) -> Column:
        return describe(field, self.connection, online=self.online)


def _table(model: Any) -> str:
    return str(model._meta.db_table)


def _label(model: Any, field: Any) -> str:
    return f"Field {model._meta.label}.{field.name}"


def _auto_m2m(model: Any) -> Iterable[Any]:
    for field in model._meta.local_many_to_many:
        if field.remote_field.through._meta.auto_created:
            yield field.remote_field.through


def links_of(model: Any) -> str:
    """The many-to-many field whose links a table holds; empty for one of another kind."""
    owner = model._meta.auto_created
    if not owner:
        return ""
    fields = (f for f in owner._meta.local_many_to_many if f.remote_field.through is model)
    return next((f"{owner._meta.label}.{f.name}" for f in fields), "")


def _key(model: Any) -> tuple[str, ...]:
    return tuple(field.name for field in model._meta.pk_fields)


def _role(model: Any) -> fx.Role:
    if model._meta.auto_created:
        return fx.Role.M2M
    for field in model._meta.local_concrete_fields:
        if field.remote_field is not None and field.remote_field.parent_link:
            return fx.Role.CHILD
    return fx.Role.MODEL


def _stored(column: Column) -> tuple[object, ...]:
    digits = (column.max_digits, column.decimal_places)
    return (column.type, column.max_length, *digits, column.collation)


def _normalised(together: Any) -> set[tuple[str, ...]]:
    return {tuple(names) for names in together or ()}
