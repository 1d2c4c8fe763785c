"""Games of judges on a battle's page: by side, with what was asked and replied, for those who may read it."""

import pytest
from django.urls import reverse
from django.utils import timezone

from arena.models import Attempt, Ballot
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_user, make_voter
from tests.judges.game_factories import make_call, make_game, make_judge, make_run
from tests.ranking.board_factories import make_judge_audit

pytestmark = pytest.mark.django_db
REPLY = "<b>Reasons.</b>\n[[B]] & out"


@pytest.fixture
def battle():
    arena = make_arena("contest", content_visibility="public")
    a, b = make_competitor(arena, "Kestrel"), make_competitor(arena, "Umber")
    return make_battle(a, b, make_prompt(arena, "What is bold?"), with_answers=True)


@pytest.fixture
def curator(client):
    user = make_user("curator", is_staff=True)
    client.force_login(user)
    return user


def show(client, battle) -> str:
    response = client.get(reverse("battle", args=[battle.arena.slug, battle.pk]))
    assert response.status_code == 200
    return " ".join(response.text.split())


def make_asked(battle, judge=None, winner="first", *, text=REPLY, order="ba", **fields):
    """A game that was asked, with the attempt that brought its reply."""
    judge = judge or make_judge("Magister")
    call = make_call(make_run(battle.arena), judge, state="done", outcome="ok")
    Attempt.objects.create(
        call=call, endpoint=judge.endpoint, state="ok", sent_at=timezone.now(), text=text, reply='{"body": "as received"}',
        request=[{"role": "user", "content": "Compare <script>them</script>"}], tokens_in=120, tokens_out=9, cost=1_300,
    )  # fmt: skip
    label = {"label": "[[B]]", "label_start": REPLY.index("[["), "label_end": REPLY.index("]]") + 2} if winner else {}
    return make_game(battle, judge, winner, order=order, run=call.run, call=call, cost=1_300, **label | fields)


def test_without_games_the_page_says_so(client, battle):
    assert "No judge has compared these answers yet" in show(client, battle)


def test_a_verdict_names_the_answer_and_not_the_slot(client, battle):
    make_asked(battle, order="ba")
    page = show(client, battle)
    assert '<b class="side sm b" aria-hidden="true">B</b> B is better' in page
    assert "$0.0013" in page


def test_the_label_is_marked_in_the_raw_reply_and_everything_is_escaped(client, battle):
    make_asked(battle)
    page = show(client, battle)
    assert "&lt;b&gt;Reasons.&lt;/b&gt; <mark>[[B]]</mark> &amp; out" in page
    assert "Compare &lt;script&gt;them&lt;/script&gt;" in page


def test_characters_that_turn_or_hide_a_text_are_shown_as_what_they_are(client, battle):
    turned = "\u202e[[B]]\u2066 \x1b[31m"
    game = make_asked(
        battle, text=turned, label="\u202eB", label_start=1, label_end=6, set_aside_reason=turned, is_counted=False
    )
    make_asked(battle, make_judge(), "", state="ambiguous", reason=turned)
    Attempt.objects.filter(call=game.call).update(model=turned, request=[{"role": "user", "content": turned}])
    page = show(client, battle)
    assert not set("\u202e\u2066\x1b") & set(page)
    assert "[U+202E]<mark>[[B]]</mark>[U+2066] [U+001B][31m" in page


def test_a_game_without_a_verdict_says_why_and_is_nothing_else(client, battle):
    make_asked(battle, winner="", state="ambiguous", reason="[[A]] and [[B]]", text="[[A]] or [[B]]")
    page = show(client, battle)
    assert '<span class="state bad">ambiguous</span>' in page
    assert "[[A]] and [[B]]" in page
    assert "is better" not in page
    assert "0 with a verdict" in page


def test_points_of_one_answer_and_of_both(client, battle):
    make_game(battle, make_judge("single"), "", state="ok", score_first=7.5, order="ba")
    make_game(battle, make_judge("pair"), "first", score_first=8, score_second=3, order="ba", strength=2)
    page = show(client, battle)
    assert "B gets 7.5" in page
    assert "B is much better (3 to 8)" in page


