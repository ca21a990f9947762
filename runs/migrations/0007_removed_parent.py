from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("runs", "0006_user_run")]

    operations = [
        migrations.AddField(
            model_name="run",
            name="removed_parent",
            field=models.UUIDField(
                blank=True,
                help_text="The removed run that it stands behind: its parent is the nearest that is left.",
                null=True,
            ),
        ),
    ]
