from django.db import migrations, models


class Migration(migrations.Migration):
    """Lists of games are read in the order of their numbers: those of a run or of a judge by these."""

    dependencies = [("judges", "0004_constant_answers_and_earlier_endings")]
    operations = [
        migrations.AddIndex("game", models.Index(fields=["run", "id"], name="game_in_run")),
        migrations.AddIndex("game", models.Index(fields=["judge", "id"], name="game_of_judge")),
    ]
