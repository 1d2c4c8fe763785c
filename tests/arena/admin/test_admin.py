"""What curators can do, what they cannot, and what it costs the database."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from arena.evidence import ledger
from arena.models import Ballot, Event, Import, Prompt, Vote
from ranking.models import KeptSnapshot, Leaderboard, Snapshot
from tests.factories import (
    make_arena,
    make_battle,
    make_competitor,
    make_pool,
    make_prompt,
    make_vote,
    make_voter,
)
from tests.ranking.board_factories import make_board, make_entry, make_snapshot

pytestmark = pytest.mark.django_db

EVERYTHING = [
    "arena_arena", "arena_promptpool", "arena_prompt", "arena_competitor", "arena_response", "arena_battle", "arena_vote",
    "arena_import", "arena_event", "arena_ballot", "ranking_leaderboard", "ranking_snapshot",
]  # fmt: skip
READ_ONLY = ["response", "battle", "vote", "import", "event", "ballot"]


def make_account(name, **fields):
    """Without a password, whose hash would cost more than the test."""
    return User.objects.create(username=name, **fields)


@pytest.fixture
def curator(client):
    """Staff, but no superuser and without a single permission of Django's own."""
    user = make_account("curator", is_staff=True)
    client.force_login(user)
    return user


def make_import(arena, **fields):
    known = {"kind": "battles", "format": "llmfao", "filename": "votes.csv", "path": "x", "digest": str(Import.objects.count())}
    return Import.objects.create(arena=arena, **known | {"state": "published"} | fields)


def make_some_of_everything(n=3):
    arena, user = make_arena(f"arena-of-{n}"), make_account(f"reader-{n}")
    for _ in range(n):
        a, b = make_competitor(arena), make_competitor(arena)
        source = make_import(arena, created_by=user)
        battle = make_battle(a, b, make_prompt(arena, tags=["short"]), with_answers=True, source=source)
        make_vote(battle, source=source)
        Ballot.objects.create(
            battle=battle, voter=make_voter(arena), first_shown="a", propensity=0.5, served_at=timezone.now(), state="flagged"
        )
        board = make_board(arena, category=f"category-{a.pk}")
        snapshot = make_snapshot(board)
        KeptSnapshot.objects.create(snapshot=snapshot, reason="linked")
        make_entry(snapshot, a)
    ledger.sequence()
    return arena


def choose(client, model, action, rows, **more):
    """Tick rows in a list, choose an action and go."""
    data = {"action": action, "_selected_action": [row.pk for row in rows], "index": "0"} | more
    return client.post(reverse(f"admin:{model}_changelist"), data, follow=True)


def messages_of(response):
    return [str(message) for message in response.context["messages"]]


def listed(client, model, query=""):
    return list(client.get(reverse(f"admin:{model}_changelist") + query).context["cl"].result_list)


# --- who comes in ----------------------------------------------------------------------------------------------------


def test_a_visitor_is_sent_to_sign_in_and_back(client):
    response = client.get(reverse("admin:arena_prompt_changelist"), follow=True)
    assert response.redirect_chain[-1][0].startswith("/login/?next=")
    assert "%2Farena%2Fprompt%2F" in response.redirect_chain[-1][0] or "/arena/prompt/" in response.redirect_chain[-1][0]


def test_an_account_that_is_no_curator_is_refused(client):
    client.force_login(make_account("reader"))
    assert client.get(reverse("admin:index"), follow=True).status_code == 403


def test_a_curator_needs_no_further_permission(client, curator):
    page = client.get(reverse("admin:index")).content.decode()
    for words in ("Prompts", "Votes", "Leaderboards", "Imports"):
        assert words in page
    assert "Users" not in page


# --- lists -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", EVERYTHING)
def test_every_list_and_every_form_opens(client, curator, model):
    make_some_of_everything()
    rows = listed(client, model)
    assert rows
    assert client.get(reverse(f"admin:{model}_change", args=[rows[0].pk])).status_code == 200


