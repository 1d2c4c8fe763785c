"""Headlines of judges whose verdicts come from files and runs: by hand, and the same whoever was registered first."""

import csv
import io
import json
from dataclasses import dataclass
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from arena.models import Arena, Prompt
from judges.audits.refresh import audit_judge
from judges.models import Game, GoldItem, Judge
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_user, make_vote
from tests.judges.game_factories import make_game, make_judge

pytestmark = pytest.mark.django_db
DECISIONS = {"a": "A>B", "b": "B>A", "t": "A=B", "-": None}


@dataclass
class Row:
    """A pair of a file: its label, and what the judge says in each order, as sides of the file: a, b, t (tie), - (nothing)."""

    label: str
    said: str


def figures_of(audit) -> dict[str, dict]:
    return {figure["name"]: figure for figures in audit.figures.values() for figure in figures}


def take_in_judgebench(arena, tmp_path, rows, name="judge"):
    """JudgeBench's layout; its second game shows the answers exchanged, so its decision is of the slots."""
    turned = {"a": "b", "b": "a"}
    lines = []
    for number, row in enumerate(rows):
        said = [row.said[0], *(turned.get(each, each) for each in row.said[1:])]
        lines.append(
            {
                "pair_id": f"p{number}", "source": "s", "question": f"Question {number}?", "response_model": "m",
                "response_A": f"One {number}", "response_B": f"Two {number}", "label": DECISIONS[row.label],
                "judgments": [{"judgment": {"response": "Reasons."}, "decision": DECISIONS[each]} for each in said],
            }
        )  # fmt: skip
    path = tmp_path / f"{name}.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    out = StringIO()
    call_command("import_judgements", str(path), "--format", "judgebench", "--arena", arena.slug, "--judge", name, stdout=out)
    return Judge.objects.get(name=name), out.getvalue()


def take_in_gold(arena, tmp_path, rows, *, names=("x", "y"), swap=()):
    """Pairs with labels in the plain layout; those in `swap` name their competitors the other way round."""
    labels = {"a": "a", "b": "b", "t": "tie"}
    lines = []
    for number, row in enumerate(rows):
        first, second = names if number not in swap else names[::-1]
        lines.append(
            {"id": f"p{number}", "prompt": f"Question {number}?", "answer_a": f"One {number}", "answer_b": f"Two {number}",
             "label": labels[row.label], "competitor_a": first, "competitor_b": second}
        )  # fmt: skip
    path = tmp_path / "gold.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    call_command("import_gold", str(path), "--format", "plain", "--arena", arena.slug, stdout=StringIO())


def say(judge, rows, *, taints=()):
    """The judge's games on the gold pairs: sides of the file become slots."""
    items = {item.note: item for item in GoldItem.objects.filter(gold_set__arena__slug=Arena.objects.latest("pk").slug)}
    for number, row in enumerate(rows):
        item = items[f"p{number}"]
        for nth, said in enumerate(row.said):
            file_order = ("ab", "ba")[nth]
            stored = file_order if item.order == "ab" else {"ab": "ba", "ba": "ab"}[file_order]
            slot = {"t": "tie", "-": ""}.get(said) if said in "t-" else ("first" if (said == "a") == (nth == 0) else "second")
            make_game(item.battle, judge, slot, order=stored, taints=list(taints))


LLMBAR = [*[Row("a", "aa")] * 9, *[Row("b", "bb")] * 6, *[Row("b", "ab")] * 4, Row("a", "bb")]  # 17 of 20
LLMBAR_SILENT = [Row(row.label, row.label * 2 if n < 12 else "ab") for n, row in enumerate(LLMBAR)]  # 16 of 20


