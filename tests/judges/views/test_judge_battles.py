"""The battles behind a figure, for those who may read battles."""

import csv
import io

import pytest
from django.urls import reverse
from django.utils import timezone

from arena.models import Arena, Ballot, Visibility
from judges.audits.refresh import audit_judge
from judges.models import JudgeAudit
from tests.factories import make_user, make_voter
from tests.judges.audits.test_judge_audits import gold_set, judged_arena, make_game, make_judge

pytestmark = pytest.mark.django_db


@pytest.fixture
def judge():
    return make_judge()


@pytest.fixture
def arena(judge):
    """Forty battles, of which the judge gets some wrong."""
    arena = judged_arena(judge, n=40)
    Arena.objects.update(content_visibility=Visibility.PUBLIC)
    audit_judge(judge, arena)
    return arena


def get(client, arena, judge, key, status=200):
    answer = client.get(reverse("judge-battles", args=[arena.slug, judge.pk]), {"set": key})
    assert answer.status_code == status
    return answer.content.decode()


def sets():
    return JudgeAudit.objects.get().battle_sets


def test_a_figure_links_to_the_battles_that_it_counts(client, arena, judge):
    page = client.get(reverse("judge", args=[arena.slug, judge.pk])).content.decode()
    for key in ("agrees", "differs"):
        assert f"/judges/{judge.pk}/battles/?set={key}" in page
        assert f">{sets()[key]['n']} battles</a>" in page


def test_the_list_says_what_people_and_the_judge_said_in_each_order(client, arena, judge):
    page = get(client, arena, judge, "differs")
    for battle in sets()["differs"]["battles"]:
        assert f'href="/arenas/{arena.slug}/battles/{battle}/"' in page
    assert "first model" in page
    assert page.count("is better") == 2 * sets()["differs"]["n"]


def test_the_first_ones_are_kept_and_the_page_says_of_how_many(client, arena, judge):
    audit = JudgeAudit.objects.get()
    audit.battle_sets["agrees"]["n"] = 2_134
    audit.save()
    assert f"The first {len(sets()['agrees']['battles'])} of 2,134" in get(client, arena, judge, "agrees")


@pytest.mark.parametrize("key", ["", "nonsense", "agrees/../x"])
def test_an_unknown_set_is_not_found(client, arena, judge, key):
    get(client, arena, judge, key, status=404)


def test_where_battles_are_private_counts_stand_without_links(client, arena, judge):
    Arena.objects.update(content_visibility=Visibility.CURATORS)
    get(client, arena, judge, "agrees", status=404)
    page = client.get(reverse("judge", args=[arena.slug, judge.pk])).content.decode()
    assert "every reply as labelled" in page
    assert "?set=" not in page
    client.force_login(make_user(is_staff=True))
    get(client, arena, judge, "agrees")


def test_a_pair_that_is_open_to_a_voter_is_not_told(client, arena, judge):
    (first, *_), n = sets()["agrees"]["battles"], sets()["agrees"]["n"]
    Ballot.objects.create(battle_id=first, voter=make_voter(arena), first_shown="a", propensity=1.0, served_at=timezone.now())
    page = get(client, arena, judge, "agrees")
    assert f"b-{first}<" not in page
    assert page.count(">b-") == n - 1
    assert "left out until the vote" in page


def test_the_page_says_how_many_games_its_file_is_without(client, arena, judge):
    def page():
        return " ".join(client.get(reverse("judge", args=[arena.slug, judge.pk])).content.decode().split())

    assert "games on pairs that" not in page()
    battle = sets()["agrees"]["battles"][0]
    Ballot.objects.create(battle_id=battle, voter=make_voter(arena), first_shown="a", propensity=1.0, served_at=timezone.now())
    n_hidden = judge.games.filter(battle__prompt__battles=battle).count()
    assert n_hidden > 1
    assert f"{n_hidden} games are left out while somebody is voting on their pairs" in page()
    file = client.get(reverse("api-games"), {"arena": arena.slug, "judge": judge.pk, "format": "csv"})
    assert int(file["Agon-Hidden"]) == n_hidden
    file.getvalue()
    Arena.objects.update(content_visibility=Visibility.CURATORS)
    assert "games on pairs that" not in page()


def test_where_nothing_can_be_shown_it_says_so(client, arena, judge):
    audit = JudgeAudit.objects.get()
    audit.battle_sets["agrees"]["battles"] = []
    audit.save()
    assert "None of these battles can be shown now" in get(client, arena, judge, "agrees")


def test_the_list_asks_a_fixed_number_of_questions(client, arena, judge, django_assert_max_num_queries):
    assert len(sets()["agrees"]["battles"]) > 20
    with django_assert_max_num_queries(11):
        get(client, arena, judge, "agrees")


def test_failed_games_are_found_from_the_table_of_end_states(client, arena, judge):
    make_game(judge, arena.battles.first(), "ab", "", repeat=1, state="refused")
    audit_judge(judge, arena)
    page = client.get(reverse("judge", args=[arena.slug, judge.pk])).content.decode()
    assert "?set=ended_refused" in page
    assert "refused to judge" in get(client, arena, judge, "ended_refused")


def gold_keys(arena, judge):
    made = gold_set(arena, {arena.battles.first().pk: "b", arena.battles.last().pk: "tie"})
    audit_judge(judge, arena)
    return [key for key in sets() if key.startswith(f"gold_{made.pk}_")]


def test_gold_labels_stand_beside_the_verdicts_for_curators(client, arena, judge):
    client.force_login(make_user(is_staff=True))
    keys = gold_keys(arena, judge)
    assert keys
    assert all("Gold label" in get(client, arena, judge, key) for key in keys)


def test_readers_who_are_no_curators_learn_no_gold_labels(client, arena, judge):
    keys = gold_keys(arena, judge)
    for key in sets():
        if key in keys:
            get(client, arena, judge, key, status=404)
        else:
            assert "Gold label" not in get(client, arena, judge, key)
    page = client.get(reverse("judge", args=[arena.slug, judge.pk])).content.decode()
    assert "?set=agrees" in page
    assert "?set=gold_" not in page
    figures = client.get(reverse("api-judge", args=[judge.pk]), {"arena": arena.slug}).json()["figures"]
    assert {(each["set"] in keys, each["url"] is None) for figure in figures for each in figure["battles"]} == {
        (True, True),
        (False, False),
    }


def test_a_battle_that_a_gold_label_alone_brings_is_shown_to_curators(client, arena, judge):
    battle = arena.battles.get(pk=sets()["agrees"]["battles"][0])
    gold_set(arena, {battle.pk: battle.votes.first().outcome})
    battle.votes.update(is_counted=False)
    audit_judge(judge, arena)
    assert str(battle.pk) in map(str, sets()["agrees"]["battles"])
    page = get(client, arena, judge, "agrees")
    assert f">b-{battle.pk}<" not in page
    assert "Battles with a gold label alone are shown to curators." in page
    assert "open to a voter" not in page
    assert f">b-{battle.pk}<" in get(client, arena, judge, "with_verdict")
    client.force_login(make_user(is_staff=True))
    assert f">b-{battle.pk}<" in get(client, arena, judge, "agrees")


def test_the_csv_counts_the_battles_too(client, arena, judge):
    answer = client.get(reverse("judge-figures", args=[arena.slug, judge.pk]))
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(answer.content.decode()))}
    told = f"every reply as labelled: {sets()['agrees']['n']}; no reply as labelled: {sets()['differs']['n']}"
    assert rows["agreement with people"]["battles"] == told
