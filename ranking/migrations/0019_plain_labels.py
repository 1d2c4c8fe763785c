"""Choices of a board are said as readers say them."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ranking', '0018_snapshots_have_a_content_hash'),
    ]

    operations = [
        migrations.AlterField(
            model_name='leaderboard',
            name='clusters',
            field=models.CharField(choices=[('prompt', 'Prompts: results on one prompt are not independent'), ('none', 'None: results are taken as independent')], default='prompt', max_length=20),
        ),
        migrations.AlterField(
            model_name='leaderboard',
            name='combiner',
            field=models.CharField(choices=[('games', "Every game counts by itself; some methods take out each judge's preference for a slot"), ('consistent_only', 'Both orders say the same, or nothing is decided'), ('conservative_tie', 'Both orders say the same, or it is a tie'), ('two_game_sum', 'Wins less losses over both orders'), ('mean', 'The mean over all games'), ('both_correct', 'The same winner in both orders; a tie decides nothing'), ('arena_hard_weighted', 'Every game counts, much better as three'), ('first_order_only', 'The order with a first, alone'), ('majority_of_repeats', 'What more than half of all games say'), ('panel_majority', 'A panel: what more than half of the judges that were asked say'), ('panel_weighted', 'A panel: what has more than half of their weight, by their records on gold labels')], default='games', help_text='Where judges count: what their games become.', max_length=30),
        ),
        migrations.AlterField(
            model_name='leaderboard',
            name='marked',
            field=models.CharField(blank=True, choices=[('', "By the kind of judge: language models' do not count, imported ones and programs' do"), ('count', 'They count, without a note'), ('flag', 'They count, and the board says how many there are'), ('leave_out', 'They do not count, and the board says how many there are')], default='', help_text='Where judges count: their verdicts on answers that seem to speak to a judge.', max_length=10, verbose_name='verdicts on marked answers'),
        ),
        migrations.AlterField(
            model_name='leaderboard',
            name='own_answers',
            field=models.CharField(choices=[('off', 'They count, without a note'), ('flag', 'They count, and the board says how many there are'), ('exclude', 'They do not count')], default='flag', help_text='Where judges count: their games on answers of their own model or family.', max_length=10),
        ),
    ]
