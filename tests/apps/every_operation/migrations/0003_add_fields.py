"""AddField with every field class, and with every source of the value that old rows get."""

from __future__ import annotations

import datetime
import decimal
import uuid
from typing import Any

from django.db import migrations, models
from django.db.models.functions import Now

TODAY = datetime.date(2024, 1, 31)


def add(name: str, field: models.Field[Any, Any], *, keep: bool = True) -> migrations.AddField:
    return migrations.AddField(model_name="shelf", name=name, field=field, preserve_default=keep)


class Migration(migrations.Migration):
    dependencies = [("every_operation", "0002_rows")]
    operations = [
        # Every class, nullable or with a default.
        add("big", models.BigIntegerField(default=2**40)),
        add("binary", models.BinaryField(default=b"\x00\xff")),
        add("boolean", models.BooleanField(default=True)),
        add("char", models.CharField(max_length=20, null=True)),
        add("date", models.DateField(default=TODAY)),
        add("moment", models.DateTimeField(null=True)),
        add(
            "amount",
            models.DecimalField(max_digits=8, decimal_places=2, default=decimal.Decimal("1.25")),
        ),
        add("duration", models.DurationField(default=datetime.timedelta(days=1))),
        add("email", models.EmailField(default="", max_length=254)),
        add("file", models.FileField(blank=True, default="", upload_to="files")),
        add("path", models.FilePathField(blank=True, default="", path="/")),
        add("ratio", models.FloatField(default=0.5)),
        add("address", models.GenericIPAddressField(null=True)),
        add("integer", models.IntegerField(default=7)),
        add("json", models.JSONField(default=dict)),
        add("positive_big", models.PositiveBigIntegerField(null=True)),
        add("positive", models.PositiveIntegerField(default=3)),
        add("positive_small", models.PositiveSmallIntegerField(default=4)),
        add("slug", models.SlugField(default="x")),
        add("small", models.SmallIntegerField(default=-1)),
        add("text", models.TextField(default="long\nlonger")),
        add("time", models.TimeField(null=True)),
        add("url", models.URLField(default="")),
        add("uuid", models.UUIDField(default=uuid.uuid4)),
        # Every source of the value.
        add("stamped", models.DateTimeField(auto_now=True)),
        add("born", models.DateTimeField(auto_now_add=True)),
        add("once", models.CharField(default="asked for once", max_length=20), keep=False),
        add("implicit", models.CharField(blank=True, max_length=20), keep=False),
        add("by_engine", models.IntegerField(db_default=11)),
        add("by_clock", models.DateTimeField(db_default=Now())),
        add("both", models.IntegerField(db_default=12, default=13)),
        add(
            "computed",
            models.GeneratedField(
                db_persist=True,
                expression=models.F("integer") * 2,
                output_field=models.IntegerField(),
            ),
        ),
        # Every way of standing out.
        add("indexed", models.CharField(db_index=True, default="", max_length=20)),
        add("single", models.CharField(max_length=20, null=True, unique=True)),
        add("column", models.CharField(db_column="other name", default="", max_length=20)),
        add("described", models.IntegerField(db_comment="It's free", null=True)),
        # Every relation.
        add(
            "curator",
            models.ForeignKey(default=101, on_delete=models.CASCADE, to="every_operation.author"),
            keep=False,
        ),
        add(
            "tag",
            models.ForeignKey(
                default=102, null=True, on_delete=models.CASCADE, to="every_operation.tag"
            ),
            keep=False,
        ),
        add(
            "loose",
            models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=models.DO_NOTHING,
                related_name="+",
                to="every_operation.tag",
            ),
        ),
        add(
            "unindexed",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=models.SET_NULL,
                related_name="+",
                to="every_operation.publisher",
            ),
        ),
        add(
            "twin",
            models.OneToOneField(null=True, on_delete=models.CASCADE, to="every_operation.shelf"),
        ),
        add(
            "by_code",
            models.ForeignKey(
                null=True, on_delete=models.CASCADE, to="every_operation.author", to_field="code"
            ),
        ),
        add("books", models.ManyToManyField(related_name="shelves", to="every_operation.book")),
        add("others", models.ManyToManyField(to="every_operation.shelf")),
        migrations.AddField(
            model_name="chapter",
            name="opening",
            field=models.ForeignKey(
                null=True, on_delete=models.CASCADE, related_name="+", to="every_operation.node"
            ),
        ),
        migrations.AddField(
            model_name="chapter",
            name="mentions",
            field=models.ManyToManyField(related_name="+", to="every_operation.tag"),
        ),
    ]
