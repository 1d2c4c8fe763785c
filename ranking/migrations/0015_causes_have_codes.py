from django.db import migrations, models


def give_codes(apps, schema_editor):
    """Until now pages went by the names of settings in an error, by a name at the start of a note, and by equal sentences."""
    boards = apps.get_model("ranking", "Leaderboard").objects
    boards.filter(error__contains="AGON_").update(error_code="too_large")
    snapshots = apps.get_model("ranking", "Snapshot").objects
    entries = apps.get_model("ranking", "Entry").objects
    for pk, notes, codes in snapshots.exclude(notes=[]).values_list("pk", "notes", "note_codes").iterator():
        codes = (codes + [""] * len(notes))[: len(notes)]
        if "" not in codes:
            continue
        its = list(entries.filter(snapshot=pk).values_list("competitor__name", "n_votes", "rating", "unrated_because"))
        given = [code or code_of(note, its) for note, code in zip(notes, codes)]
        if given != codes:
            snapshots.filter(pk=pk).update(note_codes=given)


def code_of(note, entries):
    reasons = {reason for _, n_votes, _, reason in entries if n_votes}
    if reasons == {note} and all(rating is None for _, _, rating, _ in entries):
        return "unfitted"
    begins = any(note.startswith(name) and not note[len(name) : len(name) + 1].isalnum() for name, *_ in entries)
    return "one_competitor" if begins else ""


class Migration(migrations.Migration):
    dependencies = [
        ("ranking", "0014_notes_have_codes"),
    ]

    operations = [
        migrations.AddField(
            model_name="leaderboard",
            name="error_code",
            field=models.CharField(
                blank=True, default="", editable=False, help_text="What kind of failure that was, for programs.", max_length=20
            ),
        ),
        migrations.RunPython(give_codes, migrations.RunPython.noop, elidable=True),
    ]
