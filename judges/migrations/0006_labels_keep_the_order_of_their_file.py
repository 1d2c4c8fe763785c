"""A label keeps the order in which its file shows the pair; two labels that contradict each other both stand.

SQLite makes the table anew, without its triggers: they are made again, as in 0002.
"""

from django.db import migrations, models

NAME = "judges_golditem_battle_fits_on"
WRONG = """NOT EXISTS (SELECT 1 FROM judges_goldset JOIN arena_battle ON arena_battle.arena_id = judges_goldset.arena_id
           WHERE judges_goldset.id = NEW.gold_set_id AND arena_battle.id = NEW.battle_id)"""
MESSAGE = "this gold item''s battle is of another arena than its set"


def enforce(apps, schema_editor):
    if schema_editor.connection.vendor != "sqlite":
        return
    for when in ("INSERT", "UPDATE OF gold_set_id, battle_id"):
        trigger = f"{NAME}_{when.split()[0].lower()}"
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        schema_editor.execute(
            f"CREATE TRIGGER {trigger} BEFORE {when} ON judges_golditem WHEN {WRONG} "
            f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        )


class Migration(migrations.Migration):
    dependencies = [
        ("arena", "0011_gold_labels_in_the_ledger"),
        ("judges", "0005_games_page_by_page"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="golditem", name="one_label_a_battle_and_gold_set"),
        migrations.AddField(
            model_name="golditem",
            name="is_counted",
            field=models.BooleanField(default=True, help_text="Unset: the label counts in no figure."),
        ),
        migrations.AddField(
            model_name="golditem",
            name="order",
            field=models.CharField(
                choices=[("ab", "a first"), ("ba", "b first")],
                default="ab",
                help_text="The order that shows first what the source shows first.",
                max_length=2,
            ),
        ),
        migrations.AddConstraint(
            model_name="golditem",
            constraint=models.UniqueConstraint(
                fields=("gold_set", "battle", "label"), name="a_label_once_a_battle_and_gold_set"
            ),
        ),
        migrations.AddConstraint(
            model_name="golditem",
            constraint=models.CheckConstraint(
                condition=models.Q(("order__in", ["ab", "ba"])), name="gold_order_is_known"
            ),
        ),
        migrations.RunPython(enforce, enforce),
    ]
