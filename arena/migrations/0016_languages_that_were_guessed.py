"""Whether a language was given or recognised.

Until now nothing was stored of it. Languages of prompts with a text are taken for recognised, because a wrong board is worse than
one that a curator has to bring back; those of prompts without a text, and of the sample, were given. A curator who files a prompt
under a language gives it.
"""

from django.db import migrations, models


def mark_guesses(apps, schema_editor):
    prompts = apps.get_model("arena", "Prompt").objects.exclude(language="").exclude(turns=[])
    prompts.filter(arena__is_sample=False).update(is_language_guessed=True)


class Migration(migrations.Migration):

    dependencies = [
        ("arena", "0015_judges_chosen"),
    ]

    operations = [
        migrations.AddField(
            model_name="prompt",
            name="is_language_guessed",
            field=models.BooleanField(default=False, editable=False, help_text="Recognised from the text, not given by a file or a curator."),
        ),
        migrations.RunPython(mark_guesses, migrations.RunPython.noop, elidable=True),
    ]