N_QUERIES = {
    "arena_arena": 6, "arena_promptpool": 7, "arena_prompt": 11, "arena_competitor": 7, "arena_response": 7, "arena_battle": 7,
    "arena_vote": 7, "arena_import": 7, "arena_event": 7, "arena_ballot": 6, "ranking_leaderboard": 7, "ranking_snapshot": 7,
}  # fmt: skip


@pytest.mark.parametrize("model", EVERYTHING)
def test_a_list_costs_the_same_however_long_it_is(client, curator, django_assert_num_queries, model):
    address = reverse(f"admin:{model}_changelist")
    for n in (2, 6):
        make_some_of_everything(n)
        with django_assert_num_queries(N_QUERIES[model]):
            client.get(address)


def test_a_long_list_is_counted_no_further_than_anybody_turns_pages(client, curator, monkeypatch):
    monkeypatch.setattr("arena.admin.base.MOST_COUNTED", 3)
    battle = make_battle(make_competitor(arena := make_arena()), make_competitor(arena))
    for _ in range(5):
        make_vote(battle)
    page = client.get(reverse("admin:arena_vote_changelist"))
    assert page.context["cl"].result_count == 4
    assert "more than 10,000" in page.content.decode()


# --- what cannot be done ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", EVERYTHING)
def test_nothing_is_deleted(client, curator, model):
    make_some_of_everything(1)
    row = listed(client, model)[0]
    assert client.post(reverse(f"admin:{model}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    choose(client, model, "delete_selected", [row], post="yes")
    assert type(row).objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", READ_ONLY)
def test_evidence_is_not_edited(client, curator, model):
    make_some_of_everything(1)
    row = listed(client, f"arena_{model}")[0]
    assert client.post(reverse(f"admin:arena_{model}_change", args=[row.pk]), {"outcome": "b"}).status_code == 403
    assert client.get(reverse(f"admin:arena_{model}_add")).status_code == 403


def test_a_snapshot_is_not_edited(client, curator):
    snapshot = make_snapshot(make_board(make_arena()))
    assert client.post(reverse("admin:ranking_snapshot_change", args=[snapshot.pk]), {"n_votes": "1"}).status_code == 403


def test_the_keys_of_voters_and_ballots_stand_on_no_page(client, curator):
    battle = make_battle(make_competitor(arena := make_arena()), make_competitor(arena))
    voter = make_voter(arena, "alice@example.org")
    vote = make_vote(battle, voter=voter)
    ballot = Ballot.objects.create(battle=battle, voter=voter, first_shown="a", propensity=1, served_at=timezone.now())
    for model, row in (("arena_vote", vote), ("arena_ballot", ballot), ("arena_battle", battle)):
        for address in (reverse(f"admin:{model}_changelist"), reverse(f"admin:{model}_change", args=[row.pk])):
            page = client.get(address).content.decode()
            assert "alice" not in page
            assert ballot.key not in page


# --- prompts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", ["umlaut", "ÜMLAUTE", "Umläute", "mit ä", "Ümläute mit", '"quoted"', "back\\slash", "漢字", "the-key"]
)
def test_prompts_are_found_by_their_words_and_their_key(client, curator, words):
    arena = make_arena()
    make_prompt(arena, "Something else")
    prompt = make_prompt(arena, 'umlaut ÜMLAUTE Umläute Ümläute mit ä, "quoted", back\\slash, 漢字', key="the-key")
    assert listed(client, "arena_prompt", f"?q={words}") == [prompt]


def test_prompts_are_filtered(client, curator):
    arena = make_arena()
    pool = make_pool(arena, "exam")
    prompt = make_prompt(arena, "Wanted", category="coding", language="en", status="draft", tags=["kürz"], pool=pool)
    make_prompt(arena, "Other", category="maths", language="de", tags=["kürzer", "x"])
    make_prompt(arena, "Filed nowhere")
    for query in ("category=coding", "language=en", "status__exact=draft", "tag=k%C3%BCrz", f"pool__id__exact={pool.pk}"):
        assert listed(client, "arena_prompt", f"?{query}") == [prompt], query
    assert [str(row) for row in listed(client, "arena_prompt", "?category=-")] == ["Filed nowhere"]


def test_prompts_of_the_same_text_are_found(client, curator):
    arena = make_arena()
    twins = {make_prompt(arena, "Again?"), make_prompt(arena, " Again?  ")}
    make_prompt(arena, "Once.")
    make_prompt(make_arena(), "Again?")
    assert set(listed(client, "arena_prompt", "?duplicate=yes")) == twins


@pytest.mark.parametrize(
    ("action", "status"), [("set_status_active", "active"), ("set_status_retired", "retired"), ("set_status_draft", "draft")]
)
def test_prompts_are_moved_to_a_status_in_bulk_and_their_history_says_so(client, curator, action, status):
    arena = make_arena()
    prompts = [make_prompt(arena, status="draft" if status == "active" else "active") for _ in range(3)]
    already = make_prompt(arena, status=status)
    response = choose(client, "arena_prompt", action, [*prompts, already])
    assert set(Prompt.objects.values_list("status", flat=True)) == {status}
    done = {"active": "activated", "retired": "retired", "draft": "made drafts"}[status]
    assert messages_of(response)[0] == f"3 prompts {done}; 1 was {done} already."
    assert LogEntry.objects.filter(user=curator).count() == 3


def test_prompts_are_tagged_in_bulk(client, curator):
    arena = make_arena()
    first, second = make_prompt(arena, tags=["old", "kept"]), make_prompt(arena)
    asked = choose(client, "arena_prompt", "tag", [first, second])
    assert "2</b> prompts are chosen" in asked.content.decode()
    response = choose(client, "arena_prompt", "tag", [first, second], apply="1", add="new, kept", remove="old")
    assert [Prompt.objects.get(pk=prompt.pk).tags for prompt in (first, second)] == [["kept", "new"], ["new", "kept"]]
    assert messages_of(response) == ["2 prompts tagged."]


def test_tagging_with_nothing_is_asked_again(client, curator):
    prompt = make_prompt(make_arena())
    assert "Name at least one tag" in choose(client, "arena_prompt", "tag", [prompt], apply="1").content.decode()


def test_prompts_are_filed_elsewhere_in_bulk_and_the_ledger_says_so(client, curator):
    arena = make_arena()
    prompts = [make_prompt(arena, category="misc", language="en"), make_prompt(arena, category="coding", language="en")]
    response = choose(client, "arena_prompt", "file_elsewhere", prompts, apply="1", category="coding")
    assert set(Prompt.objects.values_list("category", "language")) == {("coding", "en")}
    event = Event.objects.get(kind="prompt_filed")
    assert (event.prompt, event.before, event.after, event.actor) == (prompts[0], "en|misc", "en|coding", curator)
    assert "1 of 2" in messages_of(response)[0]


def test_near_duplicates_are_listed(client, curator):
    arena = make_arena()
    prompt = make_prompt(arena, "Write a poem about the sea and the moon.")
    alike = make_prompt(arena, "Write a poem about the sea and the moon!!")
    make_prompt(arena, "What is the capital of France?")
    make_prompt(make_arena(), "Write a poem about the sea and the moon.")
    page = choose(client, "arena_prompt", "list_near_duplicates", [prompt, alike])
    assert [(pair.prompt, pair.other) for pair in page.context["pairs"]] == [(prompt, alike)]


def prompt_form(prompt, **changes):
    known = {"arena": prompt.arena_id, "pool": prompt.pool_id, "key": prompt.key, "status": prompt.status}
    words = {"turns": "\n=== next turn ===\n".join(prompt.turns), "system_prompt": "", "reference": "", "verifier": "null"}
    return known | words | {"category": prompt.category, "language": prompt.language, "tags": ""} | changes


def test_an_edited_category_is_an_event_in_the_ledger(client, curator):
    prompt = make_prompt(make_arena(), category="misc")
    address = reverse("admin:arena_prompt_change", args=[prompt.pk])
    client.post(address, prompt_form(prompt, category="coding/python", tags="a, b,a"))
    prompt.refresh_from_db()
    assert (prompt.category, prompt.tags) == ("coding/python", ["a", "b"])
    assert Event.objects.get(kind="prompt_filed").before == "|misc"


def test_turns_are_edited_as_text_and_rendered_again(client, curator):
    prompt = make_prompt(make_arena(), "Old words")
    address = reverse("admin:arena_prompt_change", args=[prompt.pk])
    client.post(address, prompt_form(prompt, turns="**First**\r\n\r\n---\r\nmore\r\n=== next turn ===\r\nSecond"))
    prompt.refresh_from_db()
    assert prompt.turns == ["**First**\n\n---\nmore", "Second"]
    assert prompt.content_hash == Prompt.hash_of(prompt.turns)
    assert "<strong>First</strong>" in prompt.html


def test_words_that_were_answered_stay(client, curator):
    arena = make_arena()
    prompt = make_prompt(arena, "Asked already")
    make_battle(make_competitor(arena), make_competitor(arena), prompt, with_answers=True)
    address = reverse("admin:arena_prompt_change", args=[prompt.pk])
    assert "Asked already" in client.get(address).content.decode()
    client.post(address, prompt_form(prompt, turns="Something else", system_prompt="New", category="coding"))
    prompt.refresh_from_db()
    assert (prompt.turns, prompt.system_prompt, prompt.category) == (["Asked already"], "", "coding")


def test_a_new_prompt_goes_into_a_pool_of_its_arena(client, curator):
    arena, elsewhere = make_arena(), make_pool(make_arena())
    data = {"arena": arena.pk, "pool": elsewhere.pk, "key": "k", "status": "active", "turns": "Why?", "verifier": "null"}
    page = client.post(reverse("admin:arena_prompt_add"), data)
    assert "is a pool of" in page.content.decode()
    client.post(reverse("admin:arena_prompt_add"), data | {"pool": make_pool(arena).pk})
    assert Prompt.objects.get(key="k").turns == ["Why?"]


@pytest.mark.parametrize(
    ("verifier", "told"),
    [
        ('{"kind": "nonsense"}', "Unknown verifier kind &#x27;nonsense&#x27;; allowed are contains, exact"),
        ('{"kind": "contains"}', "A contains verifier needs one of all, any"),
        ('{"kind": "regex", "pattern": "("}', "is not a regular expression"),
        ("[1]", "A verifier is an object such as"),
    ],
)
def test_a_verifier_that_cannot_be_used_is_refused_in_the_form(client, curator, verifier, told):
    arena = make_arena()
    data = {"arena": arena.pk, "pool": make_pool(arena).pk, "key": "k", "status": "active", "turns": "Why?"}
    page = client.post(reverse("admin:arena_prompt_add"), data | {"verifier": verifier})
    assert told in page.content.decode()
    client.post(reverse("admin:arena_prompt_add"), data | {"verifier": '{"kind": "mcq", "answer": "B"}'})
    assert Prompt.objects.get(key="k").verifier == {"kind": "mcq", "answer": "B"}


def test_an_arena_and_a_key_are_chosen_once(client, curator):
    prompt = make_prompt(make_arena())
    data = prompt_form(prompt, arena=make_arena().pk, key="another")
    client.post(reverse("admin:arena_prompt_change", args=[prompt.pk]), data)
    after = Prompt.objects.get(pk=prompt.pk)
    assert (after.arena, after.key) == (prompt.arena, prompt.key)


# --- competitors, pools, arenas --------------------------------------------------------------------------------------


def test_competitors_are_retired_in_bulk(client, curator):
    arena = make_arena()
    competitors = [make_competitor(arena) for _ in range(2)]
    choose(client, "arena_competitor", "set_status_retired", competitors)
    assert set(arena.competitors.values_list("status", flat=True)) == {"retired"}


def test_a_name_that_is_taken_in_the_arena_is_refused_in_the_form(client, curator):
    arena = make_arena()
    make_competitor(arena, "Kestrel")
    other = make_competitor(arena, "Osmia")
    page = client.post(reverse("admin:arena_competitor_change", args=[other.pk]), {"name": "Kestrel", "status": "active"})
    assert page.status_code == 200
    assert page.context["errors"]


def test_a_pool_is_taken_out_of_service(client, curator):
    pool = make_pool(make_arena())
    choose(client, "arena_promptpool", "set_is_active_false", [pool])
    pool.refresh_from_db()
    assert not pool.is_active


def test_who_sees_an_arena_is_edited_but_its_address_stays(client, curator):
    arena = make_arena("garden")
    data = {
        "name": "Garden", "slug": "weeds", "board_visibility": "curators", "content_visibility": "accounts", "voting": "closed",
        "guidelines": "Be fair.", "notice": "Closed for the winter.", "asked_share": "0.1",
    }  # fmt: skip
    client.post(reverse("admin:arena_arena_change", args=[arena.pk]), data)
    arena.refresh_from_db()
    assert (arena.slug, arena.board_visibility, arena.voting, arena.notice) == ("garden", "curators", "closed", data["notice"])


# --- evidence --------------------------------------------------------------------------------------------------------


def make_votes(n=3):
    battle = make_battle(make_competitor(arena := make_arena()), make_competitor(arena))
    return [make_vote(battle) for _ in range(n)]


def test_votes_are_set_aside_with_a_reason_and_restored(client, curator):
    votes = make_votes()
    asked = choose(client, "arena_vote", "set_aside", votes[:2])
    assert "2</b> votes are chosen" in asked.content.decode()
    response = choose(client, "arena_vote", "set_aside", votes[:2], apply="1", reason="one person, two accounts")
    assert "2 votes set aside" in messages_of(response)[0]
    assert set(Vote.objects.filter(is_counted=False).values_list("set_aside_reason", flat=True)) == {"one person, two accounts"}
    choose(client, "arena_vote", "restore", votes)
    assert Vote.objects.counted().count() == 3
    assert Event.objects.filter(kind="vote_restored", actor=curator).count() == 2


def test_votes_are_not_set_aside_without_a_reason(client, curator):
    votes = make_votes()
    page = choose(client, "arena_vote", "set_aside", votes, apply="1", reason="  ")
    assert "This field is required" in page.content.decode()
    assert Vote.objects.counted().count() == 3


def test_all_votes_of_a_filtered_list_are_set_aside_at_once(client, curator):
    mine, others = make_votes(), make_votes()
    address = reverse("admin:arena_vote_changelist") + f"?battle={mine[0].battle_id}"
    data = {"action": "set_aside", "_selected_action": [mine[0].pk], "select_across": "1", "index": "0"}
    asked = client.post(address, data).content.decode()
    assert "3</b> votes are chosen" in asked
    client.post(address, data | {"apply": "1", "reason": "test"})
    assert set(Vote.objects.counted()) == set(others)


def test_votes_are_found_by_number_of_battle_and_voter(client, curator):
    votes = make_votes()
    make_votes()
    assert set(listed(client, "arena_vote", f"?battle={votes[0].battle_id}")) == set(votes)
    assert votes[0] in listed(client, "arena_vote", f"?q={votes[0].pk}")
    assert votes[1] in listed(client, "arena_vote", f"?q={votes[1].voter_id}")


def test_battles_are_found_by_competitor_prompt_and_number(client, curator):
    arena = make_arena()
    a, b = make_competitor(arena, "Kestrel 2"), make_competitor(arena)
    battle = make_battle(a, b, make_prompt(arena, key="the-key"))
    make_battle(b, make_competitor(arena))
    for words in ("kestrel 2", "the-key", str(battle.pk)):
        assert battle in listed(client, "arena_battle", f"?q={words}")
    assert listed(client, "arena_battle", "?q=nothing") == []


def test_an_import_is_set_aside_and_restored(client, curator):
    source = make_import(make_arena())
    choose(client, "arena_import", "set_aside", [source], apply="1", reason="wrong file")
    source.refresh_from_db()
    assert source.state == "set_aside"
    response = choose(client, "arena_import", "restore", [source])
    source.refresh_from_db()
    assert source.state == "published"
    assert "votes.csv is imported now" in messages_of(response)[0]


def test_an_import_that_is_still_read_cannot_be_set_aside(client, curator):
    source = make_import(make_arena(), state="loading")
    response = choose(client, "arena_import", "set_aside", [source], apply="1", reason="wrong file")
    assert "only an import that is complete" in messages_of(response)[0]


def test_a_vote_shows_how_it_came_to_stand_so(client, curator):
    [vote] = make_votes(1)
    choose(client, "arena_vote", "set_aside", [vote], apply="1", reason="a slip of the finger")
    page = client.get(reverse("admin:arena_vote_change", args=[vote.pk])).content.decode()
    assert "vote cast" in page
    assert "a slip of the finger" in page


# --- boards ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def _worker(settings):
    """A worker that does at once what a bell asks for."""
    from arena.config.celery import app

    before, app.conf.task_always_eager = app.conf.task_always_eager, True
    yield
    app.conf.task_always_eager = before


@pytest.mark.usefixtures("_worker")
def test_a_board_is_published_now(client, curator):
    make_votes()
    board = make_board(Vote.objects.first().battle.arena)
    response = choose(client, "ranking_leaderboard", "publish_now", [board])
    assert board.snapshots.get().n_votes == 3
    assert "is being fitted" in messages_of(response)[0]


def board_form(board, **changes):
    known = {"name": board.name, "category": board.category, "language": board.language, "method": board.method}
    fitted = {
        name: getattr(board, name) for name in ("sources", "combiner", "own_answers", "covariates", "clusters", "intervals")
    }
    return known | fitted | {"level": board.level, "seed": board.seed, "is_live": "on", "counts_external": "on"} | changes


@pytest.mark.usefixtures("_worker")
def test_a_board_that_says_something_else_now_is_fitted_at_once(client, curator):
    make_votes()
    board = make_board(Vote.objects.first().battle.arena)
    address = reverse("admin:ranking_leaderboard_change", args=[board.pk])
    client.post(address, board_form(board, name="New name"))
    assert not Snapshot.objects.exists()
    client.post(address, board_form(board, level="0.9"))
    assert Snapshot.objects.get().parameters["level"] == 0.9
    client.post(address, board_form(board, level="0.9", _publish="1"))
    assert Leaderboard.objects.get().name == board.name


def test_two_boards_of_the_same_definition_are_refused_in_the_form(client, curator):
    arena = make_arena()
    make_board(arena, category="coding")
    other = make_board(arena, category="maths")
    page = client.post(reverse("admin:ranking_leaderboard_change", args=[other.pk]), board_form(other, category="coding"))
    assert page.status_code == 200
    assert page.context["errors"]


def test_one_vote_set_aside_is_one_vote(client, curator):
    arena = make_arena()
    vote = make_vote(make_battle(make_competitor(arena), make_competitor(arena)))
    form = {"_selected_action": [vote.pk], "action": "set_aside", "apply": "1", "reason": "a robot"}
    assert "1 vote set aside" in client.post(reverse("admin:arena_vote_changelist"), form, follow=True).text
    form = {"_selected_action": [vote.pk], "action": "restore"}
    assert "1 vote restored" in client.post(reverse("admin:arena_vote_changelist"), form, follow=True).text
