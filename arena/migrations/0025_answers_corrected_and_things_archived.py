"""What is put away says when, why and by whom; a corrected answer is another row, and the one before it names it.

SQLite makes a table anew to add such columns, and a table that is dropped takes its triggers along; a trigger that names it
stands in the way of its return. So all triggers are put aside meanwhile.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

ARCHIVED = ("arena", "competitor", "endpoint", "prompt", "response")


def put_triggers_aside(apps, schema_editor):
    if schema_editor.connection.vendor != "sqlite":
        return
    schema_editor.execute("CREATE TEMPORARY TABLE triggers_aside AS SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    for name in _aside(schema_editor, "name"):
        schema_editor.execute(f'DROP TRIGGER "{name}"')


def bring_triggers_back(apps, schema_editor):
    if schema_editor.connection.vendor != "sqlite":
        return
    for statement in _aside(schema_editor, "sql"):
        schema_editor.execute(statement)
    schema_editor.execute("DROP TABLE temp.triggers_aside")


def _aside(schema_editor, column):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM temp.triggers_aside ORDER BY rowid")  # our own column names  # nosec B608
        return [row[0] for row in cursor.fetchall()]


def fields_of(model):
    by = models.ForeignKey(
        blank=True, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+",
        to=settings.AUTH_USER_MODEL,
    )
    return [
        migrations.AddField(model, "archived_at", models.DateTimeField(blank=True, editable=False, null=True)),
        migrations.AddField(
            model, "archived_because", models.CharField(blank=True, default="", editable=False, max_length=200)
        ),
        migrations.AddField(model, "archived_by", by),
    ]


def index(model, name, *fields, condition=None):
    return migrations.AddIndex(model, models.Index(fields=fields, name=name, condition=condition))


class Migration(migrations.Migration):
    dependencies = [("arena", "0024_webhooks"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.RunPython(put_triggers_aside, bring_triggers_back),
        migrations.RemoveConstraint("response", "one_response_a_repeat"),
        migrations.RemoveIndex("response", "response_delivered_text"),
        migrations.RemoveIndex("response", "response_same_text"),
        *[operation for model in ARCHIVED for operation in fields_of(model)],
        migrations.AddField(
            "response",
            "superseded_by",
            models.ForeignKey(
                blank=True, db_index=False, editable=False, help_text="The answer that corrected this one.", null=True,
                on_delete=django.db.models.deletion.PROTECT, related_name="supersedes", to="arena.response",
            ),
        ),
        index("prompt", "prompt_archived_by", "archived_by", condition=models.Q(archived_by__isnull=False)),
        index("response", "response_delivered_text", "competitor", "finish", "prompt", "content_hash", "archived_at"),
        index("response", "response_same_text", "prompt", "content_hash", "archived_at"),
        index("response", "response_superseded_by", "superseded_by", condition=models.Q(superseded_by__isnull=False)),
        index("response", "response_archived_by", "archived_by", condition=models.Q(archived_by__isnull=False)),
        migrations.AddConstraint(
            "response",
            models.UniqueConstraint(
                fields=("prompt", "competitor", "repeat"), condition=models.Q(archived_at=None), name="one_answer_in_use_a_repeat"
            ),
        ),
        migrations.AlterField(
            "ballot",
            "state",
            models.CharField(
                choices=[
                    ("open", "open"), ("voted", "voted"), ("skipped", "skipped"), ("flagged", "flagged"),
                    ("closed", "closed: what it shows was put away"),
                ],
                default="open",
                max_length=8,
            ),
        ),
        migrations.RunPython(bring_triggers_back, put_triggers_aside),
    ]
