from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("accounts", "0004_labels")]

    operations = [
        migrations.AlterField(
            model_name="auditrecord",
            name="action",
            field=models.CharField(
                choices=[
                    ("added", "added"),
                    ("changed", "changed"),
                    ("deleted", "deleted"),
                    ("acted", "carried out an action"),
                    ("logged_in", "logged in"),
                    ("logged_out", "logged out"),
                    ("login_failed", "could not log in"),
                    ("token_made", "made a token"),
                    ("token_revoked", "revoked a token"),
                    ("keys_rotated", "rotated the encryption keys"),
                    ("backup_made", "made a backup"),
                    ("restored", "restored a backup"),
                    ("content_read", "read what was said"),
                    ("masks_revealed", "saw what is behind masks"),
                ],
                db_index=True,
                max_length=20,
            ),
        ),
    ]
