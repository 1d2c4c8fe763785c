"""Prompts of one text are one cluster, whatever ids files give them; what older snapshots counted stays as it was."""

import json
from collections import Counter
from io import StringIO

import pytest
from django.core.management import call_command

from arena.evidence import ledger
from arena.evidence.same_texts import same_texts
from arena.importing.files.rows import PromptRow
from arena.importing.loading.prompts import PromptLoader
from arena.models import Arena, Event, Prompt, Response, text_digest
from judges.cards import called_judge
from judges.fakellm.script import JudgeScript, Script
from judges.fakellm.server import serving
from judges.games.offline_games import offline_judge
from judges.models import Judge
from judges.runs.planning import draw_up, plan_judging
from ranking.boards.publishing import publish_snapshot, rebuild
from ranking.models import Snapshot
from tests.arena.importing.import_files import as_csv, imported, write
from tests.arena.runs.rows import work
from tests.factories import make_arena, make_battle, make_competitor, make_pool, make_prompt
from tests.judges.game_factories import make_endpoint
from tests.judges.judging_factories import fake_endpoint
from tests.ranking.board_factories import make_board

pytestmark = pytest.mark.django_db
N_IDS, N_TEXTS = 60, 12
N_ROWS, N_ASKED, FEW = 1_000, 370, 20


def _rows(ids):
    outcomes = ("model_a", "model_b", "tie", "model_a", "model_a")
    return as_csv(*(
        {"model_a": f"m{n % 3}", "model_b": f"m{(n + 1) % 3}", "winner": outcomes[(n * n + n // 7) % 5], "question_id": ids(n),
         "prompt": f"Question {n % N_TEXTS}?", "judge": f"v{n}"}
        for n in range(N_IDS)
    ))  # fmt: skip


def _published(tmp_path, name, ids):
    arena = make_arena(name)
    imported(write(tmp_path, _rows(ids), name), "chatbot-arena", arena)
    return publish_snapshot(make_board(arena))


def test_a_text_under_many_ids_is_one_cluster(tmp_path):
    many = _published(tmp_path, "many", lambda n: f"id{n}")
    few = _published(tmp_path, "few", lambda n: f"id{n % N_TEXTS}")
    assert (many.n_prompts, few.n_prompts) == (N_TEXTS, N_TEXTS)
    assert (many.parameters["one_text"], "one_text" in few.parameters) == (N_IDS - N_TEXTS, False)
    found = [each.entries.order_by("competitor__name").values_list("rating", "low", "high") for each in (many, few)]
    assert sum(found[0], ()) == pytest.approx(sum(found[1], ()))


def test_a_snapshot_by_text_is_made_again(tmp_path):
    found = rebuild(_published(tmp_path, "many", lambda n: f"id{n}"))
    assert found.same_evidence
    assert found.largest_difference < 1e-9


def test_a_snapshot_of_before_keeps_its_clusters(tmp_path):
    """As an older version wrote it: by ids, and nothing said of texts."""
    snapshot = _published(tmp_path, "many", lambda n: f"id{n}")
    Prompt.objects.update(text_digest="")
    before = publish_snapshot(snapshot.leaderboard)
    assert before.pk != snapshot.pk
    assert (before.n_prompts, "one_text" in before.parameters) == (N_IDS, False)
    for prompt in Prompt.objects.all():
        prompt.save()
    for each in (before, snapshot):
        found = rebuild(Snapshot.objects.get(pk=each.pk))
        assert found.same_evidence
        assert found.largest_difference < 1e-9


def test_a_text_that_comes_later_joins_from_then_on():
    arena = make_arena()
    first, bare = make_prompt(arena, key="p1", text="Why?"), Prompt.objects.create(arena=arena, pool=make_pool(arena), key="p2")
    make_battle(make_competitor(arena), make_competitor(arena), bare)
    position = ledger.sequence()
    source = type("Source", (), {"pk": None, "arena_id": arena.pk, "arena": arena})
    PromptLoader(source, make_pool(arena)).add([PromptRow(1, "p2", ("Why? ",))])
    assert Event.objects.get().kind == "prompt_texted"
    assert not len(same_texts(arena.pk, position).prompts)
    found = same_texts(arena.pk, ledger.sequence())
    assert (found.prompts.tolist(), found.firsts.tolist()) == ([bare.pk], [first.pk])


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        ((["Café?"], ""), (["Cafe\u0301?"], ""), True),
        ((["a\r\nb"], ""), (["a\nb\n"], ""), True),
        ((["x²"], ""), (["x2"], ""), False),
        ((["a", "b"], ""), (["a\n\nb"], ""), False),
        ((["a"], "Be brief."), (["a"], ""), False),
        ((["a  b"], ""), (["a b"], ""), False),
    ],
)
def test_what_is_one_prompt(one, other, is_one):
    assert (text_digest(*one) == text_digest(*other)) is is_one


