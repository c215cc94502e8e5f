from __future__ import annotations

from django.db import migrations, models

from tests.apps import odd_names as names


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Customer",
            fields=[
                ("number", models.BigAutoField(db_column=names.KEY, primary_key=True)),
                ("name", models.CharField(db_column=names.APOSTROPHES, max_length=20, unique=True)),
            ],
            options={"db_table": names.CUSTOMERS},
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("choice", models.CharField(db_column=names.RESERVED, max_length=20)),
                ("group", models.IntegerField(db_column=names.SPACED, db_index=True)),
                (
                    "size",
                    models.DecimalField(db_column=names.ACCENTED, decimal_places=3, max_digits=7),
                ),
                ("price", models.PositiveIntegerField(db_column=names.CYRILLIC)),
                ("dotted", models.FloatField(db_column=names.DOTTED, null=True)),
                ("long", models.CharField(db_column=names.LONGEST, max_length=20, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        db_column=names.KEY, on_delete=models.CASCADE, to="odd_names.customer"
                    ),
                ),
                (
                    "others",
                    models.ManyToManyField(
                        db_table=names.PAIRS, related_name="+", to="odd_names.customer"
                    ),
                ),
            ],
            options={"db_table": names.ORDERS},
        ),
        migrations.CreateModel(
            name="Longest",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("name", models.CharField(db_column="Name", max_length=20, null=True)),
            ],
            options={"db_table": names.LONGEST},
        ),
    ]
