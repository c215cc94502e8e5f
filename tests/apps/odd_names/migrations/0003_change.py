from __future__ import annotations

from django.db import migrations, models

from tests.apps import odd_names as names


class Migration(migrations.Migration):
    dependencies = [("odd_names", "0002_rows")]
    operations = [
        migrations.AlterField(
            model_name="order",
            name="size",
            field=models.DecimalField(db_column=names.ACCENTED, decimal_places=1, max_digits=7),
        ),
        migrations.AlterField(
            model_name="order",
            name="price",
            field=models.IntegerField(db_column=names.CYRILLIC, unique=True),
        ),
        migrations.AlterField(
            model_name="order",
            name="choice",
            field=models.CharField(db_column="where", max_length=10),
        ),
        migrations.RemoveField("order", "long"),
        migrations.RemoveField("order", "dotted"),
        migrations.RemoveField("order", "others"),
        migrations.AlterModelTable("order", names.RENAMED),
    ]
