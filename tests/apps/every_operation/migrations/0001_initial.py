"""Models of every kind, and every way in which one can refer to another."""

from __future__ import annotations

from django.db import migrations, models

import tests.apps.every_operation.managers

AUTO = models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Author",
            fields=[
                ("id", AUTO),
                ("name", models.CharField(max_length=100)),
                ("code", models.CharField(max_length=10, unique=True)),
            ],
            options={"ordering": ["name"], "verbose_name": "writer of books"},
            bases=(tests.apps.every_operation.managers.WithEmail, models.Model),
            managers=[("living", tests.apps.every_operation.managers.LivingAuthors(20))],
        ),
        migrations.CreateModel(
            name="Publisher",
            fields=[
                ("slug", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=60)),
            ],
            options={"db_table_comment": "Houses, not people"},
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[("id", AUTO), ("label", models.SlugField(unique=True))],
        ),
        migrations.CreateModel(
            name="Book",
            fields=[
                ("id", AUTO),
                ("title", models.CharField(max_length=80)),
                ("price", models.DecimalField(max_digits=8, decimal_places=2)),
                ("pages", models.PositiveSmallIntegerField(default=1)),
                (
                    "author",
                    models.ForeignKey(
                        db_column="author_code",
                        on_delete=models.CASCADE,
                        to="every_operation.author",
                        to_field="code",
                    ),
                ),
                (
                    "publisher",
                    models.ForeignKey(
                        null=True, on_delete=models.SET_NULL, to="every_operation.publisher"
                    ),
                ),
                ("tags", models.ManyToManyField(to="every_operation.tag")),
            ],
            options={
                "unique_together": {("title", "publisher")},
                "index_together": {("title", "pages")},
                "indexes": [models.Index(fields=["price"], name="eo_book_price_idx")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("price__gte", 0)), name="eo_book_price_not_negative"
                    ),
                ],
            },
        ),
        # A table of its own between two models, told to a field that has no column.
        migrations.CreateModel(
            name="Reader",
            fields=[("id", AUTO), ("email", models.EmailField(max_length=120, unique=True))],
        ),
        migrations.CreateModel(
            name="Loan",
            fields=[
                ("id", AUTO),
                ("since", models.DateField()),
                ("book", models.ForeignKey(on_delete=models.CASCADE, to="every_operation.book")),
                (
                    "reader",
                    models.ForeignKey(on_delete=models.CASCADE, to="every_operation.reader"),
                ),
            ],
        ),
        migrations.AddField(
            model_name="reader",
            name="books",
            field=models.ManyToManyField(
                through="every_operation.Loan",
                through_fields=("reader", "book"),
                to="every_operation.book",
            ),
        ),
        migrations.AddField(
            model_name="reader",
            name="favourites",
            field=models.ManyToManyField(
                db_table="eo_favourites", related_name="fans", to="every_operation.book"
            ),
        ),
        # A model that refers to itself, by a key and by a table.
        migrations.CreateModel(
            name="Node",
            fields=[
                ("id", AUTO),
                ("label", models.CharField(blank=True, max_length=30)),
                ("neighbours", models.ManyToManyField(to="every_operation.node")),
                (
                    "parent",
                    models.ForeignKey(
                        null=True, on_delete=models.CASCADE, to="every_operation.node"
                    ),
                ),
            ],
        ),
        # Tables that inherit from one another, and a proxy with no table.
        migrations.CreateModel(
            name="Place",
            fields=[("id", AUTO), ("name", models.CharField(max_length=50))],
        ),
        migrations.CreateModel(
            name="Restaurant",
            fields=[
                (
                    "place_ptr",
                    models.OneToOneField(
                        auto_created=True,
                        on_delete=models.CASCADE,
                        parent_link=True,
                        primary_key=True,
                        serialize=False,
                        to="every_operation.place",
                    ),
                ),
                ("stars", models.SmallIntegerField(default=0)),
            ],
            bases=("every_operation.place",),
        ),
        migrations.CreateModel(
            name="Pizzeria",
            fields=[
                (
                    "restaurant_ptr",
                    models.OneToOneField(
                        auto_created=True,
                        on_delete=models.CASCADE,
                        parent_link=True,
                        primary_key=True,
                        serialize=False,
                        to="every_operation.restaurant",
                    ),
                ),
                ("oven", models.CharField(default="wood", max_length=10)),
            ],
            bases=("every_operation.restaurant",),
        ),
        migrations.CreateModel(
            name="PlaceProxy",
            fields=[],
            options={"proxy": True, "indexes": [], "constraints": []},
            bases=("every_operation.place",),
        ),
        # No table is made for this one, so nothing may ever look at its rows. It refers to a model
        # that is not renamed: Django would rebuild the missing table on SQLite.
        migrations.CreateModel(name="Shelf", fields=[("id", AUTO)]),
        migrations.CreateModel(
            name="Ledger",
            fields=[
                ("id", AUTO),
                (
                    "shelf",
                    models.ForeignKey(on_delete=models.DO_NOTHING, to="every_operation.shelf"),
                ),
            ],
            options={"managed": False, "db_table": "eo_ledger_of_another_program"},
        ),
        migrations.CreateModel(
            name="Account",
            fields=[("id", AUTO), ("login", models.CharField(max_length=30))],
            options={"swappable": "EVERY_OPERATION_ACCOUNT_MODEL"},
        ),
        migrations.CreateModel(
            name="Pair",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "left", "right", blank=True, editable=False, primary_key=True
                    ),
                ),
                ("left", models.IntegerField()),
                ("right", models.IntegerField()),
                ("note", models.CharField(max_length=20, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Chapter",
            fields=[
                ("id", AUTO),
                ("number", models.IntegerField()),
                ("heading", models.CharField(max_length=40)),
                ("book", models.ForeignKey(on_delete=models.CASCADE, to="every_operation.book")),
            ],
        ),
    ]
