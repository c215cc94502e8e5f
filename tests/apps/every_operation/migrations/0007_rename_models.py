"""RenameModel of every kind of model, with all that refers to it."""

from __future__ import annotations

from django.db import migrations


def rename(old: str, new: str) -> migrations.RenameModel:
    return migrations.RenameModel(old_name=old, new_name=new)


class Migration(migrations.Migration):
    dependencies = [("every_operation", "0006_rename_fields")]
    operations = [
        # Keys, to_field and a table between two models refer to it, from two apps.
        rename("Author", "Writer"),
        rename("Tag", "Label"),
        # Has tables of its own between two models, one named after it and one by db_table.
        rename("Book", "Volume"),
        # Refers to itself twice.
        rename("Node", "Vertex"),
        # Is itself the table between two models.
        rename("Loan", "Lending"),
        # Inherits, and is inherited from. (Django cannot rename the topmost parent.)
        rename("Pizzeria", "PizzaPlace"),
        rename("PlaceProxy", "SpotProxy"),
        rename("Ledger", "Accounts"),
        rename("Account", "Member"),
        rename("Pair", "Couple"),
        # There and back in one step.
        rename("Chapter", "Section"),
        rename("Section", "Chapter"),
    ]
