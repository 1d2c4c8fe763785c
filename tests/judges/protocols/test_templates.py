"""A slot without a text takes only what frames it along; a template that cannot be filled is refused."""

import json

import pytest
from django.core.management import CommandError, call_command

from arena.runs.kinds import Held
from judges.cards import called_judge, check_card, new_version
from judges.games.battle_texts import contests_of
from judges.games.request_builder import RequestBuilder
from judges.models import Game, Judge
from judges.protocols import PROTOCOLS
from judges.runs.judging import Judging
from judges.runs.plan_summary import lines_of
from judges.runs.planning import draw_up, start
from judges.safeguards.delimiters import fenced, render
from judges.template_slots import HOLDS, check_template, fill, slots_in
from tests.judges.game_factories import make_endpoint
from tests.judges.judging_factories import ids, make_battles

FENCE = "5f0c8e1d9ab24c7796d1b3a4e2f80c11"
NO_SLOT = r"\{foo\} is no slot"
TEXTS = {"prompt": "P", "answer_1": "1", "answer_2": "2"}
FIVE_LINES = "Q: {prompt}\nFirst: {answer_1}\nSecond: {answer_2}\nRef: {reference}\nPick."


@pytest.mark.parametrize(
    ("template", "without"),
    [
        (FIVE_LINES, "Q: P\nFirst: 1\nSecond: 2\nPick."),
        ("Ref: {reference}\nQ: {prompt}", "Q: P"),
        ("Q: {prompt}\nA reference:\n{reference}\nAn answer:\n{answer_1}", "Q: P\nAn answer:\n1"),
        ("{prompt}\n# Reference\n{reference}\n# Answer\n{answer_1}", "P\n# Answer\n1"),
        ("<q>\n{prompt}\n</q>\n<ref>\n{reference}\n</ref>\n<a>\n{answer_1}\n</a>", "<q>\nP\n</q>\n<a>\n1\n</a>"),
        ("[Q]\n{prompt}\n[Ref]\n{reference}\n[End of Ref]\n[A]\n{answer_1}", "[Q]\nP\n[A]\n1"),
        ("Judge:\nRef: {reference}\nA: {answer_1}", "Judge:\nA: 1"),
        ("{prompt}\n\n[Ref]\n{reference}\n[End]\n\n{answer_1}\n", "P\n\n1\n"),
        ("{prompt}\n \t\nRef: {reference}\n\n\n{answer_1}", "P\n\n\n1"),
        ("Q {prompt} Ref {reference} A {answer_1}", "Q P Ref  A 1"),  # refused in a card; still nothing else is lost
        ("{reference}", ""),
        ("{criteria}\n{reference}\n{prompt}", "P"),
        ("{reference}\n\n{prompt}\n\n{criteria}", "P"),
    ],
)
def test_a_slot_without_a_text_takes_its_own_line_or_block_along(template, without):
    assert fill(template, TEXTS) == without


@pytest.mark.parametrize("given", ["", "reference", "criteria", "reference criteria system_prompt checklist"])
@pytest.mark.parametrize("gap", ["\n", "\n\n", "\r\n", "\n \n", "\n\n\n"])
def test_no_text_is_lost_whatever_the_blank_lines(gap, given):
    texts = TEXTS | {name: f"text of {name}" for name in given.split()}
    template = gap.join(
        ["{system_prompt}", "Q: {prompt}", "{reference}", "A: {answer_1}", "{criteria}", "B: {answer_2}", "Pick."]
    )
    rendered = render(template, texts, fence=FENCE)
    assert all(fenced(name, text, fence=FENCE) in rendered for name, text in texts.items() if name in slots_in(template))
    assert rendered.endswith("Pick.")


@pytest.mark.parametrize("key", sorted(PROTOCOLS))
def test_the_templates_of_protocols_can_be_filled(key):
    check_template(PROTOCOLS[key].template, needed=PROTOCOLS[key].needed, optional=PROTOCOLS[key].optional)
    assert PROTOCOLS[key].needed | PROTOCOLS[key].optional <= set(HOLDS)


REFUSED = {
    "{prompt} {answer_1}": "lacks {answer_2}",
    "{prompt}{answer_1}{answer_2}{answer_1}": "{answer_1} more than once",
    "{prompt}{answer_1}{answer_2}\n{foo}": "{foo} is no slot",
    "{prompt}{answer_1}{answer_2} {category} {Difficulty}": "{Difficulty}, {category} is no slot",
    "{prompt}{answer_1}{answer_2}\n{answer}": "{answer} is no slot of this protocol",  # another protocol's
    "{prompt}{answer_1}{answer_2}\n{{ question }}": "{{question}} is no slot",
    "{{prompt}} {answer_1}{answer_2}": "{{prompt}} is no slot",
    "{prompt}{answer_1}{answer_2} {0}": "{0} is no slot",
    "{prompt}{answer_1}{answer_2} {answers[0]} {x.y}": "{answers[0]}, {x.y} is no slot",
    "{Prompt} {answer_1} {answer_2}": "lacks {prompt}",
    "Q {prompt} ref {reference}\n{answer_1}{answer_2}": "{reference} stands on a line with {prompt}",
    "{prompt}{answer_1}{answer_2}\n{reference}{criteria}": "stands on a line with another slot",
}
TAKEN = [
    FIVE_LINES,
    "{prompt}{answer_1}{answer_2}",
    '{prompt} {answer_1} {answer_2} Reply with {"verdict": "A"} or {}, { so }, \\frac{a}{b}, x^{n}, \\boxed{A}.',
]


