from django.db import migrations, models


class Migration(migrations.Migration):
    """A game keeps the checklist it was asked with, and whether it is to be asked again. Both are null for older games."""

    dependencies = [("judges", "0006_labels_keep_the_order_of_their_file")]
    operations = [
        migrations.AddField(
            "game",
            "criteria",
            models.JSONField(
                blank=True,
                help_text="The checklist it was asked with: texts and weights. It may have been edited since.",
                null=True,
            ),
        ),
        migrations.AddField(
            "game",
            "to_ask_again",
            models.BooleanField(
                blank=True,
                editable=False,
                help_text="Set aside for what it was asked: the next plan asks once more.",
                null=True,
            ),
        ),
        migrations.AlterField(
            "judge",
            "parameters",
            models.JSONField(blank=True, default=dict, help_text="What of its protocol it does in its own way."),
        ),
        migrations.AlterField(
            "judge",
            "template",
            models.TextField(blank=True, default="", help_text="What it is asked, with slots such as {prompt}."),
        ),
    ]
