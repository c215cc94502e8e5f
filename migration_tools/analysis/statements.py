"""Reads the SQL that a project wrote: which rows and values it would take, if that can be said.

Nothing is sent anywhere. What is not surely understood is not read at all, with the reason: a kind
of statement, of clause or of expression has to be in the lists below. Two readers have to agree on
where a statement begins and ends: Django's own (sqlparse) and sqlglot's.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator, Sequence
from typing import Any

from migration_tools.analysis import effects as fx
from migration_tools.columns import Column, Default

MISSING = 'not read: that takes sqlglot (pip install "django-migration-tools[sql]")'
UNBOUND = "not read: it has parameters of other kinds than text, integers and NULL"
ELSEWHERE = "not read on this engine"

#: Where servers and settings differ in what the text means, or a comment is no comment.
UNSURE = {
    "\\": "a backslash, which settings of the server give a meaning",
    "||": "||, which settings of the server give a meaning",
    "/*!": "a comment that is executed",
    "/*M!": "a comment that is executed",
}

#: Kinds of expression that look at one row, do nothing else, and mean the same when written again.
_NAMES = """
    Column Identifier Literal Null Boolean Paren Coalesce Lower Upper And Or Not Is In Between Like
    ILike EQ NEQ GT GTE LT LTE NullSafeEQ NullSafeNEQ Neg Add Sub Mul
