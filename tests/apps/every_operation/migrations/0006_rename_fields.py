"""RenameField: the column, the columns that refer to it, and the tables named after it."""

from __future__ import annotations

from django.db import migrations


def rename(model: str, old: str, new: str) -> migrations.RenameField:
    return migrations.RenameField(model_name=model, old_name=old, new_name=new)


class Migration(migrations.Migration):
    dependencies = [("every_operation", "0005_alter_keys")]
    operations = [
        rename("shelf", "small", "tiny"),
        # In unique_together and index_together.
        rename("book", "title", "name"),
        # A key: its column follows its name, unless db_column says otherwise.
        rename("book", "publisher", "house"),
        rename("book", "author", "writer"),
        # A table between two models is named after its field.
        rename("book", "tags", "labels"),
        rename("node", "neighbours", "edges"),
        rename("node", "parent", "above"),
        # Primary keys, alone and of two columns.
        rename("reader", "id", "number"),
        rename("publisher", "slug", "handle"),
        # Kept in a column by its old name.
        rename("shelf", "column", "pillar"),
        # There and back, and two that change places.
        rename("pair", "note", "spare"),
        rename("pair", "spare", "note"),
        rename("shelf", "single", "spare"),
        rename("shelf", "indexed", "single"),
        rename("shelf", "spare", "indexed"),
    ]
