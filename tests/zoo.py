"""Every kind of field, index and constraint, as migrations of one app."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db import connection, migrations, models
from django.db.migrations import CreateModel
from django.db.migrations.operations.base import Operation
from django.db.models.functions import Lower, Now

from tests.helpers import Project, foreign_key, key, model

F, Q = models.F, models.Q


def plain_fields() -> dict[str, models.Field[Any, Any]]:
    return {
        "big": models.BigIntegerField(default=1),
        "binary": models.BinaryField(null=True),
        "boolean": models.BooleanField(default=False),
        "char": models.CharField(max_length=30, db_index=True),
        "date": models.DateField(null=True),
        "moment": models.DateTimeField(auto_now_add=True),
        "decimal": models.DecimalField(max_digits=9, decimal_places=3, default=0),
        "duration": models.DurationField(default=datetime.timedelta(0)),
        "email": models.EmailField(unique=True),
        "file": models.FileField(),
        "float": models.FloatField(null=True),
        "ip": models.GenericIPAddressField(null=True),
        "integer": models.IntegerField(db_default=7),
        "json": models.JSONField(default=dict),
        "positive_big": models.PositiveBigIntegerField(default=1),
        "positive": models.PositiveIntegerField(default=1),
        "positive_small": models.PositiveSmallIntegerField(default=1),
        "slug": models.SlugField(),
        "small": models.SmallIntegerField(default=1),
        "text": models.TextField(blank=True),
        "time": models.TimeField(null=True),
        "url": models.URLField(),
        "uuid": models.UUIDField(default=uuid.uuid4),
        "born": models.DateTimeField(db_default=Now()),
        "odd": models.CharField(max_length=5, db_column="Odd (col), NULL", default="a'b"),
        "told": models.IntegerField(null=True, db_comment="how it's said"),
    }


def constraints() -> list[Any]:
    return [
        models.CheckConstraint(condition=Q(big__gte=0) | Q(char="x, (y)"), name="zoo_check"),
        models.UniqueConstraint(fields=["big", "char"], name="zoo_unique"),
        models.UniqueConstraint(fields=["small"], condition=Q(big__gt=3), name="zoo_partial"),
        models.UniqueConstraint(Lower("slug"), name="zoo_functional"),
    ]


def indexes() -> list[models.Index]:
    return [
        models.Index(fields=["big", "-small"], name="zoo_desc"),
        models.Index(fields=["small"], condition=Q(small__gt=1), name="zoo_where"),
        models.Index(Lower("char").desc(), name="zoo_expression"),
    ]


def generated() -> models.Field[Any, Any]:
    return models.GeneratedField(
        expression=F("big") + F("small"), output_field=models.BigIntegerField(), db_persist=True
    )


def write_zoo(project: Project) -> None:
    run = project.migration
    comment = {"db_table_comment": "animals; it's a zoo"}
    run("0001_initial", model("Beast", comment, **plain_fields()))
    run(
        "0002_relations",
        model("Keeper", name=models.CharField(max_length=10, unique=True)),
        migrations.AddField("beast", "keeper", foreign_key("shop.keeper", null=True)),
        migrations.AddField(
            "beast",
            "loose",
            foreign_key("shop.keeper", db_constraint=False, related_name="+", null=True),
        ),
        migrations.AddField("beast", "friends", models.ManyToManyField("self")),
        migrations.AddField(
            "beast", "vets", models.ManyToManyField("shop.keeper", related_name="v")
        ),
        migrations.CreateModel(
            "Whale",
            [
                (
                    "beast_ptr",
                    models.OneToOneField(
                        "shop.beast",
                        models.CASCADE,
                        parent_link=True,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("depth", models.FloatField()),
            ],
            bases=("shop.beast",),
        ),
        migrations.CreateModel("Proxy", [], options={"proxy": True}, bases=("shop.beast",)),
        migrations.CreateModel("Wild", [key()], options={"managed": False}),
        migrations.CreateModel(
            "Cage",
            [("code", models.CharField(max_length=8, primary_key=True))],
            options={"db_table": "Odd cage, x"},
        ),
        migrations.AddField("beast", "cage", foreign_key("shop.cage", null=True)),
    )
    run(
        "0003_constraints",
        *(migrations.AddConstraint("beast", constraint) for constraint in constraints()),
        *(migrations.AddIndex("beast", index) for index in indexes()),
        migrations.AddField("beast", "sum", generated()),
        migrations.AlterUniqueTogether("beast", {("char", "slug")}),
    )
    run(
        "0004_changes",
        migrations.AlterField("beast", "char", models.CharField(max_length=60, unique=True)),
        migrations.AlterField("beast", "positive", models.IntegerField(null=True)),
        migrations.AlterField(
            "beast", "float", models.DecimalField(max_digits=5, decimal_places=1, null=True)
        ),
        migrations.RenameField("beast", "time", "hour"),
        migrations.RenameModel("Keeper", "Person"),
        migrations.AlterUniqueTogether("beast", set()),
        migrations.RemoveIndex("beast", "zoo_where"),
        migrations.AlterField(
            "beast", "told", models.IntegerField(null=True, db_comment="otherwise")
        ),
    )
    run("0005_table", migrations.AlterModelTable("person", "shop_people"))
    run("0006_rare", *rare_models())
    if connection.vendor == "postgresql":
        write_postgresql(project)


def rare_models() -> Iterator[Operation]:
    """Keys of every make, a way between two models, names that need quotes, collations."""
    collation = {"sqlite": "nocase", "postgresql": "C", "mysql": "utf8mb4_bin"}[connection.vendor]
    yield CreateModel("Short", [("id", models.SmallAutoField(primary_key=True))])
    yield CreateModel("Plain", [("id", models.AutoField(primary_key=True))])
    yield CreateModel("Known", [("id", models.UUIDField(primary_key=True, default=uuid.uuid4))])
    yield CreateModel(
        "Pair",
        [
            ("pk", models.CompositePrimaryKey("left", "right")),
            ("left", models.IntegerField()),
            ("right", models.CharField(max_length=5)),
        ],
    )
    # A foreign key to another column than the primary key, and one whose rows the engine takes.
    targets: dict[str, Any] = {"code": models.CharField(max_length=9, unique=True)}
    yield model("Target", **targets)
    yield model(
        "Link",
        {"unique_together": {("one", "two")}},
        one=foreign_key("shop.target", to_field="code", related_name="+", db_index=False),
        two=foreign_key("shop.target", related_name="+"),
        only=models.OneToOneField("shop.plain", models.CASCADE, null=True),
    )
    on_delete = getattr(models, "DB_CASCADE", models.CASCADE)
    yield model("Taken", by=models.ForeignKey("shop.plain", on_delete, related_name="+"))
    yield model(
        "Way",
        start=foreign_key("shop.target", related_name="+"),
        end=foreign_key("shop.plain", related_name="+"),
    )
    yield migrations.AddField(
        "target", "plains", models.ManyToManyField("shop.plain", through="shop.way")
    )
    yield model(
        "Select",
        order=models.IntegerField(db_column="order"),
        group=models.IntegerField(db_column="Group", db_index=True),
        named=models.CharField(max_length=8, db_collation=collation, db_index=True),
        nothing=models.BooleanField(null=True),
        path=models.FilePathField(),
        commas=models.CharField(max_length=20, db_default="a, 'b' (c)"),
        yes=models.BooleanField(db_default=True),
        price=models.DecimalField(max_digits=6, decimal_places=2, db_default=Decimal("1.50")),
    )
    if connection.vendor != "postgresql":  # where a generated column can be one that is not kept
        half = models.GeneratedField(
            expression=F("order") + 1, output_field=models.IntegerField(), db_persist=False
        )
        yield migrations.AddField("select", "half", half)


def write_postgresql(project: Project) -> None:
    from django.contrib.postgres import constraints, fields, indexes, search

    project.migration(
        "0007_postgresql",
        migrations.AddField(
            "beast", "tags", fields.ArrayField(models.CharField(max_length=5), default=list)
        ),
        migrations.AddField("beast", "span", fields.IntegerRangeField(null=True)),
        migrations.AddIndex("beast", indexes.GinIndex(fields=["tags"], name="zoo_gin")),
        migrations.AddIndex(
            "beast", indexes.BrinIndex(fields=["big"], name="zoo_brin", pages_per_range=4)
        ),
        migrations.AddIndex(
            "beast", models.Index(fields=["big"], include=["small"], name="zoo_include")
        ),
        migrations.AddIndex("beast", indexes.HashIndex(fields=["text"], name="zoo_hash")),
        migrations.AddIndex("beast", indexes.GistIndex(fields=["span"], name="zoo_gist")),
        migrations.AddIndex("beast", indexes.SpGistIndex(fields=["slug"], name="zoo_spgist")),
        migrations.AddIndex(
            "beast",
            models.Index(fields=["slug"], opclasses=["varchar_pattern_ops"], name="zoo_class"),
        ),
        migrations.AddField("beast", "days", fields.DateRangeField(null=True)),
        migrations.AddField("beast", "moments", fields.DateTimeRangeField(null=True)),
        migrations.AddField("beast", "numbers", fields.DecimalRangeField(null=True)),
        migrations.AddField("beast", "bigs", fields.BigIntegerRangeField(null=True)),
        migrations.AddField(
            "beast",
            "grid",
            fields.ArrayField(fields.ArrayField(models.IntegerField(), size=2), null=True),
        ),
        migrations.AddField("beast", "found", search.SearchVectorField(null=True)),
        migrations.AddConstraint(
            "beast",
            models.UniqueConstraint(fields=["big"], include=["text"], name="zoo_covering"),
        ),
        migrations.AddConstraint(
            "beast",
            constraints.ExclusionConstraint(expressions=[("span", "&&")], name="zoo_exclude"),
        ),
        migrations.AddConstraint(
            "beast",
            models.UniqueConstraint(
                fields=["small"], name="zoo_deferred", deferrable=models.Deferrable.DEFERRED
            ),
        ),
        migrations.AddConstraint(
            "beast",
            models.UniqueConstraint(fields=["moment"], name="zoo_nulls", nulls_distinct=False),
        ),
        migrations.AddField(
            "beast", "named", models.CharField(max_length=5, null=True, db_collation="C")
        ),
    )
