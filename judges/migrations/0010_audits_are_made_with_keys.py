from django.db import migrations, models


def make_again(apps, schema_editor):
    """Figures of earlier audits have no keys and no codes: each audit is due, and shown as it is until it is made."""
    apps.get_model("judges", "JudgeAudit").objects.exclude(made_at=None).update(read_to=0, not_before=None)


class Migration(migrations.Migration):
    dependencies = [
        ("judges", "0009_audits_belong_to_judges"),
    ]

    operations = [
        migrations.AddField(
            model_name="judgeaudit",
            name="reason_notes",
            field=models.JSONField(default=list, help_text="Code and parameters of each of the reasons."),
        ),
        migrations.RunPython(make_again, migrations.RunPython.noop, elidable=True),
    ]
