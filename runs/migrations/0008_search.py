"""The documents of the search, and their full-text index (``runs.search.full_text``), which each database makes its own way."""

from django.db import migrations, models
from django.db.models import Q

from runs.search import full_text


def _install(apps, schema_editor):
    full_text.install(schema_editor.connection)


def _remove(apps, schema_editor):
    full_text.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("runs", "0007_removed_parent")]

    operations = [
        migrations.AddField(
            model_name="rundocument", name="scope", field=models.CharField(db_default="", max_length=33)
        ),
        migrations.AddField(
            model_name="rundocument", name="title", field=models.TextField(db_default="")
        ),
        migrations.AddField(
            model_name="rundocument", name="parts", field=models.TextField(db_default="")
        ),
        migrations.RemoveIndex(model_name="run", name="runs_unindexed"),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(condition=Q(("unindexed", True)), fields=["user_id", "id"], name="runs_unindexed"),
        ),
        migrations.RunPython(_install, _remove),
    ]