def test_taints_and_what_was_set_aside_are_marked(client, battle):
    make_game(battle, make_judge(), taints=["a: speaks to the judge"])
    make_game(battle, make_judge(), is_counted=False, set_aside_reason="a broken card")
    page = show(client, battle)
    assert "a: speaks to the judge" in page
    assert "a broken card" in page


def test_a_game_from_the_cache_shows_the_reply_that_was_read(client, battle):
    source = make_asked(battle)
    make_game(
        battle, source.judge, "first", order="ba", repeat=1, copied_from=source,
        label_start=source.label_start, label_end=source.label_end,
    )  # fmt: skip
    page = show(client, battle)
    assert page.count("<mark>[[B]]</mark>") == 2
    assert "read from a stored reply" in page


def test_a_reply_from_a_file_is_shown_without_an_attempt(client, battle):
    judge = make_judge(kind="imported", protocol="pandalm")
    make_game(battle, judge, reply="I say 1.", label="1", label_start=6, label_end=7)
    assert "I say <mark>1</mark>." in show(client, battle)


def test_all_attempts_are_shown_and_only_the_one_that_was_read_is_marked(client, battle):
    game = make_asked(battle)
    Attempt.objects.create(
        call=game.call, endpoint=game.judge.endpoint, state="late", sent_at=timezone.now(), text=REPLY, cost=1_300
    )
    page = show(client, battle)
    assert page.count("<mark>") == 1
    assert "2 of 2" in page


@pytest.mark.parametrize("visibility", ["accounts", "curators"])
def test_what_was_asked_and_replied_is_for_curators_where_content_is_not_public(client, battle, visibility):
    battle.arena.content_visibility = visibility
    battle.arena.save()
    make_asked(battle)
    client.force_login(make_user())
    response = client.get(reverse("battle", args=[battle.arena.slug, battle.pk]))
    assert response.status_code == (200 if visibility == "accounts" else 404)
    assert "Reasons." not in response.text
    client.force_login(make_user(is_staff=True))
    assert "Reasons." in show(client, battle)


def test_a_reference_is_never_public(client, battle):
    make_asked(battle, reference_given=True)
    make_asked(battle, make_judge(), "", state="unparsable", reason="REFERENCE is no number", reference_given=True)
    page = show(client, battle)
    assert "Reasons." not in page
    assert "REFERENCE" not in page
    assert "2 games looked at a reference answer" in page


def test_reasons_of_failures_and_bodies_are_for_curators(client, battle, curator):
    make_asked(battle, winner="", state="error", reason="10.0.0.7 refused", text=None)
    page = show(client, battle)
    assert "10.0.0.7" in page
    assert "as received" in page
    client.logout()
    page = show(client, battle)
    assert "10.0.0.7" not in page
    assert "as received" not in page


def test_games_are_hidden_while_a_ballot_on_the_prompt_is_open(client, battle, curator):
    make_asked(battle)
    voter = make_voter(battle.arena, str(curator.pk), kind="account", user=curator)
    ballot = {"first_shown": "b", "propensity": 0.5, "served_at": timezone.now()}
    Ballot.objects.create(battle=battle, voter=voter, **ballot)
    response = client.get(reverse("battle", args=[battle.arena.slug, battle.pk]))
    assert response.status_code == 404
    assert "Magister" not in response.text
    assert "Reasons." not in response.text


def test_a_judge_is_linked_where_it_has_a_page_that_the_reader_may_see(client, battle):
    audit = make_judge_audit(battle.arena, "contains")
    make_game(battle, audit.judge)
    make_game(battle, make_judge("not audited"))
    link = reverse("judge", args=[battle.arena.slug, audit.judge_id])
    page = show(client, battle)
    assert f'<a href="{link}">contains</a>' in page
    assert 'dir="auto">not audited</th>' in page


def test_games_cost_the_same_number_of_questions_however_many_there_are(client, battle, django_assert_num_queries):
    for number in range(12):
        make_asked(battle, make_judge(f"judge {number}"))
    with django_assert_num_queries(14):
        show(client, battle)


def test_what_a_checklist_was_held_against_is_not_public(client, battle):
    """A model that saw the reference may have written it."""
    make_asked(battle, make_judge("Lister", protocol="checklist"), "", score_first=0.5, state="ok")
    page = show(client, battle)
    assert "Compare" not in page.partition("<main")[2]
    assert "never public" in page