def test_judgebench_style_the_headline_is_the_accuracy_of_both_orders_and_orders_judges_by_it(client, tmp_path):
    arena = make_arena()
    audits = {}
    for name, rows in (("steady", LLMBAR), ("silent", LLMBAR_SILENT)):
        judge, _ = take_in_judgebench(arena, tmp_path, rows, name)
        audits[name] = figures_of(audit_judge(judge, arena))
    steady, silent = (audits[name]["agreement with gold labels"] for name in ("steady", "silent"))
    assert (steady["value"], steady["n"]) == (pytest.approx(17 / 20), 20)
    assert (silent["value"], silent["n"]) == (pytest.approx(16 / 20), 20)
    selected = {name: found["agreement where both orders agree"] for name, found in audits.items()}
    assert (selected["steady"]["value"], selected["steady"]["n"]) == (pytest.approx(15 / 16), 16)
    assert (selected["silent"]["value"], selected["silent"]["n"]) == (1.0, 12)
    assert steady["value"] > silent["value"]
    assert selected["steady"]["value"] < selected["silent"]["value"]
    assert "12 of 20 labelled battles (60.0 %)" in selected["silent"]["note"]
    assert ">85\u00a0%<br><small>" in client.get(reverse("judges", args=[arena.slug])).content.decode()
    listed = {row["name"]: row["agreement"] for row in client.get("/api/v1/judges/", {"arena": arena.slug}).json()["results"]}
    assert (listed["silent"]["name"], listed["silent"]["value"]) == ("agreement with gold labels", pytest.approx(0.8))
    judge = Judge.objects.get(name="steady")
    assert "Agreement with gold labels" in client.get(reverse("judge", args=[arena.slug, judge.pk])).content.decode()
    answer = client.get(reverse("judge-figures", args=[arena.slug, judge.pk])).content.decode()
    first, second, *_ = csv.DictReader(io.StringIO(answer))
    assert (first["name"], first["value"][:4], second["name"]) == (
        "agreement with gold labels", "0.85", "agreement where both orders agree",
    )  # fmt: skip


AUTO_J = [
    *[Row("t", "tt")] * 3, *[Row("t", "ab")] * 2, *[Row("a", "aa")] * 5, *[Row("a", "at")] * 2, *[Row("b", "bb")] * 4,
    Row("b", "ba"), Row("t", "aa"), Row("a", "a-"), Row("b", "-b"),
]  # fmt: skip


@pytest.mark.parametrize(("names", "swap"), [(("x", "y"), ()), (("y", "x"), ()), (("x", "y"), (1, 2, 8, 15))])
def test_auto_j_style_three_classes_over_both_orders(tmp_path, names, swap):
    """Whoever is registered first, and where the file names a pair both ways round."""
    arena = make_arena()
    take_in_gold(arena, tmp_path, AUTO_J, names=names, swap=swap)
    judge = make_judge()
    say(judge, AUTO_J)
    found = figures_of(audit_judge(judge, arena))
    n = len(AUTO_J)
    sides = {"a": "a", "b": "b", "t": "t"}
    hits = [[said == sides[row.label] for said in row.said] for row in AUTO_J]
    headline = found["agreement with gold labels"]
    assert (headline["value"], headline["n"]) == (pytest.approx(sum(map(sum, hits)) / (2 * n)), n)
    assert "2 of 40 replies have no verdict and count as disagreement" in headline["note"]
    assert (found["right in both orders"]["value"], found["right in both orders"]["n"]) == (12 / n, n)
    assert found["right in the first order"]["value"] == pytest.approx(sum(first for first, _ in hits) / n)
    assert found["right in the second order"]["value"] == pytest.approx(sum(second for _, second in hits) / n)
    selected = found["agreement where both orders agree"]
    assert (selected["value"], selected["n"]) == (pytest.approx(12 / 13), 13)
    accuracy = found["accuracy, unreadable as wrong"]
    assert (accuracy["value"], accuracy["n"], accuracy["unit"]) == (
        pytest.approx(sum(map(sum, hits)) / (2 * n)),
        2 * n,
        "replies",
    )


