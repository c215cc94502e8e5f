"""AlterField of columns that others refer to: their columns have to change with them."""

from __future__ import annotations

from django.db import migrations, models

BIG = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    dependencies = [("every_operation", "0004_alter_fields"), ("neighbour", "0001_initial")]
    operations = [
        # A primary key with keys and tables of two apps referring to it.
        migrations.AlterField(model_name="author", name="id", field=BIG),
        # One that refers to itself, by a key and by a table.
        migrations.AlterField(model_name="node", name="id", field=BIG),
        # One whose children have it as their own primary key.
        migrations.AlterField(model_name="place", name="id", field=BIG),
        # One that is text, and grows.
        migrations.AlterField(
            model_name="publisher",
            name="slug",
            field=models.CharField(max_length=40, primary_key=True, serialize=False),
        ),
        # A unique column that is referred to by to_field.
        migrations.AlterField(
            model_name="author", name="code", field=models.CharField(max_length=30, unique=True)
        ),
        # The key itself: to one of a kind, to another model, to no key at all.
        migrations.AlterField(
            model_name="chapter",
            name="opening",
            field=models.OneToOneField(
                null=True, on_delete=models.CASCADE, related_name="+", to="every_operation.place"
            ),
        ),
        migrations.AlterField(
            model_name="chapter",
            name="opening",
            field=models.BigIntegerField(db_column="opening_id", null=True),
        ),
        # A table between two models that gets another second model.
        migrations.AlterField(
            model_name="chapter",
            name="mentions",
            field=models.ManyToManyField(related_name="+", to="every_operation.place"),
        ),
    ]