"""
PLAIN = frozenset(_NAMES.split())
INSERTED = PLAIN | {"Values", "Tuple", "Select", "From", "Where", "Table"}

#: Touch no row; their rest is not looked at.
HARMLESS = re.compile(
    r"(CREATE\s+(OR\s+REPLACE\s+)?FUNCTION|CREATE\s+EXTENSION|CREATE\s+SEQUENCE|"
    r"COMMENT\s+ON|ANALYZE)\b",
    re.IGNORECASE,
)


class Unread(Exception):
    """The reason, in a few words."""


def read(script: str, pieces: Sequence[str], dialect: str) -> list[tuple[fx.Act, ...] | str]:
    """Of each of the ``pieces`` of ``script`` what it does, or why that cannot be said."""
    try:
        import sqlglot
        from sqlglot.errors import SqlglotError
    except ImportError:
        return [MISSING] * len(pieces)
    if not dialect:
        return [ELSEWHERE] * len(pieces)
    with _quietly():
        try:
            _agree(script, pieces, dialect, sqlglot)
        except (Unread, SqlglotError) as error:
            reason = str(error) if isinstance(error, Unread) else "it cannot be taken apart"
            return [f"not read: {reason}"] * len(pieces)
        found: list[tuple[fx.Act, ...] | str] = []
        for piece in pieces:
            try:
                found.append(tuple(_Statement(piece, dialect).acts()))
            except Unread as error:
                found.append(f"not read: {error}")
            except SqlglotError:
                found.append("not read: sqlglot does not know it")
    return found


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """sqlglot logs what it cannot parse; here that is an answer like others."""
    logger = logging.getLogger("sqlglot")
    saved, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = saved


def _agree(script: str, pieces: Sequence[str], dialect: str, sqlglot: Any) -> None:
    for text, reason in UNSURE.items():
        if text in script:
            raise Unread(reason)
    if '"' in script and '"' in sqlglot.Dialect.get_or_raise(dialect).tokenizer_class.QUOTES:
        raise Unread("double quotes, which settings of the server give a meaning")

    def parts(text: str) -> list[list[str]]:
        cut: list[list[str]] = [[]]
        for token in sqlglot.tokenize(text, dialect=dialect):
            if token.token_type is sqlglot.TokenType.SEMICOLON:
                cut.append([])
            else:
                cut[-1].append(f"{token.token_type} {token.text}")
        return [part for part in cut if part]

    if parts(script) != [part for piece in pieces for part in parts(piece)] or any(
        len(parts(piece)) != 1 for piece in pieces
    ):
        raise Unread("where its statements end is not clear")


class _Statement:
    def __init__(self, text: str, dialect: str) -> None:
        import sqlglot
        from sqlglot import exp

        self.text, self.exp = text.strip().rstrip(";").strip(), exp
        self.dialect = sqlglot.Dialect.get_or_raise(dialect)

    def acts(self) -> Iterator[fx.Act]:
        if HARMLESS.match(self.text):
            return
        (tree,) = self.dialect.parse(self.text)
        kind = type(tree).__name__
        reader = getattr(self, f"_{kind.lower()}", None)
        if reader is None:
            raise Unread("a kind of statement that may do anything")
        yield from reader(tree)

    # --- kinds of statement -----------------------------------------------------------------

    def _delete(self, tree: Any) -> Iterator[fx.Act]:
        self._only(tree, "this", "where")
        table, names = self._table(tree.this)
        yield fx.RowsDeleted(table=table, condition=self._condition(tree, names))

    def _truncatetable(self, tree: Any) -> Iterator[fx.Act]:
        self._only(tree, "expressions", "identity")
        for part in tree.expressions:
            yield fx.RowsDeleted(table=self._table(part)[0], condition="")

    def _update(self, tree: Any) -> Iterator[fx.Act]:
        self._only(tree, "this", "expressions", "where")
        table, names = self._table(tree.this)
        condition = self._condition(tree, names)
        columns = set()
        for part in tree.expressions:
            if type(part) is not self.exp.EQ or type(part.this) is not self.exp.Column:
                raise Unread("an assignment of an unusual form")
            column = self._column(part.this, names)
            if column in columns:
                raise Unread("it sets a column twice")
            columns.add(column)
            value = self._plain(part.expression, names)
            yield fx.ValuesSet(
                table=table,
                column=column,
                value=value,
                constant=_constant(part.expression),
                condition=condition,
            )

    def _insert(self, tree: Any) -> Iterator[fx.Act]:
        self._only(tree, "this", "expression")
        target = tree.this
        self._all_of(tree.expression, INSERTED)
        yield fx.RowsInserted(
            table=self._table(target.this if type(target) is self.exp.Schema else target)[0]
        )

    def _select(self, tree: Any) -> Iterator[fx.Act]:
        self._all_of(tree, INSERTED)
        yield from ()

    def _drop(self, tree: Any) -> Iterator[fx.Act]:
        self._only(tree, "tables", "this", "kind", "exists")
        tables = tree.args.get("tables") or [tree.this]
        if tree.args["kind"] == "TABLE":
            for part in tables:
                yield fx.TableRemoved(table=self._table(part)[0])
        elif tree.args["kind"] != "VIEW":
            raise Unread(f"DROP {tree.args['kind']}")

    def _alter(self, tree: Any) -> Iterator[fx.Act]:
        self._only(tree, "this", "kind", "actions")
        if tree.args["kind"] != "TABLE":
            raise Unread(f"ALTER {tree.args['kind']}")
        table, _names = self._table(tree.this)
        for action in tree.args["actions"]:
            if type(action) is self.exp.ColumnDef:
                yield self._added(table, action)
            elif type(action) is self.exp.Drop and action.args.get("kind") == "COLUMN":
                self._only(action, "this", "tables", "kind")
                (part,) = action.args.get("tables") or [action.this]
                yield fx.ColumnRemoved(table=table, column=self._name(part.this, part))
            else:
                raise Unread("ALTER TABLE in another way than adding or dropping columns")

    def _added(self, table: str, action: Any) -> fx.Act:
        self._only(action, "this", "kind", "constraints")
        kinds = {
            type(part.args["kind"]).__name__: part.args["kind"]
            for part in action.args.get("constraints") or ()
        }
        default = kinds.pop("DefaultColumnConstraint", None)
        if default is not None and type(default.this).__name__ not in ("Literal", "Null"):
            raise Unread("a default that is computed")
        null = kinds.pop("NotNullColumnConstraint", None)
        forbids = null is not None and not null.args.get("allow_null")
        if kinds or (forbids and default is None):
            raise Unread("a new column with conditions that rows may not meet")
        name = self._name(action.this, action.this)
        return fx.ColumnMade(table=table, column=name, filled=default is not None)

    def _create(self, tree: Any) -> Iterator[fx.Act]:
        kind = tree.args["kind"]
        if kind == "INDEX" and not tree.args.get("unique"):
            self._all_of(tree, PLAIN | {"Create", "Index", "Table", "Ordered", "IndexParameters"})
        elif kind == "VIEW":
            self._only(tree, "this", "kind", "replace", "expression", "exists")
        elif kind == "TABLE":
            self._only(tree, "this", "kind", "exists")
            if type(tree.this) is not self.exp.Schema or tree.args.get("exists"):
                raise Unread("CREATE TABLE of an unusual form")
            columns = tree.this.expressions
            if any(type(column) is not self.exp.ColumnDef for column in columns):
                raise Unread("CREATE TABLE with constraints")
            if tree.find(self.exp.Reference):
                raise Unread("CREATE TABLE with foreign keys")
            names = tuple(self._name(column.this, column.this) for column in columns)
            yield fx.TableMade(table=self._table(tree.this.this)[0], columns=names)
        else:
            raise Unread(f"CREATE {'UNIQUE ' if tree.args.get('unique') else ''}{kind}")

    # --- parts of statements ----------------------------------------------------------------

    def _only(self, node: Any, *names: str) -> None:
        """Clauses that nobody here knows must not be passed over."""
        for name, value in node.args.items():
            if value and name not in names:
                raise Unread(f"{type(node).__name__.upper()} with {name.strip('_').upper()}")

    def _table(self, node: Any) -> tuple[str, frozenset[str]]:
        """Its name, and the names by which columns may be qualified."""
        if type(node) is not self.exp.Table:
            raise Unread("more than a table's name")
        if node.args.get("db") or node.args.get("catalog"):
            raise Unread("a name with a schema")
        self._only(node, "this", "alias")
        if re.search(r"\bONLY\b", self.text, re.IGNORECASE):
            raise Unread("ONLY")
        name = self._name(node.this, node)
        alias = node.args.get("alias")
        if alias is None:
            return name, frozenset({name})
        self._only(alias, "this")
        return name, frozenset({self._name(alias.this, node)})

    def _name(self, identifier: Any, owner: Any) -> str:
        if type(identifier) is not self.exp.Identifier:
            raise Unread("a name of an unusual form")
        return str(self.dialect.normalize_identifier(identifier.copy()).name)

    def _column(self, node: Any, names: frozenset[str]) -> str:
        self._only(node, "this", "table")
        qualifier = node.args.get("table")
        if qualifier is not None and self._name(qualifier, node) not in names:
            raise Unread("another table")
        return self._name(node.this, node)

    def _condition(self, tree: Any, names: frozenset[str]) -> str:
        where = tree.args.get("where")
        return self._plain(where.this, names) if where is not None else ""

    def _plain(self, node: Any, names: frozenset[str]) -> str:
        """SQL of the expression with its columns marked."""
        self._all_of(node, PLAIN)

        def told(part: Any) -> Any:
            if type(part) is not self.exp.Column:
                return part
            name = fx.marked(self._column(part, names))
            return self.exp.Paren(this=self.exp.Column(this=self.exp.Identifier(this=name)))

        return str(node.copy().transform(told).sql(dialect=self.dialect))

    def _all_of(self, node: Any, kinds: frozenset[str]) -> None:
        for part in node.walk():
            if type(part).__name__ not in kinds:
                raise Unread(_shown(part))


def _shown(node: Any) -> str:
    kind = type(node).__name__
    if kind in ("Subquery", "Select", "Exists"):
        return "a query inside"
    name = node.name if kind == "Anonymous" else kind.upper()
    return f"{name}, whose effect is not known"


def _constant(node: Any) -> fx.Constant | None:
    match type(node).__name__:
        case "Null":
            return fx.Constant.NULL
        case "Boolean":
            return fx.Constant.BOOLEAN
        case "Literal" if node.is_string:
            return fx.Constant.TEXT
        case "Literal" if node.name.isdigit():
            return fx.Constant.INTEGER
    return None


# --- parameters -------------------------------------------------------------------------------


def bound(sql: str, params: Any) -> str | None:
    """The statement with its parameters in their places; None where that is not sure.

    Without parameters (None) a percent sign is one; with an empty list of them it is a mark.
    """
    if params is None:
        return sql
    if not isinstance(params, list | tuple):
        return None
    left = list(params)

    def replaced(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        return _literal(left.pop(0))

    try:
        text = re.sub(r"%.?", replaced, sql, flags=re.DOTALL)
    except (IndexError, ValueError):
        return None
    marks = set(re.findall(r"%.?", sql, re.DOTALL))
    return text if not left and marks <= {"%%", "%s"} else None


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str) and "\\" not in value:
        return "'" + value.replace("'", "''") + "'"
    raise ValueError(f"no literal for {type(value).__name__}")


def gives_nothing_back(acts: Sequence[tuple[fx.Act, ...] | str]) -> bool:
    """Whether statements that take a step back only make tables and columns without values."""
    return all(
        not isinstance(of_one, str)
        and all(isinstance(act, fx.TableMade) or _is_empty_column(act) for act in of_one)
        for of_one in acts
    )


def _is_empty_column(act: fx.Act) -> bool:
    return isinstance(act, fx.ColumnMade) and not act.filled


def as_effects(act: fx.Act) -> Iterator[fx.Effect]:
    """What it does to names, for whoever follows these."""
    match act:
        case fx.TableMade():
            columns = tuple(map(_made, act.columns))
            yield fx.TableCreated(table=act.table, columns=columns)
        case fx.TableRemoved():
            yield fx.TableDropped(table=act.table, model="", role=fx.Role.MODEL, columns=())
        case fx.ColumnMade():
            yield fx.ColumnAdded(table=act.table, column=_made(act.column))
        case fx.ColumnRemoved():
            yield fx.ColumnDropped(table=act.table, column=_made(act.column))


def _made(name: str) -> Column:
    return Column(name=name, field=name, type="", kind="", null=True, default=Default.NONE)
