from django.db import migrations, models


def make_again(apps, schema_editor):
    """Audits without the new columns are due, and follow within a minute."""
    apps.get_model("ranking", "JudgeAudit").objects.update(read_to=0, not_before=None)


class Migration(migrations.Migration):

    dependencies = [
        ("ranking", "0005_juries_and_own_answers"),
    ]

    operations = [
        migrations.AddField(
            model_name="judgeaudit",
            name="battle_sets",
            field=models.JSONField(default=dict, help_text="The battles behind the figures, the newest of each kind."),
        ),
        migrations.AddField(
            model_name="judgeaudit",
            name="boards",
            field=models.JSONField(
                default=list, help_text="The board that its games make under each rule, the default first."
            ),
        ),
        migrations.AddField(
            model_name="judgeaudit",
            name="answered",
            field=models.JSONField(default=dict, help_text="Models and parameters that answered, and what was not sent."),
        ),
        migrations.RunPython(make_again, migrations.RunPython.noop),
    ]
