"""Rows in every table, so that the following steps have something to carry or to break."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import migrations

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.state import StateApps

FIRST = 101


def add_rows(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    alias = schema_editor.connection.alias

    def make(model: str, **values: object) -> object:
        return apps.get_model("every_operation", model)._base_manager.using(alias).create(**values)

    authors = [make("Author", id=FIRST + n, name=f"Author {n}", code=f"A{n}") for n in range(3)]
    house = make("Publisher", slug="penguin", name="Penguin Böoks")
    tags = [make("Tag", id=FIRST + n, label=f"tag-{n}") for n in range(3)]
    books = [
        make(
            "Book",
            id=FIRST + n,
            title=f"Book {n}",
            price=Decimal("9.95") + n,
            pages=100 + n,
            author=author,
            publisher=house if n else None,
        )
        for n, author in enumerate(authors)
    ]
    reader = make("Reader", id=FIRST, email="reader@example.com")
    make("Loan", id=FIRST, reader=reader, book=books[0], since=datetime.date(2024, 2, 29))
    root = make("Node", id=FIRST, label="root")
    leaf = make("Node", id=FIRST + 1, label="leaf", parent=root)
    make("Pizzeria", id=FIRST, name="Da Gino", stars=1)
    make("Place", id=FIRST + 1, name="Nowhere")
    make("Account", id=FIRST, login="admin")
    make("Pair", left=1, right=2)
    make("Pair", left=2, right=1, note="swapped")
    for number in (1, 2, 3):
        make("Chapter", id=FIRST + number, number=number, heading="Intro", book=books[1])
    make("Shelf", id=FIRST)
    make("Shelf", id=FIRST + 1)
    books[0].tags.set(tags)  # type: ignore[attr-defined]
    reader.favourites.set(books[1:])  # type: ignore[attr-defined]
    root.neighbours.add(leaf)  # type: ignore[attr-defined]


def remove_rows(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    alias = schema_editor.connection.alias
    for name in (
        "Chapter", "Shelf", "Pair", "Account", "Place", "Node", "Loan", "Reader", "Book", "Tag",
        "Publisher", "Author",
    ):  # fmt: skip
        apps.get_model("every_operation", name)._base_manager.using(alias).all().delete()


class Migration(migrations.Migration):
    dependencies = [("every_operation", "0001_initial")]
    operations = [migrations.RunPython(add_rows, remove_rows)]
