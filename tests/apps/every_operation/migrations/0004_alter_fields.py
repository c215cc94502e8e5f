"""AlterField: each thing that can change about a column, and some that change nothing in it."""

from __future__ import annotations

import datetime
import decimal
from typing import Any

from django.db import migrations, models
from django.db.models.functions import Now


def alter(name: str, field: models.Field[Any, Any], *, keep: bool = True) -> migrations.AlterField:
    return migrations.AlterField(model_name="shelf", name=name, field=field, preserve_default=keep)


class Migration(migrations.Migration):
    dependencies = [("every_operation", "0003_add_fields")]
    operations = [
        # The type.
        alter(
            "amount",
            models.DecimalField(max_digits=6, decimal_places=1, default=decimal.Decimal("1.2")),
        ),
        alter("boolean", models.IntegerField(default=1)),
        alter(
            "date",
            models.DateTimeField(default=datetime.datetime(2024, 1, 31, tzinfo=datetime.UTC)),
        ),
        alter("moment", models.DateField(null=True)),
        alter("positive", models.IntegerField(default=3)),
        alter("positive_small", models.CharField(default="4", max_length=10)),
        alter(
            "ratio",
            models.DecimalField(max_digits=5, decimal_places=2, default=decimal.Decimal("0.5")),
        ),
        alter("small", models.BigIntegerField(default=-1)),
        alter("text", models.CharField(default="short", max_length=50)),
        alter("slug", models.TextField(default="x")),
        alter("email", models.EmailField(default="", max_length=100)),
        alter("uuid", models.CharField(max_length=36)),
        # NULL.
        alter("char", models.CharField(default="was NULL", max_length=20)),
        alter("time", models.TimeField(default=datetime.time(12)), keep=False),
        alter("positive_big", models.PositiveBigIntegerField(db_default=8)),
        alter("duration", models.DurationField(null=True)),
        # The default: in Python nothing happens in the database, in the engine it does.
        alter("big", models.BigIntegerField(default=2**41)),
        alter("by_engine", models.IntegerField(db_default=21)),
        alter("both", models.IntegerField(default=13)),
        alter("by_clock", models.DateTimeField(auto_now_add=True)),
        alter("stamped", models.DateTimeField(db_default=Now())),
        # Index, uniqueness, column, comment.
        alter("indexed", models.CharField(default="", max_length=20)),
        alter("url", models.URLField(db_index=True, default="")),
        alter("single", models.CharField(max_length=20, null=True)),
        alter("address", models.GenericIPAddressField(null=True, unique=True)),
        alter("column", models.CharField(db_column="third name", default="", max_length=20)),
        alter("described", models.IntegerField(db_comment="'quoted'", null=True)),
        # Nothing that the database knows of.
        alter(
            "implicit",
            models.CharField(blank=True, choices=[("a", "A")], help_text="!", max_length=20),
        ),
        alter("file", models.FileField(blank=True, default="", upload_to="other")),
        # Relations.
        alter(
            "tag", models.ForeignKey(null=True, on_delete=models.SET_NULL, to="every_operation.tag")
        ),
        alter(
            "curator",
            models.ForeignKey(null=True, on_delete=models.SET_NULL, to="every_operation.author"),
        ),
        alter(
            "loose",
            models.ForeignKey(
                null=True, on_delete=models.DO_NOTHING, related_name="+", to="every_operation.tag"
            ),
        ),
        alter(
            "unindexed",
            models.ForeignKey(
                null=True,
                on_delete=models.SET_NULL,
                related_name="+",
                to="every_operation.publisher",
            ),
        ),
        alter(
            "twin",
            models.ForeignKey(null=True, on_delete=models.CASCADE, to="every_operation.shelf"),
        ),
        alter(
            "books",
            models.ManyToManyField(
                db_table="eo_shelved", related_name="on", to="every_operation.book"
            ),
        ),
    ]
