"""DeleteModel of every kind of model, and names that are used again."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("every_operation", "0013_remove_fields")]
    operations = [
        # Made and gone within one step: nothing of it was ever there to lose.
        migrations.CreateModel(
            name="Mayfly",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("labels", models.ManyToManyField(to="every_operation.label")),
            ],
        ),
        migrations.AddField("mayfly", "age", models.IntegerField(default=0)),
        migrations.RemoveField("mayfly", "age"),
        migrations.DeleteModel("Mayfly"),
        migrations.DeleteModel("Favourite"),
        migrations.DeleteModel("Lending"),
        # Children before parents; the rows of the parents stay.
        migrations.DeleteModel("PizzaPlace"),
        migrations.DeleteModel("Restaurant"),
        migrations.DeleteModel("SpotProxy"),
        migrations.DeleteModel("Accounts"),
        migrations.DeleteModel("Vertex"),
        migrations.DeleteModel("Member"),
        migrations.DeleteModel("Couple"),
        # With a table between two models of its own.
        migrations.DeleteModel("Chapter"),
        # The same name again, and not the same table.
        migrations.DeleteModel("Label"),
        migrations.CreateModel(
            name="Label",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("text", models.CharField(max_length=10)),
            ],
        ),
        # The same column name again, and not the same column.
        migrations.RemoveField("shelf", "char"),
        migrations.AddField("shelf", "char", models.FloatField(null=True)),
    ]
