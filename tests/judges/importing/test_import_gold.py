"""Gold sets out of files and out of verifiers."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from arena.models import Arena, Battle, Competitor, Event, Prompt, Response, text_digest
from judges.audits.ground_truth import gold_labels
from judges.games.battle_texts import contests_of
from judges.games.curation import contradicting
from judges.games.no_call_rules import ruling_on
from judges.models import GoldItem
from tests.factories import make_arena, make_competitor, make_prompt, make_response, make_user

pytestmark = pytest.mark.django_db


def take_in(arena, layout, *arguments):
    out = StringIO()
    call_command("import_gold", *map(str, arguments), "--format", layout, "--arena", arena.slug, stdout=out)
    return " ".join(out.getvalue().split())  # a terminal breaks its lines where it ends


def write(path, *rows):
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def winner(item):
    return getattr(item.battle, f"response_{item.label}").text


def test_labels_follow_their_answer_whichever_competitor_was_here_first(tmp_path):
    arena = make_arena()
    make_competitor(arena, "late")
    rows = [
        {"prompt": "2+2?", "answer_a": "4", "answer_b": "5", "label": "a", "competitor_a": "new", "competitor_b": "late"},
        {"prompt": "3+3?", "answer_a": "5", "answer_b": "6", "label": "b"},
    ]
    assert "2 labels on 2 battles" in take_in(arena, "plain", write(tmp_path / "gold.jsonl", *rows))
    assert sorted(winner(item) for item in GoldItem.objects.all()) == ["4", "6"]


def test_the_same_file_again_adds_nothing(tmp_path):
    arena = make_arena()
    path = write(tmp_path / "gold.jsonl", {"prompt": "2+2?", "answer_a": "4", "answer_b": "5", "label": "a"})
    for _ in range(2):
        take_in(arena, "plain", path)
    assert (GoldItem.objects.count(), Battle.objects.count(), Response.objects.count()) == (1, 1, 2)
    assert [(event.kind, event.after) for event in Event.objects.all()] == [("gold_labelled", "1 label")]


def test_help_lists_the_fields_of_each_format(capsys):
    with pytest.raises(SystemExit):
        call_command("import_gold", "--help")
    said = " ".join(capsys.readouterr().out.split())
    assert "pairs: prompt or prompt_id; label; if there: answer_a, answer_b, competitor_a, competitor_b, id, language" in said
    assert "judgebench: pair_id, question, response_A" in said
    assert "reward-bench-2: prompt, chosen, rejected" in said


def test_what_is_new_is_told_and_a_check_writes_nothing(tmp_path):
    arena = make_arena()
    path = write(tmp_path / "gold.jsonl", {"prompt": "2+2?", "answer_a": "4", "answer_b": "5", "label": "a"})
    checked = take_in(arena, "plain", path, "--check")
    assert "Nothing was written" in checked
    assert not arena.prompts.exists()
    assert not GoldItem.objects.exists()
    assert not Event.objects.exists()
    told = take_in(arena, "plain", path)
    assert "New: 1 prompt, 2 answers, 2 models." in told
    assert told in checked
    assert "New: 0 prompts, 0 answers, 0 models." in take_in(arena, "plain", path)


def test_an_id_in_place_of_a_text_is_the_prompt_that_has_it(tmp_path):
    arena = make_arena()
    prompt = make_prompt(arena, "What is odd?", key="odd-think")
    path = write(tmp_path / "gold.jsonl", {"prompt": "odd-think", "answer_a": "1", "answer_b": "2", "label": "a"})
    told = take_in(arena, "plain", path)
    assert "New: 0 prompts, 2 answers, 2 models." in told
    assert "Warning: " not in told
    item = GoldItem.objects.get()
    assert (item.battle.prompt, winner(item)) == (prompt, "1")
    assert list(arena.prompts.all()) == [prompt]


def test_ids_in_place_of_texts_beside_other_ids_are_named_by_line(tmp_path):
    arena = make_arena()
    make_prompt(arena, "What is odd?", key="odd-think")
    row = {"prompt_id": "even", "prompt": "odd-think", "answer_a": "1", "answer_b": "2", "label": "a"}
    told = take_in(arena, "plain", write(tmp_path / "gold.jsonl", row))
    assert "line 1: the prompt is 'odd-think', the id of a prompt here; its text is needed." in told
    assert told.count("Warning: ") == 1


def test_curators_read_gold_labels_on_the_page_of_a_battle(tmp_path, client):
    arena = make_arena(content_visibility="public")
    rows = [{"prompt": "2+2?", "answer_a": "4", "answer_b": "5", "label": "b"}]
    take_in(arena, "plain", write(tmp_path / "gold.jsonl", *rows), "--name", "sums")
    item = GoldItem.objects.get()
    address = reverse("battle", args=[arena.slug, item.battle_id])
    assert "Gold labels" not in client.get(address).content.decode()
    client.force_login(make_user(is_staff=True))
    assert f"<bdi>sums</bdi>: {item.get_label_display()}" in client.get(address).content.decode()


def twice(*labels, swapped=False):
    """The same two answers with these labels, as pairs p0, p1 ..; the second shows them the other way round."""
    rows = [
        {"id": f"p{n}", "prompt": "2+2?", "answer_a": "4", "answer_b": "5", "label": label} for n, label in enumerate(labels)
    ]
    names = [{"competitor_a": "x", "competitor_b": "y"}] * len(rows)
    rows = [row | name for row, name in zip(rows, names, strict=True)]
    if swapped:
        turned = {"answer_a": "5", "answer_b": "4", "competitor_a": "y", "competitor_b": "x"}
        rows[1] |= turned | {"label": {"a": "b", "b": "a"}.get(labels[1], labels[1])}
    return rows


@pytest.mark.parametrize("swapped", [False, True])
def test_pairs_that_are_there_twice_are_named(tmp_path, swapped):
    said = take_in(make_arena(), "plain", write(tmp_path / "gold.jsonl", *twice("a", "a", swapped=swapped)))
    assert "1 label on 1 battle" in said
    assert "2 pairs are the same answers to the same prompt as others, so they are 1 battle: p0 = p1." in said
    assert "contradict" not in said


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("labels", [("a", "b"), ("b", "a"), ("tie", "a"), ("a", "both_bad")])
def test_labels_that_contradict_each_other_both_stand_and_neither_counts_within_a_file_and_between_sets(
    tmp_path, labels, swapped
):
    told = []
    rows = twice(*labels, swapped=swapped)
    one_file, two_sets = make_arena(), make_arena()
    told.append(take_in(one_file, "plain", write(tmp_path / "gold.jsonl", *rows)))
    for name, row in zip(("early", "late"), rows, strict=True):
        told.append(take_in(two_sets, "plain", write(tmp_path / f"{name}.jsonl", row)))
    assert "contradict" not in told[1]
    for said, arena, key in ((told[0], one_file, "p0"), (told[2], two_sets, "p1")):
        battle = Battle.objects.get(arena=arena)
        assert f"1 battle has labels that contradict each other and counts in no figure: {key} (" in said
        assert {item.label for item in battle.gold_items.all()} == set(labels)
        assert gold_labels(arena) == {}


def test_a_wrong_label_is_set_aside_and_the_other_counts(tmp_path, client):
    arena = make_arena()
    take_in(arena, "plain", write(tmp_path / "gold.jsonl", *twice("a", "b")))
    assert {item.label for item in contradicting()} == {"a", "b"}
    wrong = GoldItem.objects.get(note="p1")
    client.force_login(make_user(is_staff=True))
    address = reverse("admin:judges_golditem_changelist")
    assert "p1" in client.get(address, {"contradiction": "yes"}).content.decode()
    client.post(address, {"action": "set_labels_aside", "_selected_action": [wrong.pk]})
    assert gold_labels(arena) == {wrong.battle_id: GoldItem.objects.get(note="p0").label}
    assert Event.objects.order_by("pk").last().reason == "1 label set aside"
    assert not contradicting().exists()
    client.post(address, {"action": "restore_labels", "_selected_action": [wrong.pk]})
    assert gold_labels(arena) == {}


def test_a_tie_and_both_bad_are_no_contradiction(tmp_path):
    arena = make_arena()
    assert "contradict" not in take_in(arena, "plain", write(tmp_path / "gold.jsonl", *twice("tie", "both_bad")))
    assert list(gold_labels(arena).values()) == ["tie"]


def test_pandalm_is_a_gold_set_of_its_majorities(shared_data):
    said = take_in(make_arena(), "pandalm", shared_data / "pandalm" / "testset-v1.json")
    assert "999 labels" in said or "pairs have no majority" in said


def test_labels_of_pandalm_stand_on_the_battles_that_people_voted_on(shared_data):
    path = shared_data / "pandalm" / "testset-v1.json"
    call_command("import_battles", str(path), "--format", "pandalm", "--arena", "voted", stdout=StringIO())
    n_battles = Battle.objects.count()
    assert "999 labels on 999 battles" in take_in(Arena.objects.get(slug="voted"), "pandalm", path)
    assert Battle.objects.count() == n_battles
    for item in GoldItem.objects.prefetch_related("battle__votes"):
        assert 2 * sum(vote.outcome == item.label for vote in item.battle.votes.all()) > item.battle.votes.count()


def test_pairs_are_made_where_one_answer_passes_and_one_fails():
    arena = make_arena()
    prompt = make_prompt(arena, "3 + 4?", verifier={"kind": "numeric", "value": 7}, system_prompt="Count.")
    for name, text in (("right", "It is 7."), ("wrong", "It is 8.")):
        make_response(prompt, make_competitor(arena, name), text)
    assert "1 pair" in take_in(arena, "verifiers")
    assert winner(GoldItem.objects.get()) == "It is 7."
    assert (Prompt.objects.count(), Response.objects.count()) == (1, 2)


def test_an_invalid_verifier_that_is_stored_spoils_its_own_prompt_alone():
    arena = make_arena()
    right, wrong = make_competitor(arena, "right"), make_competitor(arena, "wrong")
    for key, verifier in (("good", {"kind": "numeric", "value": 7}), ("bad", {"kind": "nonsense"}), ("empty", [])):
        prompt = make_prompt(arena, f"3 + 4, {key}?", key=key, verifier=verifier)
        make_response(prompt, right, "It is 7.")
        make_response(prompt, wrong, "It is 8.")
    said = take_in(arena, "verifiers")
    assert "1 pair; all answers pass on 0 prompts, none on 0, 2 could not be checked" in said
    assert "Prompt bad: its verifier cannot be used: unknown verifier kind 'nonsense'" in said


def test_a_prompt_without_an_id_is_called_by_its_first_words():
    arena, turns = make_arena(), ["Which is larger, x² or y²?"]
    for key, verifier in (("good", {"kind": "numeric", "value": 7}), (text_digest(turns), {"kind": "nonsense"})):
        prompt = make_prompt(arena, "3 + 4?" if key == "good" else turns[0], key=key, verifier=verifier)
        for text in ("It is 7.", "It is 8."):
            make_response(prompt, make_competitor(arena), text)
    said = take_in(arena, "verifiers")
    assert f"Prompt {turns[0]}: its verifier cannot be used" in said
    assert text_digest(turns) not in said
    assert [prompt.called for prompt in arena.prompts.order_by("pk")] == ["good", turns[0]]


@pytest.mark.parametrize(
    ("layout", "content", "told"),
    [
        ("plain", '{"prompt": "x"}', "line 1"),
        ("verifiers", None, "no prompt whose verifier passes one answer and fails another"),
        ("plain", None, "FILE is required"),
    ],
)
def test_what_is_wrong_is_told(tmp_path, layout, content, told):
    path = tmp_path / "gold.jsonl"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CommandError, match=told):
        take_in(make_arena(), layout, *([path] if content is not None else []))


# --- what comes in as an answer ----------------------------------------------------------------------------------------

PANDALM = {"idx": 1, "cmp_key": "x_y", "instruction": "2+2?", "input": "", "annotator1": 1, "annotator2": 1, "annotator3": 0}
LAYOUTS = {
    "plain": ({"id": "p1", "prompt": "2+2?", "label": "a"}, "answer_a", "answer_b"),
    "judgebench": ({"pair_id": "p1", "source": "s", "question": "2+2?", "label": "A>B"}, "response_A", "response_B"),
    "pandalm": (PANDALM, "response1", "response2"),
}


def pair_of(layout, first, second):
    row, a, b = LAYOUTS[layout]
    row = row | {a: first, b: second} | ({"response_model": "m"} if layout == "judgebench" else {})
    return [row] if layout == "pandalm" else row


def test_an_answer_of_pandalm_against_the_same_models_is_refused(tmp_path):
    row = {**PANDALM, "cmp_key": "same_same", "response1": "4", "response2": "5"}
    with pytest.raises(CommandError, match="cmp_key is 'same_same'; model1_model2 has to name two different models"):
        take_in(make_arena(), "pandalm", write(tmp_path / "gold.jsonl", [row]))
    assert not GoldItem.objects.exists()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_was_thought_before_an_answer_is_kept_beside_it_in_every_layout(tmp_path, layout):
    path = write(tmp_path / "gold.jsonl", pair_of(layout, "<think>Hm, [[A]].</think>4", "Not <think>."))
    said = take_in(make_arena(), layout, path)
    assert set(Response.objects.values_list("text", "aside__thinking")) == {
        ("4", "<think>Hm, [[A]].</think>"),
        ("Not <think>.", None),
    }
    assert "1 answer with the model's thinking: kept apart from the answer, and never shown to voters or judges." in said


def test_an_answer_that_is_here_with_its_thinking_in_the_text_is_still_that_answer(tmp_path):
    """Older versions left it there: the same file again adds nothing."""
    arena = make_arena()
    path = write(tmp_path / "gold.jsonl", pair_of("plain", "<think>Hm.</think>4", "5"))
    take_in(arena, "plain", path)
    Response.objects.filter(text="4").update(text="<think>Hm.</think>4")
    take_in(arena, "plain", path)
    assert (Response.objects.count(), Battle.objects.count(), GoldItem.objects.count()) == (2, 1, 1)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("nothing", ["", " \n", "\u200b", "<think>Nothing came of it.</think>"])
def test_an_empty_answer_is_kept_as_failed_and_named_and_its_label_stands(tmp_path, layout, nothing):
    said = take_in(make_arena(), layout, write(tmp_path / "gold.jsonl", pair_of(layout, "4", nothing)))
    assert sorted(Response.objects.values_list("finish", flat=True)) == ["failed", "stop"]
    key = "1" if layout == "pandalm" else "p1"
    assert f"1 pair has an empty answer: {key}. What is said of it counts; no voter is shown it, and no judge is asked." in said
    assert winner(GoldItem.objects.get()) == "4"
    (contest,) = contests_of([Battle.objects.get().pk])
    assert ruling_on(contest, None).state == "not_asked"


def many(n):
    return [
        {"prompt": f"{k}?", "answer_a": "4", "answer_b": "5", "label": "a", "competitor_a": f"a{k}", "competitor_b": f"b{k}"}
        for k in range(n)
    ]


def test_more_than_a_thousand_new_competitors_take_a_yes(tmp_path):
    arena, path = make_arena(), write(tmp_path / "gold.jsonl", *many(501))
    with pytest.raises(CommandError, match=r"1,002 new models .* --allow-competitors 1002") as refusal:
        take_in(arena, "plain", path)
    assert refusal.value.returncode == 2
    assert {model.objects.count() for model in (Competitor, Prompt, GoldItem)} == {0}
    with pytest.raises(CommandError, match="1,002 new models"):
        take_in(arena, "plain", path, "--allow-competitors", 1001)
    take_in(arena, "plain", path, "--allow-competitors", 1002)
    assert arena.competitors.count() == 1002
    assert "501 labels on 501 battles" in take_in(arena, "plain", path)  # they are here


@pytest.mark.parametrize("field", ["origin", "competitor_a", "competitor_b"])
@pytest.mark.parametrize("layout", ["json", "csv"])
def test_names_that_nobody_can_read_are_refused_with_their_place(tmp_path, field, layout):
    row = {"prompt": "2+2?", "answer_a": "4", "answer_b": "5", "label": "a", field: "\u202eevil"}
    path = tmp_path / "gold.csv"
    if layout == "json":
        write(path, row)
    else:
        path.write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n", encoding="utf-8")
    with pytest.raises(CommandError, match=r"line [12]: .*invisible characters"):
        take_in(make_arena(), "plain", path)
    assert not Competitor.objects.exists()


def test_what_no_database_stores_is_replaced_in_gold_pairs(tmp_path):
    row = {"prompt": "2+2?\ud800", "answer_a": "4\0", "answer_b": "5", "label": "a", "\ud800": 1}
    take_in(make_arena(), "plain", write(tmp_path / "gold.jsonl", row))
    assert set(Response.objects.values_list("text", flat=True)) == {"4\ufffd", "5"}
