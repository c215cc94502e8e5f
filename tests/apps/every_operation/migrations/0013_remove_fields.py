"""RemoveField of every kind of field."""

from __future__ import annotations

from django.db import migrations


def remove(model: str, name: str) -> migrations.RemoveField:
    return migrations.RemoveField(model_name=model, name=name)


class Migration(migrations.Migration):
    dependencies = [("every_operation", "0012_separate"), ("neighbour", "0002_letter_about")]
    operations = [
        # Plain, with a default, nullable, filled by Django, filled by the engine, generated.
        remove("shelf", "big"),
        remove("shelf", "binary"),
        remove("shelf", "duration"),
        remove("shelf", "born"),
        remove("shelf", "implicit"),
        remove("shelf", "by_engine"),
        remove("shelf", "computed"),
        remove("shelf", "integer"),
        # Indexed, unique, under another name, part of a constraint.
        remove("shelf", "url"),
        remove("shelf", "address"),
        remove("shelf", "pillar"),
        migrations.RemoveConstraint("shelf", "eo_nulls"),
        remove("shelf", "described"),
        migrations.AlterUniqueTogether("chapter", unique_together=set()),
        migrations.AlterOrderWithRespectTo("chapter", order_with_respect_to=None),
        remove("couple", "note"),
        # Keys.
        remove("shelf", "tag"),
        remove("shelf", "loose"),
        remove("shelf", "unindexed"),
        remove("shelf", "twin"),
        remove("shelf", "by_code"),
        remove("volume", "house"),
        # Tables between two models: named after the field, named by hand, a model's own.
        remove("volume", "labels"),
        remove("shelf", "others"),
        remove("shelf", "books"),
        remove("vertex", "edges"),
        remove("reader", "books"),
        remove("reader", "favourites"),
    ]
