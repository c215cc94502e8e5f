"""The editor of a run that keeps what a step takes away, and gives back what it makes anew.

At the moment of ``remove_field``, ``delete_model`` and ``alter_field`` the names are the physical
ones and the rows are what earlier steps have left. What has been parked need not be dropped any
more: the statement that would do it is swallowed, and the rest of what Django does there stays.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.db.models import NOT_PROVIDED

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor as Base

    from migration_tools.archives.catalogue import Archive
    from migration_tools.execution.archiving import Archivist
else:
    Base = object


class ArchivingEditor(Base):
    """On top of the connection's own editor, at the two places where things go and come."""

    archivist: Archivist
    #: Statements that have nothing left to drop.
    _swallowed: frozenset[str] = frozenset()
    #: Tables that need not be dropped again.
    _gone: frozenset[str] = frozenset()
    #: Django copies rows from one table to another.
    _makes_anew = False

    if TYPE_CHECKING:  # private; read in 5.2, 6.0 and 6.1, and pinned by tests/test_private_api.py
        _field_should_be_altered: Any
        _field_should_be_indexed: Any
        _constraint_names: Any
        _create_index_name: Any
        _create_check_sql: Any

    def execute(self, sql: Any, params: Any = ()) -> None:
        if not self._swallowed or str(sql) not in self._swallowed:
            super().execute(sql, params)

    def delete_model(self, model: Any, **options: Any) -> None:
        table = model._meta.db_table
        if table in self._gone:
            return  # of a many-to-many field, and dropped before its model
        # A table that is made anew is dropped without its many-to-many tables, and one that was
        # copied by Django itself when their names change: nothing goes there.
        if self.collect_sql or self._makes_anew or options.get("handle_autom2m") is False:
            super().delete_model(model, **options)
            return
        before = self._gone
        if self.archivist.copies.wants_table(table):
            # First, as they depend on it: a key of theirs would be taken for one to bring back.
            for through in _auto_m2m(model):
                self.delete_model(through)
                self._gone = self._gone | {through._meta.db_table}
        try:
            self._delete_kept(model, **options)
        finally:
            self._gone = before

    def _delete_kept(self, model: Any, **options: Any) -> None:
        table, private = model._meta.db_table, self.archivist.private
        if private.covers_table(model):
            self.archivist.succeed(table, "")
            super().delete_model(model, **options)
            return
        without = private.columns(model)
        if self.archivist.take(table, without=without):
            drop = self.sql_delete_table % {"table": self.quote_name(table)}
            with self._swallowing(drop):
                super().delete_model(model, **options)
            return
        with self.archivist.copies.keeping_table(table, without):
            super().delete_model(model, **options)

    def remove_field(self, model: Any, field: Any) -> None:
        table = model._meta.db_table
        private = self.archivist.private
        if not self._may_keep(field):
            super().remove_field(model, field)
        elif private.covers_field(model, field):
            self.archivist.succeed(table, field.column)
            super().remove_field(model, field)
        elif self.archivist.take(table, field.column, nulls=_turns_nulls(field)):
            drop = self.sql_delete_column % {
                "table": self.quote_name(table),
                "column": self.quote_name(field.column),
            }
            with self._swallowing(drop):
                super().remove_field(model, field)
        elif private.has_private_key(model):
            super().remove_field(model, field)  # a copy would hold the keys of its rows
        else:
            nulls = _turns_nulls(field)
            with self.archivist.copies.keeping_column(table, field.column, nulls=nulls):
                super().remove_field(model, field)

    def alter_field(self, model: Any, old: Any, new: Any, strict: bool = False) -> None:
        with contextlib.ExitStack() as kept:
            if self._may_keep(old) and self._may_keep(new) and self._is_altered(old, new):
                self.archivist.copies.around_change(kept, model, old, new)
            super().alter_field(model, old, new, strict)

    def _delete_composed_index(self, model: Any, fields: Any, found: Any, sql: Any) -> None:
        try:
            super()._delete_composed_index(model, fields, found, sql)  # type: ignore[misc]
        except ValueError:  # it has to be there, unless it went before the operation stopped
            columns = [model._meta.get_field(name).column for name in fields]
            dropped = any("DROP " in each for each in self.archivist.begun.statements)
            if not dropped or self._constraint_names(model, columns, **found):
                raise

    def _is_altered(self, old: Any, new: Any) -> bool:
        return bool(self._field_should_be_altered(old, new))

    # RenameModel calls it by itself.
    def _alter_many_to_many(self, model: Any, old: Any, new: Any, strict: bool) -> None:
        before, self._makes_anew = self._makes_anew, True
        try:
            super()._alter_many_to_many(model, old, new, strict)  # type: ignore[misc]
        finally:
            self._makes_anew = before

    @contextlib.contextmanager
    def _swallowing(self, statement: str) -> Iterator[None]:
        before, self._swallowed = self._swallowed, self._swallowed | {statement}
        try:
            yield
        finally:
            self._swallowed = before

    def create_model(self, model: Any) -> None:
        if self.collect_sql or not self.archivist.give_table(model):
            copies, wanted = self.archivist.copies, not self.collect_sql and not self._makes_anew
            coming = copies.coming_table(self, model) if wanted else None
            super().create_model(model)
            if coming is not None:
                archive, fills = coming
                copies.give_table(archive, model, fills)
            return
        for through in _auto_m2m(model):
            self.create_model(through)

    def add_field(self, model: Any, field: Any) -> None:
        if not self._may_keep(field):
            super().add_field(model, field)
        elif not self.archivist.give_column(self, model, field):
            archive = self.archivist.copied_one(model._meta.db_table, field.column)
            if archive is None:
                super().add_field(model, field)
            else:
                self._add_filled(archive, model, field)

    def _add_filled(self, archive: Archive, model: Any, field: Any) -> None:
        """As a column that takes NULL and means nothing; then filled; then what it is to be."""
        fill = self.archivist.copies.fill(self, archive, model, field)
        plain = bare(field)
        super().add_field(model, plain)
        self.archivist.copies.give_column(archive, model, field, fill=fill)
        if not self._field_should_be_indexed(model, field):
            plain.db_index = field.db_index  # a foreign key brings one along on some engines
        super().alter_field(model, plain, field)
        if self.archivist.copies.forgets_checks:
            self._mend_check(model, field)

    def _mend_check(self, model: Any, field: Any) -> None:
        check = field.db_parameters(connection=self.connection)["check"]
        if not check:
            return
        name = self._create_index_name(model._meta.db_table, [field.column], suffix="_check")
        statement = self._create_check_sql(model, name, check)
        # One that an earlier run has executed is told again: it will be passed over.
        is_told = str(statement) in self.archivist.begun.statements
        if is_told or not self._constraint_names(model, [field.column], check=True):
            self.execute(statement)

    def _may_keep(self, field: Any) -> bool:
        """Not of a field without a column, nor of values that the database computes."""
        stored = field.db_parameters(connection=self.connection)["type"] is not None
        return stored and not self.collect_sql and not getattr(field, "generated", False)

    def __exit__(self, *exc_info: Any) -> None:
        if exc_info[0] is None:
            self.archivist.finish()
            if self.atomic_migration:  # in the transaction that is about to be committed
                self.archivist.copies.finish()
        else:
            self.archivist.forget()
        try:
            super().__exit__(*exc_info)  # foreign keys are made only here
        except BaseException:
            self.archivist.forget()
            raise
        if exc_info[0] is None:
            self.archivist.copies.finish()


