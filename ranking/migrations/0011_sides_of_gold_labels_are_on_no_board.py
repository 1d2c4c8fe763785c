from django.db import migrations

NOBODY = "unknown"
SIDES = (" (A)", " (B)")


def name_sides_of_gold_labels(apps, schema_editor):
    """Competitors that import_gold made of a side alone: they have a gold label, and a name that says no more than the side."""
    competitors = apps.get_model("arena", "Competitor").objects.filter(status__in=["active", "provisional"])
    labelled = apps.get_model("judges", "GoldItem").objects.order_by().values_list("battle", flat=True)
    battles = apps.get_model("arena", "Battle").objects.filter(pk__in=labelled.distinct()).order_by()
    found = set()
    pairs = battles.values_list("competitor_a", "competitor_a__name", "competitor_b", "competitor_b__name").distinct()
    for a, a_name, b, b_name in pairs.iterator():
        first, second = sorted([a_name, b_name])
        twins = first.endswith(SIDES[0]) and second == first.removesuffix(SIDES[0]) + SIDES[1]
        found |= {pk for pk, name in ((a, a_name), (b, b_name)) if twins or name == NOBODY}
    arenas = set(competitors.filter(pk__in=found).values_list("arena", flat=True))
    competitors.filter(pk__in=found).update(status="unnamed")
    _fit_anew(apps, arenas)


def call_them_competitors(apps, schema_editor):
    unnamed = apps.get_model("arena", "Competitor").objects.filter(status="unnamed")
    arenas = set(unnamed.values_list("arena", flat=True))
    unnamed.update(status="active")
    _fit_anew(apps, arenas)


def _fit_anew(apps, arenas):
    for name in ("Leaderboard", "JudgeAudit"):
        apps.get_model("ranking", name).objects.filter(arena__in=arenas).update(read_to=0, not_before=None)


class Migration(migrations.Migration):
    dependencies = [
        ("arena", "0019_sides_of_gold_labels_are_no_competitors"),
        ("judges", "0008_judges_chosen_and_games_not_asked"),
        ("ranking", "0010_boards_of_slices_by_themselves"),
    ]

    operations = [migrations.RunPython(name_sides_of_gold_labels, call_them_competitors)]