def test_prompts_without_a_text_are_no_one_text(tmp_path):
    assert text_digest([]) == text_digest([" "]) == ""


def _talk(n, side):
    """What row n of the file holds of one side: every tenth asks twice, and line ends differ where the text is the same."""
    end = "\n" if n % 7 == 0 else ""
    asked = [f"Question {n % N_ASKED}?{end}", *(["And why?"] if n % 10 == 0 else [])]
    return [
        message
        for turn in asked
        for message in ({"role": "user", "content": turn}, {"role": "assistant", "content": f"{side}{n}"})
    ]


def _text_of(n):
    return n % N_ASKED, n % 10 == 0


def _conversations():
    """In the layout of 2023: each row has an id of its own, and brings its prompt and both answers."""
    return [
        {"question_id": f"{n:032x}", "model_a": f"m{n % 3}", "model_b": f"m{(n + 1) % 3}", "judge": f"arena_user_{n % 70}",
         "winner": ("model_a", "model_b", "tie (bothbad)")[n % 3 if n % 5 else 0], "turn": len(_talk(n, "a")) // 2,
         "tstamp": 1682351591.1 + n, "anony": True, "language": "English",
         "conversation_a": _talk(n, "a"), "conversation_b": _talk(n, "b")}
        for n in range(N_ROWS)
    ]  # fmt: skip


def test_a_conversation_file_makes_a_board_whose_clusters_are_its_texts(tmp_path):
    said = StringIO()
    call_command(
        "import_battles", str(write(tmp_path, json.dumps(_conversations()), "2023.json")), "--arena", "talks", stdout=said
    )
    assert "Read by the format chatbot-arena" in said.getvalue()
    assert "1,000 rows: 1,000 battles, 1,000 votes, 3 models" in said.getvalue()
    arena = Arena.objects.get(slug="talks")
    battles = arena.battles.showable()
    assert battles.exclude(response_a=None).exclude(response_b=None).count() == N_ROWS
    assert Response.objects.count() == 2 * N_ROWS

    snapshot = publish_snapshot(make_board(arena))
    assert (snapshot.n_votes, snapshot.n_prompts) == (N_ROWS, len({_text_of(n) for n in range(N_ROWS)}))
    found = same_texts(arena.pk, snapshot.watermark)
    first = dict(zip(found.prompts.tolist(), found.firsts.tolist(), strict=True))
    by_key = {f"{n:032x}": _text_of(n) for n in range(N_ROWS)}
    clusters = {(first.get(pk, pk), by_key[key]) for pk, key in battles.values_list("prompt_id", "prompt__key")}
    assert (
        len(clusters) == len({cluster for cluster, _ in clusters}) == len({text for _, text in clusters}) == snapshot.n_prompts
    )

    draft = draw_up(arena, [called_judge(make_endpoint(), "pairwise")], list(battles.values_list("pk", flat=True)))
    assert (draft.estimate.n_calls, Judge.objects.count()) == (2 * N_ROWS, 1)


def test_judges_run_over_a_conversation_file(tmp_path, settings):
    """One that needs no server over all its conversations in both orders, a language model over a few of them."""
    path = write(tmp_path, json.dumps(_conversations()), "2023.json")
    call_command("import_battles", str(path), "--arena", "talks", stdout=StringIO())
    arena = Arena.objects.get(slug="talks")
    battles = list(arena.battles.showable().order_by("pk").values_list("pk", flat=True))
    offline = offline_judge("random")
    assert work(plan_judging(arena, [offline], battles)[0]).state == "done"
    assert Counter(offline.games.values_list("state", "order")) == {("ok", "ab"): N_ROWS, ("ok", "ba"): N_ROWS}
    with serving(Script(judge=JudgeScript())) as fake:
        called = called_judge(fake_endpoint(fake, settings), "pairwise")
        assert work(plan_judging(arena, [called], battles[:FEW])[0]).state == "done"
    assert len(fake.requests) == called.games.filter(state="ok").count() == 2 * FEW
    assert sum("And why?" in str(request) for request in fake.requests) == 2 * FEW // 10