def archiving(editor_class: type[Any], archivist: Archivist) -> type[Any]:
    """``editor_class`` with this archivist; another that it may have is of a run round this one."""
    is_one = issubclass(editor_class, ArchivingEditor)
    bases = (editor_class,) if is_one else (ArchivingEditor, editor_class)
    return type("ArchivingSchemaEditor", bases, {"archivist": archivist})


def _turns_nulls(field: Any) -> bool:
    """A NULL would come back as a value, so that it is one of what there is to keep."""
    return bool(field.null and (field.has_default() or field.has_db_default()))


def _auto_m2m(model: Any) -> list[Any]:
    throughs = [field.remote_field.through for field in model._meta.local_many_to_many]
    return [through for through in throughs if through._meta.auto_created]


def bare(field: Any) -> Any:
    """The same column, which takes NULL, has no default and is in no constraint and no index."""
    plain = copy.copy(field)
    for cached in ("_get_default", "_db_default_expression", "unique"):
        plain.__dict__.pop(cached, None)
    plain.null, plain._unique, plain.db_index = True, False, False
    plain.default = plain.db_default = NOT_PROVIDED
    plain.auto_now = plain.auto_now_add = False  # of which Django makes a default
    if plain.remote_field is not None:
        plain.db_constraint = False
    return plain
