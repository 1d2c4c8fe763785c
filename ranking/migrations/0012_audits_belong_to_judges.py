from django.db import migrations


class Migration(migrations.Migration):
    """The model moves to the app `judges`; its table stays as it is."""

    dependencies = [
        ("ranking", "0011_sides_of_gold_labels_are_on_no_board"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("JudgeAudit")]),
    ]
