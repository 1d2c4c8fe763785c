"""A judge that is retired says when, why and by whom; arenas with its games are told in the ledger."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

SAYS = [
    ("include", "It counts, whatever the rule says"),
    ("exclude", "It does not count, whatever the rule says"),
    ("rule", "As the rule says"),
    ("retired", "It is retired: it counts only on boards that name it"),
]


class Migration(migrations.Migration):
    dependencies = [("judges", "0012_labels_of_single_answers"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.AddField("judge", "archived_at", models.DateTimeField(blank=True, editable=False, null=True)),
        migrations.AddField(
            "judge", "archived_because", models.CharField(blank=True, default="", editable=False, max_length=200)
        ),
        migrations.AddField(
            "judge",
            "archived_by",
            models.ForeignKey(
                blank=True, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL,
                related_name="+", to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            "judgechoice", "says", models.CharField(choices=SAYS, max_length=10, verbose_name="what it comes to")
        ),
    ]
