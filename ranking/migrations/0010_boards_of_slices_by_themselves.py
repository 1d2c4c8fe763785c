"""Boards of categories and languages that were made by themselves, known by their names; none is deleted.

Those of fewer than 30 prompts are no longer live; the finer rule is asked whenever the arena's ledger goes on.
"""

from django.db import migrations, models
from django.db.models import Q

LEAST_PROMPTS = 30


def mark_and_retire(apps, schema_editor):
    boards = apps.get_model("ranking", "Leaderboard").objects
    prompts = apps.get_model("arena", "Prompt").objects
    sliced = boards.filter(sources="people", method="bradley_terry", intervals="sandwich", is_live=True, is_default=False)
    for board in sliced.exclude(category="", language="").select_related("arena"):
        names = {f"{board.arena.name}: {board.category}"[:120], f"{board.arena.name}, in {board.language}"[:120]}
        if (board.category and board.language) or board.name not in names or board.jury or board.clusters != "prompt":
            continue
        here = prompts.filter(arena=board.arena)
        inside = Q(language=board.language) if board.language else (
            Q(category=board.category) | Q(category__startswith=f"{board.category}/")
        )
        is_live = board.arena.is_sample or here.filter(inside).count() >= LEAST_PROMPTS
        boards.filter(pk=board.pk).update(is_by_itself=True, is_live=is_live)


class Migration(migrations.Migration):

    dependencies = [
        ("arena", "0016_languages_that_were_guessed"),
        ("ranking", "0009_verdicts_on_marked_answers"),
    ]

    operations = [
        migrations.AddField(
            model_name="leaderboard",
            name="is_by_itself",
            field=models.BooleanField(default=False, editable=False, help_text="Made for a category or a language, and live while that has enough prompts."),
        ),
        migrations.RunPython(mark_and_retire, migrations.RunPython.noop, elidable=True),
    ]
