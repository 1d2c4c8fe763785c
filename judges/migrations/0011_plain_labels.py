"""Kinds of judges are said as readers say them."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('judges', '0010_audits_are_made_with_keys'),
    ]

    operations = [
        migrations.AlterField(
            model_name='judge',
            name='kind',
            field=models.CharField(choices=[('called', 'language model'), ('offline', 'program'), ('imported', 'imported verdicts')], default='called', max_length=10),
        ),
    ]
