"""What became of an import is called by the word on its button."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('arena', '0021_flagged_pairs_and_links_of_accounts'),
    ]

    operations = [
        migrations.AlterField(
            model_name='event',
            name='kind',
            field=models.CharField(choices=[('vote_cast', 'vote cast'), ('vote_changed', 'vote changed'), ('vote_set_aside', 'vote set aside'), ('vote_restored', 'vote restored'), ('import_published', 'rows imported'), ('import_set_aside', 'import set aside'), ('import_restored', 'import restored'), ('prompt_filed', 'prompt filed under another category or language'), ('games_decided', 'games of judges ended'), ('games_set_aside', 'games of judges set aside'), ('games_restored', 'games of judges restored'), ('gold_labelled', 'gold labels came or went'), ('judge_chosen', 'judge included or excluded by a curator'), ('answers_given', 'battles got the answers that they came without')], max_length=20),
        ),
        migrations.AlterField(
            model_name='import',
            name='state',
            field=models.CharField(choices=[('waiting', 'waiting'), ('loading', 'loading'), ('published', 'imported'), ('set_aside', 'set aside'), ('failed', 'failed')], default='waiting', max_length=10),
        ),
    ]
