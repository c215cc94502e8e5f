"""Collations that change, and what is the same under the new one."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import models
from django.db.migrations import operations as ops
from django.db.models import UniqueConstraint

from tests.helpers import Project, model
from tests.settings import ENGINE
from tests.steps import Case, integer, judge, names, rows_of, sql, text

#: Without and with a difference between letter cases; the second is the default of no engine.
EXACT, LOOSE = {
    "sqlite": ("BINARY", "NOCASE"),
    "postgresql": ("C", "caseless"),
    "mariadb": ("utf8mb4_bin", "utf8mb4_unicode_ci"),
    "mysql": ("utf8mb4_bin", "utf8mb4_unicode_ci"),
}[ENGINE]
PADDED, UNPADDED = {
    "mariadb": ("utf8mb4_unicode_ci", "utf8mb4_unicode_nopad_ci"),
    "mysql": ("utf8mb4_unicode_ci", "utf8mb4_0900_ai_ci"),
}.get(ENGINE, ("RTRIM", "BINARY"))
MY, PADS = ("mariadb", "mysql"), ("mariadb", "mysql", "sqlite")
#: Made before the plan, as an earlier migration of the project would.
CASELESS = """CREATE COLLATION IF NOT EXISTS caseless (
    provider = icu, locale = 'und-u-ks-level2', deterministic = false
)"""


def named(*values: str | None, **more: list[Any]) -> Any:
    return rows_of("shop_item", name=list(values), **more)


def item(collation: str | None, **options: Any) -> list[Any]:
    return [model("Item", name=text(db_collation=collation, null=True, **options))]


def changed(collation: str | None, **options: Any) -> list[Any]:
    return [ops.AlterField("Item", "name", text(db_collation=collation, null=True, **options))]


def pair(*rules: Any, **options: Any) -> list[Any]:
    name = text(db_collation=EXACT, null=True)
    of_item = {"constraints": list(rules), **options}
    return [model("Item", of_item, name=name, size=integer(null=True))]


ONE = UniqueConstraint(fields=["name"], name="one")
BOTH = UniqueConstraint(fields=["size", "name"], name="both")
LETTERS = ("a", "A")

CASES: dict[str, Case] = {
    "letters become alike": Case(item(EXACT), changed(LOOSE), named(*LETTERS)),
    "letters stop being alike": Case(item(LOOSE), changed(EXACT), named(*LETTERS)),
    "letters of a unique column become alike": Case(
        item(EXACT, unique=True), changed(LOOSE, unique=True), named(*LETTERS)
    ),
    "letters of a unique column, none alike": Case(
        item(EXACT, unique=True), changed(LOOSE, unique=True), named("a", "b", None, None)
    ),
    "letters of a unique column stop being alike": Case(
        item(LOOSE, unique=True), changed(EXACT, unique=True), named("a", "b")
    ),
    "letters that were different, in the way back": Case(
        item(LOOSE, unique=True),
        changed(EXACT, unique=True),
        named(*LETTERS),
        backwards=True,
    ),
    "unique and alike at once": Case(item(EXACT), changed(LOOSE, unique=True), named(*LETTERS)),
    "unique and different at once": Case(item(LOOSE), changed(EXACT, unique=True), named(*LETTERS)),
    "alike, then unique": Case(
        item(EXACT), [*changed(LOOSE), *changed(LOOSE, unique=True)], named(*LETTERS)
    ),
    "alike, then different, then unique": Case(
        item(EXACT), [*changed(LOOSE), *changed(EXACT, unique=True)], named(*LETTERS)
    ),
    "alike, then a constraint": Case(
        item(EXACT), [*changed(LOOSE), ops.AddConstraint("Item", ONE)], named(*LETTERS)
    ),
    "different, then a constraint": Case(
        item(LOOSE), [*changed(EXACT), ops.AddConstraint("Item", ONE)], named(*LETTERS)
    ),
    "alike and shorter": Case(
        item(EXACT, unique=True),
        [ops.AlterField("Item", "name", text(10, db_collation=LOOSE, null=True, unique=True))],
        named(*LETTERS),
    ),
    "alike, of the engine's own": Case(
        item(EXACT, unique=True), changed(None, unique=True), named(*LETTERS)
    ),
    "text without a length": Case(
        [model("Item", name=models.TextField(db_collation=EXACT, null=True))],
        [ops.AlterField("Item", "name", models.TextField(db_collation=LOOSE, null=True))],
        named(*LETTERS),
    ),
    "a key of the field's own constraint": Case(pair(ONE), changed(LOOSE), named(*LETTERS)),
    "unique together, alike": Case(
        pair(unique_together={("size", "name")}), changed(LOOSE), named(*LETTERS, size=[1, 1])
    ),
    "unique together, not alike": Case(
        pair(unique_together={("size", "name")}), changed(LOOSE), named(*LETTERS, size=[1, 2])
    ),
    "a constraint over both, alike": Case(pair(BOTH), changed(LOOSE), named(*LETTERS, size=[1, 1])),
    "a constraint over both, which goes first": Case(
        pair(BOTH),
        [ops.RemoveConstraint("Item", "both"), *changed(LOOSE)],
        named(*LETTERS, size=[1, 1]),
    ),
    "a constraint over both, of a renamed model": Case(
        pair(BOTH),
        [
            ops.RenameModel("Item", "Thing"),
            ops.AlterField("Thing", "name", text(db_collation=LOOSE, null=True)),
        ],
        named(*LETTERS, size=[1, 1]),
    ),
    "blanks at the end become alike": Case(
        item(UNPADDED, unique=True), changed(PADDED, unique=True), named("a", "a "), only=PADS
    ),
    "blanks at the end stop being alike": Case(
        item(PADDED), changed(UNPADDED, unique=True), named("a", "a "), only=PADS
    ),
    "numbers of text that was alike": Case(
        item(PADDED),
        [ops.AlterField("Item", "name", integer(null=True))],
        named("42", "007"),
        only=PADS,
    ),
    "another character set": Case(
        item("utf8mb4_bin"), changed("latin1_swedish_ci"), named("a", "é", None), only=MY
    ),
    "another character set, and letters it has not got": Case(
        item("utf8mb4_bin"), changed("latin1_swedish_ci"), named("a", "ł", "😀"), only=MY
    ),
    "another character set, and back": Case(
        item("latin1_swedish_ci"), changed("utf8mb4_bin"), named("a", "é"), only=MY
    ),
    "another character set, unique": Case(
        item("utf8mb4_bin", unique=True),
        changed("latin1_swedish_ci", unique=True),
        named("a", "A"),
        only=MY,
    ),
}


@pytest.mark.parametrize("name", names(CASES))
def test_step(project: Project, sql_mode: str, name: str) -> None:
    if ENGINE == "postgresql":
        sql(CASELESS)
    judge(project, CASES[name], name)
