import django.db.models.deletion
from django.db import migrations, models

MARKED = [
    ("count", "count them"),
    ("flag", "count them and say how many"),
    ("leave_out", "leave them out and say how many"),
]
WHAT_IT_DOES = "What its figures do with verdicts on answers that seem to speak to a judge; empty: as its kind has it."


class Migration(migrations.Migration):
    """The model comes from the app `ranking`; its table stays as it is."""

    dependencies = [
        ("arena", "0019_sides_of_gold_labels_are_no_competitors"),
        ("judges", "0008_judges_chosen_and_games_not_asked"),
        ("ranking", "0012_audits_belong_to_judges"),
    ]

    state_operations = [
        migrations.CreateModel(
            name="JudgeAudit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("lease_token", models.CharField(blank=True, default="", editable=False, max_length=32)),
                ("lease_until", models.DateTimeField(blank=True, editable=False, null=True)),
                ("n_attempts", models.PositiveIntegerField(default=0, editable=False)),
                ("rule", models.CharField(blank=True, default="", help_text="How games become one decision a battle.", max_length=40)),
                ("seed", models.PositiveIntegerField(default=1, help_text="Of the bootstraps.")),
                ("read_to", models.BigIntegerField(default=0, help_text="Ledger position up to which evidence was read.")),
                ("n_games", models.PositiveIntegerField(default=0)),
                ("cost", models.PositiveBigIntegerField(default=0, help_text="Micro-dollars of its games here.")),
                ("figures", models.JSONField(default=dict, help_text="Figures by section.")),
                ("coverage", models.JSONField(default=dict, help_text="How games ended, by competitor.")),
                (
                    "battle_sets",
                    models.JSONField(default=dict, help_text="The battles behind the figures, the newest of each kind."),
                ),
                (
                    "boards",
                    models.JSONField(
                        default=list, help_text="The board that its games make under each rule, the default first."
                    ),
                ),
                (
                    "answered",
                    models.JSONField(default=dict, help_text="Models and parameters that answered, and what was not sent."),
                ),
                ("is_usable", models.BooleanField(default=True)),
                ("is_measured", models.BooleanField(default=False)),
                ("reasons", models.JSONField(default=list, help_text="Why its verdicts should not count, or what is not known.")),
                (
                    "marked",
                    models.CharField(blank=True, choices=MARKED, default="", help_text=WHAT_IT_DOES, max_length=10),
                ),
                ("made_at", models.DateTimeField(null=True)),
                ("not_before", models.DateTimeField(null=True)),
                (
                    "arena",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="judge_audits",
                        to="arena.arena",
                    ),
                ),
                (
                    "judge",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="audits", to="judges.judge"),
                ),
            ],
            options={
                "db_table": "ranking_judgeaudit",
                "constraints": [models.UniqueConstraint(fields=("arena", "judge"), name="one_audit_a_judge_and_arena")],
            },
        ),
    ]

    operations = [migrations.SeparateDatabaseAndState(state_operations=state_operations)]