def test_figures_are_the_same_whatever_the_row_ids_and_names_came_first(tmp_path):
    """The same file in two arenas: other ids, competitors registered in the other order, rows in another order."""
    found = []
    for early in ((), ("y", "x")):
        arena = make_arena()
        for name in early:
            make_competitor(arena, name)
            make_prompt(arena)
        rows = AUTO_J * 2
        take_in_gold(arena, tmp_path, rows, swap=range(0, len(rows), 3))
        judge = make_judge()
        say(judge, rows)
        found.append(audit_judge(judge, arena))
    one, other = (
        {(figure["name"], figure["note"]): figure for section in audit.figures.values() for figure in section}
        for audit in found
    )
    assert one.keys() == other.keys()
    for key, figure in one.items():
        for part in ("value", "low", "high", "n", "p"):
            assert figure[part] == pytest.approx(other[key][part], abs=1e-9), (key, part)
    boards = [{board["rule"]: board["standings"] for board in audit.boards} for audit in found]
    for rule, standings in boards[0].items():
        assert standings == [
            line | {part: pytest.approx(line[part], abs=1e-6) for part in ("rating", "low", "high") if line[part] is not None}
            for line in boards[1][rule]
        ]


def test_a_judge_known_in_one_order_has_agreement_on_every_page(client, tmp_path):
    arena = make_arena()
    judge, _ = take_in_judgebench(arena, tmp_path, [Row("a", "a"), Row("b", "b"), Row("b", "a"), Row("a", "a")] * 5)
    found = figures_of(audit_judge(judge, arena))
    headline = found["agreement with gold labels"]
    assert (headline["value"], headline["n"]) == (0.75, 20)
    assert "from one order alone" in headline["note"]
    for name in ("right in both orders", "right by the two-game sum", "position consistency", "McNemar's test of the slot"):
        assert (found[name]["value"], found[name]["low"]) == (None, None)
        assert "one order only" in found[name]["note"]
    assert (found["right in the first order"]["value"], found["right in the second order"]["value"]) == (0.75, None)
    page = client.get(reverse("judges", args=[arena.slug])).content.decode()
    assert "75\u00a0%" in page
    assert "one order only" in page


# --- marks ------------------------------------------------------------------------------------------------------------


def marked_arena(tmp_path, judge, *, n_marked=5):
    arena = make_arena(content_visibility="public")
    take_in_gold(arena, tmp_path, LLMBAR)
    say(judge, LLMBAR)
    first = list(GoldItem.objects.order_by("pk").values_list("battle", flat=True))[:n_marked]
    Game.objects.filter(battle__in=first).update(taints=["a: instruction"])
    return arena


@pytest.mark.parametrize("kind", ["imported", "offline"])
def test_stored_verdicts_and_those_of_programs_stay_counted_whatever_the_mark(tmp_path, kind):
    judge = make_judge(kind=kind, protocol="contains")
    found = figures_of(audit_judge(judge, marked_arena(tmp_path, judge)))
    assert (found["agreement with gold labels"]["n"], found["position consistency"]["n"]) == (20, 20)
    told = found["verdicts on marked answers"]
    assert (told["value"], told["n"], told["note"]) == (10 / 40, 40, "counted in every figure")


def test_what_is_left_out_of_a_called_judge_is_a_number_with_a_link_and_a_switch(client, tmp_path):
    judge = make_judge()
    arena = marked_arena(tmp_path, judge)
    audit = audit_judge(judge, arena)
    found = figures_of(audit)
    assert (found["agreement with gold labels"]["n"], found["position consistency"]["n"], audit.n_games) == (15, 15, 40)
    assert (found["verdicts on marked answers"]["value"], audit.coverage["overall"]["value"]) == (0.25, 1.0)
    address, battles = reverse("judge", args=[arena.slug, judge.pk]), reverse("judge-battles", args=[arena.slug, judge.pk])
    page = client.get(address).content.decode()
    assert "10 of 40 verdicts are on answers that seem to speak to their judge" in " ".join(page.split())
    assert f"{battles}?set=marked" in page
    assert client.get(battles, {"set": "marked"}).content.decode().count("tainted") == 10
    assert "Count them" not in page  # nobody may who is no curator
    switch = reverse("judge-marked", args=[arena.slug, judge.pk])
    assert client.post(switch, {"marked": "flag"}).status_code == 403
    assert audit_judge(judge, arena).marked == ""
    client.force_login(make_user(is_staff=True))
    assert "Count them" in client.get(address).content.decode()
    assert client.post(switch, {"marked": "flag"}).status_code == 302
    assert "are being made anew" in client.get(address).content.decode()
    again = audit_judge(judge, arena)
    assert figures_of(again)["agreement with gold labels"]["n"] == 20
    assert client.post(switch, {"marked": "sometimes"}).status_code == 400
    client.post(switch, {"marked": "leave_out"})
    assert figures_of(audit_judge(judge, arena))["agreement with gold labels"]["n"] == 15


