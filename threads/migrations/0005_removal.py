from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("threads", "0004_folders")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="removed",
            field=models.BooleanField(db_default=False, default=False, help_text="With its run, which may be undone."),
        ),
        migrations.AlterModelOptions(
            name="thread",
            options={
                "ordering": ["-pinned", "-updated_at"],
                "permissions": [
                    (
                        "read_content",
                        "Can read what was said in conversations of others (each look is in the audit log)",
                    ),
                    ("reveal_masks", "Can see the values behind masks there (each look is in the audit log)"),
                ],
            },
        ),
    ]
