"""Operations on the options of a model: tables, comments, order, groups of columns, managers."""

from __future__ import annotations

from django.db import migrations, models

import tests.apps.every_operation.managers


class Migration(migrations.Migration):
    dependencies = [("every_operation", "0007_rename_models")]
    operations = [
        # The tables between two models are named after this one, and follow it.
        migrations.AlterModelTable(name="volume", table="eo volumes"),
        migrations.AlterModelTable(name="volume", table="eo_volumes"),
        migrations.AlterModelTable(name="vertex", table="eo_vertices"),
        migrations.AlterModelTable(name="vertex", table=None),
        migrations.AlterModelTable(name="restaurant", table="eo_restaurants"),
        migrations.AlterModelTable(name="accounts", table="eo_ledger_elsewhere"),
        migrations.AlterModelTableComment(name="publisher", table_comment='It\'s "quoted"'),
        migrations.AlterModelTableComment(name="volume", table_comment="Books"),
        migrations.AlterModelTableComment(name="volume", table_comment=""),
        # One group, other groups, none.
        migrations.AlterUniqueTogether(name="volume", unique_together={("name", "writer")}),
        migrations.AlterUniqueTogether(
            name="chapter", unique_together={("book", "number"), ("number", "heading")}
        ),
        migrations.AlterUniqueTogether(name="chapter", unique_together={("book", "number")}),
        migrations.AlterUniqueTogether(name="lending", unique_together={("reader", "book")}),
        migrations.AlterUniqueTogether(name="lending", unique_together=set()),
        migrations.AlterOrderWithRespectTo(name="chapter", order_with_respect_to="book"),
        migrations.AlterOrderWithRespectTo(name="lending", order_with_respect_to="reader"),
        migrations.AlterOrderWithRespectTo(name="lending", order_with_respect_to=None),
        migrations.AlterIndexTogether(name="chapter", index_together={("number", "heading")}),
        migrations.AlterIndexTogether(
            name="chapter", index_together={("heading", "number"), ("book", "heading")}
        ),
        migrations.AlterIndexTogether(name="chapter", index_together=set()),
        # The last word on this table: SQLite forgets such an index when it rebuilds one.
        migrations.AlterIndexTogether(name="chapter", index_together={("number", "heading")}),
        migrations.AlterModelOptions(
            name="writer", options={"verbose_name": "author", "permissions": [("read", "Read")]}
        ),
        migrations.AlterModelManagers(name="writer", managers=[]),
        migrations.AlterModelManagers(
            name="writer",
            managers=[("modern", tests.apps.every_operation.managers.LivingAuthors(21))],
        ),
        # While another program looks after a table, nothing that is said of it is done to it.
        migrations.AlterModelOptions(name="member", options={"managed": False}),
        migrations.AddField(
            model_name="member", name="ghost", field=models.IntegerField(default=0)
        ),
        migrations.RemoveField(model_name="member", name="ghost"),
        migrations.AlterModelOptions(name="member", options={}),
    ]
