"""Sources with their passages, and the full-text index of these (``skills.full_text``), which each database makes its own way."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import coday.kernel.ids
from skills import full_text


def _install(apps, schema_editor):
    full_text.install(schema_editor.connection)


def _remove(apps, schema_editor):
    full_text.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("skills", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="SkillSource",
            fields=[
                ("id", models.UUIDField(default=coday.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("title", models.CharField(max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("text", "text"),
                            ("markdown", "Markdown"),
                            ("html", "HTML"),
                            ("pdf", "PDF"),
                            ("docx", "DOCX"),
                            ("page", "page on the web"),
                        ],
                        max_length=10,
                    ),
                ),
                ("url", models.CharField(blank=True, max_length=2000, verbose_name="URL")),
                ("text", models.TextField()),
                ("characters", models.PositiveIntegerField()),
                ("bytes", models.PositiveIntegerField(help_text="Of the original.")),
                ("checksum", models.CharField(help_text="SHA-256 of the original.", max_length=64)),
                ("fetched_at", models.DateTimeField(blank=True, null=True)),
                ("error", models.CharField(blank=True, help_text="Why it could not be fetched again.", max_length=300)),
                (
                    "skill",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="sources", to="skills.skill"
                    ),
                ),
            ],
            options={"ordering": ["title", "id"]},
        ),
        migrations.CreateModel(
            name="SourcePassage",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("position", models.PositiveIntegerField()),
                ("start", models.PositiveIntegerField()),
                ("heading", models.CharField(blank=True, max_length=200)),
                ("text", models.TextField()),
                ("words", models.TextField()),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="passages", to="skills.skillsource"
                    ),
                ),
            ],
            options={
                "ordering": ["source", "position"],
                "constraints": [
                    models.UniqueConstraint(fields=("source", "position"), name="one_passage_at_a_position")
                ],
            },
        ),
        migrations.RunPython(_install, _remove),
    ]
