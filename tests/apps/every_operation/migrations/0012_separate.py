"""The database and the state each go their own way, and meet again."""

from __future__ import annotations

from django.db import migrations, models

from tests.apps.every_operation import operations as own

SPLIT = migrations.AddField("shelf", "split", models.IntegerField(default=0))


class Migration(migrations.Migration):
    dependencies = [("every_operation", "0011_special")]
    operations = [
        # SQL that tells the state what it does.
        migrations.RunSQL(
            "ALTER TABLE every_operation_shelf ADD COLUMN by_hand integer NULL",
            "ALTER TABLE every_operation_shelf DROP COLUMN by_hand",
            state_operations=[
                migrations.AddField("shelf", "by_hand", models.IntegerField(null=True))
            ],
        ),
        # The state only: a table between two models becomes a model.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="Favourite",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True)),
                        (
                            "reader",
                            models.ForeignKey(
                                on_delete=models.CASCADE, to="every_operation.reader"
                            ),
                        ),
                        (
                            "volume",
                            models.ForeignKey(
                                on_delete=models.CASCADE, to="every_operation.volume"
                            ),
                        ),
                    ],
                    options={
                        "db_table": "eo_favourites",
                        "unique_together": {("reader", "volume")},
                    },
                ),
                migrations.AlterField(
                    model_name="reader",
                    name="favourites",
                    field=models.ManyToManyField(
                        related_name="fans",
                        through="every_operation.Favourite",
                        to="every_operation.volume",
                    ),
                ),
            ]
        ),
        # The database only, and the state a step later.
        migrations.SeparateDatabaseAndState(database_operations=[SPLIT]),
        migrations.SeparateDatabaseAndState(state_operations=[SPLIT]),
        # Operations of other people.
        own.AddFieldTwice("shelf", "doubled", models.IntegerField(default=2)),
        own.MakeLog("Log"),
    ]
