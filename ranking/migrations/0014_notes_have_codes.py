from django.db import migrations, models

BEGINNINGS = {
    "votes_alone": ("people’s votes alone",),
    "combined": ("judges were asked about", "holds if", "the battles that judges", "every verdict counts"),
    "judge": ("judge ", "judges of "),
    "judges": ("coverage ", "weights of jurors", "games of judges", "not measured", "measured on few"),
}
WORDS = {
    "few_clusters": ("holds for",),
    "marked": ("on answers that seem to speak to a judge",),
    "near_start": ("so its interval is narrower than by other methods and no surer",),
    "no_texts": ("the texts of no two answers are known",),
    "judges": ("battles decided", "of judges not asked"),
}


def code_of(note):
    """Until now pages went by these words."""
    begun = next((code for code, words in BEGINNINGS.items() if note.startswith(words)), "")
    held = next((code for code, words in WORDS.items() if any(each in note for each in words)), "")
    return held if held == "marked" else begun or held


def give_codes(apps, schema_editor):
    snapshots = apps.get_model("ranking", "Snapshot").objects.exclude(notes=[])
    for pk, notes in snapshots.values_list("pk", "notes").iterator():
        snapshots.filter(pk=pk).update(note_codes=[code_of(note) for note in notes])


class Migration(migrations.Migration):
    dependencies = [
        ("ranking", "0013_labels_in_plain_english"),
    ]

    operations = [
        migrations.AddField(
            model_name="snapshot",
            name="note_codes",
            field=models.JSONField(
                default=list, help_text="What each note is about, for programs; empty: nothing of its own."
            ),
        ),
        migrations.RunPython(give_codes, migrations.RunPython.noop, elidable=True),
    ]