def test_where_every_verdict_is_marked_each_figure_says_so(tmp_path):
    judge = make_judge()
    found = figures_of(audit_judge(judge, marked_arena(tmp_path, judge, n_marked=20)))
    for name in ("agreement with people", "position consistency", "first-slot rate"):
        assert found[name]["value"] is None
        assert found[name]["note"] == "all 40 verdicts are left out: they are on answers that seem to speak to their judge"
    assert found["verdicts on marked answers"]["value"] == 1.0


# --- what people say --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("votes", "said", "agrees"),
    [
        ("aab", "a", True),  # more than anything else
        ("atB", "tie", True),  # a tie and both bad are one class: nobody wins
        ("aBB", "both_bad", True),
        ("ab", "a", None),  # split
        ("aabb", "a", None),
        ("att", "a", False),
    ],
)
def test_what_is_right_is_what_most_voters_say(votes, said, agrees):
    outcomes = {"a": "a", "b": "b", "t": "tie", "B": "both_bad"}
    arena, judge = make_arena(), make_judge()
    battle = make_battle(make_competitor(arena), make_competitor(arena), make_prompt(arena), with_answers=True)
    for vote in votes:
        make_vote(battle, outcomes[vote])
    for order, slot in (("ab", "first"), ("ba", "second")):
        make_game(battle, judge, said if said in ("tie", "both_bad") else slot, order=order)
    headline = figures_of(audit_judge(judge, arena))["agreement with people"]
    if agrees is None:
        assert headline["value"] is None
        assert "left out: 1 battle on which people are split" in headline["note"]
    else:
        assert (headline["value"], headline["n"]) == (float(agrees), 1)


def test_people_come_before_gold_labels_and_both_are_told():
    arena, judge = make_arena(), make_judge()
    a, b = make_competitor(arena), make_competitor(arena)
    gold = arena.gold_sets.create(name="experts")
    for vote, label in (("a", "b"), (None, "a")):
        battle = make_battle(a, b, make_prompt(arena), with_answers=True)
        if vote:
            make_vote(battle, vote)
        GoldItem.objects.create(gold_set=gold, battle=battle, label=label)
        for order, slot in (("ab", "first"), ("ba", "second")):
            make_game(battle, judge, slot, order=order)
    headline = figures_of(audit_judge(judge, arena))["agreement with people and gold labels"]
    assert (headline["value"], headline["n"], headline["note"].split(";")[0]) == (
        1.0,
        2,
        "1 by people's votes, 1 by gold labels",
    )


# --- verifiers --------------------------------------------------------------------------------------------------------


def test_a_bad_verifier_spoils_one_prompt_and_never_an_audit(client):
    arena, judge = make_arena(), make_judge(protocol="rubric_5")
    a, b = make_competitor(arena), make_competitor(arena)
    for number in range(6):
        prompt = make_prompt(arena, f"Question {number}?", key=f"q{number}", verifier={"kind": "contains", "all": ["yes"]})
        battle = make_battle(a, b, prompt, with_answers=True)
        for side, text in ((battle.response_a, "yes"), (battle.response_b, "no")):
            type(side).objects.filter(pk=side.pk).update(text=text)
        for order, score in (("ab", 5.0), ("ba", 1.0)):
            make_game(battle, judge, "", order=order, state="ok", score_first=score)
    Prompt.objects.filter(key="q3").update(verifier={"kind": "contains", "texts": ["yes"]})
    Prompt.objects.filter(key="q4").update(verifier=["nonsense"])
    audit = audit_judge(judge, arena)
    found = figures_of(audit)["leniency P_c"]
    assert (found["value"], found["n"]) == (1.0, 8)
    assert "answers to 2 prompts left out, whose verifier cannot be used (q3: a contains verifier has no texts" in found["note"]
    assert client.get(reverse("judge", args=[arena.slug, judge.pk])).status_code == 200
    assert client.get("/api/v1/judges/", {"arena": arena.slug}).json()["results"][0]["agreement"]["value"] is None