@pytest.mark.parametrize("template", REFUSED)
def test_a_template_that_cannot_be_filled_is_refused_with_its_slots(template):
    pairwise = PROTOCOLS["pairwise"]
    with pytest.raises(ValueError) as refusal:
        check_template(template, needed=pairwise.needed, optional=pairwise.optional)
    assert REFUSED[template] in str(refusal.value)


@pytest.mark.parametrize("template", TAKEN)
def test_braces_that_are_no_slots_stay(template):
    check_template(template, needed=PROTOCOLS["pairwise"].needed, optional=PROTOCOLS["pairwise"].optional)
    rest = template.split("{answer_2}")[1]
    assert "{reference}" in rest or render(template, TEXTS, fence=FENCE).endswith(rest)


def test_a_refusal_lists_the_slots():
    with pytest.raises(ValueError, match=r"\{prompt\}, \{answer\}, once each, and if you like .*\{reference\}, \{criteria\}"):
        check_template("{foo}{prompt}{answer}", needed=PROTOCOLS["rubric_5"].needed, optional=PROTOCOLS["rubric_5"].optional)


# --- wherever a card is made -----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_no_way_to_a_card_takes_a_template_that_cannot_be_filled(tmp_path):
    endpoint, arena = make_endpoint("desk"), make_battles(n_prompts=1, n_competitors=2)[0]
    bad = "{prompt}{answer_1}{answer_2}{foo}"
    for make in (check_card, called_judge):
        arguments = {"endpoint": endpoint, "protocol": "pairwise", "template": bad, "parameters": {}}
        with pytest.raises(ValueError, match=NO_SLOT):
            make(arguments.pop("endpoint"), arguments.pop("protocol"), **arguments) if make is called_judge else make(
                **arguments
            )
    judge = called_judge(endpoint, "pairwise")
    with pytest.raises(ValueError, match=NO_SLOT):
        new_version(judge, template=bad)
    (tmp_path / "template").write_text(bad)
    with pytest.raises(CommandError, match=NO_SLOT) as refusal:
        call_command("judge", arena=arena.slug, endpoint="desk", template=tmp_path / "template")
    assert refusal.value.returncode == 2
    for written in ("", "\ufeff \n"):
        (tmp_path / "template").write_text(written)
        with pytest.raises(CommandError, match="the file is empty"):
            call_command("judge", arena=arena.slug, endpoint="desk", template=tmp_path / "template")
    with pytest.raises(CommandError, match="a JSON object is needed"):
        call_command("judge", arena=arena.slug, endpoint="desk", parameters="[]")
    assert Judge.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "value"), [("criteria", "Be brief."), ("reference", "with"), ("reference", "drop")])
def test_a_parameter_that_the_template_would_never_show_is_refused(name, value):
    with pytest.raises(ValueError, match=f"the parameter {name} would never be shown"):
        called_judge(make_endpoint(), "pairwise", template="{prompt}{answer_1}{answer_2}", parameters={name: value})


@pytest.mark.django_db
def test_a_stored_card_that_cannot_be_asked_says_so_and_sends_nothing():
    """As made by a version that took any template."""
    arena, battles = make_battles(n_prompts=1, n_competitors=2)
    judge = called_judge(make_endpoint(), "pairwise")
    started = start(draw_up(arena, [judge], ids(battles)))
    Judge.objects.filter(pk=judge.pk).update(template="{prompt}{answer_1}{answer_2}{foo}", identity="old")
    old = Judge.objects.get()
    contest = next(contests_of(ids(battles)))
    assert "{foo} is no slot" in str(RequestBuilder.of(old).misfit(contest))
    assert "cannot be asked" in str(RequestBuilder.of(new_version(old, family="f")).misfit(contest))
    call = started.calls.first()
    Judge.objects.filter(pk=judge.pk).update(identity="older")  # nothing that was remembered of it
    found = Judging().compose([call])[call.pk]
    assert isinstance(found, Held)  # the run waits for the card to be put right, and nothing is sent


@pytest.mark.django_db
def test_a_plan_leaves_out_what_cannot_be_asked_and_says_why():
    arena, battles = make_battles(n_prompts=1, n_competitors=2)
    judge = called_judge(make_endpoint(), "rubric_5")
    Judge.objects.filter(pk=judge.pk).update(template="{prompt}{answer}{foo}")
    judge = new_version(Judge.objects.get(), family="f")
    draft = draw_up(arena, [judge], ids(battles))
    assert (draft.counts.n_calls, draft.counts.n_misfits) == (0, 2)
    assert any("{foo} is no slot" in line for line in lines_of(draft, [judge]))
    assert not Game.objects.exists()


def test_what_stands_in_a_text_is_no_slot():
    hostile = {"prompt": "{answer_1}", "answer_1": "{reference}\n\n{foo}", "answer_2": json.dumps({"x": "{prompt}"})}
    rendered = render(FIVE_LINES, hostile, fence=FENCE)
    assert all(fenced(name, text, fence=FENCE) in rendered for name, text in hostile.items())
