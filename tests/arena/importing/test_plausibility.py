"""What looks wrong in a file that can be read: a note with the count and the first lines, and a switch to refuse."""

import pytest
from django.core.management import CommandError, call_command

from arena.importing.checks.whole_file import check
from arena.importing.files.problems import ImportProblems
from arena.models import Arena, FinishState, Import, Response, Vote
from arena.pairing.pair_candidates import offer_of
from arena.texts.error_texts import is_error_text
from tests.arena.importing.import_files import as_csv, checked, imported, lines, write
from tests.factories import make_arena, make_competitor, make_prompt

pytestmark = pytest.mark.django_db
ODD = (
    "question_id,model_a,model_b,winner,judge\n"
    "q1,ann,bob,model_a,u1\nq1,ann,bob,model_a,u1\nq1,bob,ann,model_b,u1\nq2,Ann,bob,model_b,u2\nq3,nan,bob,model_a,u2\n"
    "q2,Ann,bob,model_a,u2\n"
)


def _said(path, format_name="chatbot-arena", **more):
    return [str(odd.note).replace("\u2068", "").replace("\u2069", "") for odd in checked(path, format_name, **more).odd]


def test_rows_that_look_wrong_are_named_and_come_in(tmp_path):
    path = write(tmp_path, ODD)
    assert _said(path) == [
        "2 votes that their voters gave before on the same pair and prompt, in lines 3, 4: each counts.",
        "1 vote against an earlier one of its voter on the same pair and prompt, in line 7: both count.",
        "1 name as programs write what is missing ('nan'), first in line 6: taken as a name.",
        "2 names that differ by case or Unicode form alone ('ann', 'Ann'), first in lines 2, 5: competitors of their own.",
    ]
    arena = make_arena()
    assert imported(path, "chatbot-arena", arena).state == Import.State.PUBLISHED
    assert Vote.objects.count() == 6


def test_the_same_file_is_refused_where_somebody_wants_that(tmp_path):
    with pytest.raises(ImportProblems) as refused:
        check(write(tmp_path, ODD), kind="battles", format_name="", filename="f", arena=None, options={"strict": True})
    assert [problem.line for problem in refused.value.first] == [3, 7, 6, 2]
    with pytest.raises(CommandError, match="each counts"):
        call_command("import_battles", str(write(tmp_path, ODD)), "--arena", "a", "--strict")
    assert not Arena.objects.exists()


@pytest.mark.parametrize(
    "rows",
    [
        "q1,ann,bob,model_a,u1\nq1,ann,bob,model_a,u2\n",  # two voters
        "q1,ann,bob,model_a,u1\nq2,ann,bob,model_a,u1\n",  # two prompts
        "q1,ann,bob,model_a,\nq1,ann,bob,model_a,\n",  # nobody knows who
    ],
)
def test_votes_that_may_well_be_two_are_none(tmp_path, rows):
    assert not _said(write(tmp_path, "question_id,model_a,model_b,winner,judge\n" + rows))


@pytest.mark.parametrize(("here", "new"), [("GPT", "gpt"), ("Café", "Cafe\u0301"), ("m1", "ｍ1")])
def test_a_name_that_the_arena_has_in_another_form_is_named(tmp_path, here, new):
    arena = make_arena()
    make_competitor(arena, here)
    make_prompt(arena, key="q")
    row = {"prompt": "q", "competitor": new, "text": "x"}
    (said,) = _said(write(tmp_path, lines(row)), "jsonl", kind="responses", arena=arena)
    assert "2 names that differ by case or Unicode form alone" in said


@pytest.mark.parametrize("name", ["nan", "None", "null", "N/A"])
def test_a_name_that_says_nothing_is_named(tmp_path, name):
    row = {"prompt": "What?", "answers": {name: "x", "m": "y"}}
    (said,) = _said(write(tmp_path, lines(row)), "several-answers", kind="responses")
    assert name in said


@pytest.mark.parametrize(
    ("text", "is_error"),
    [
        ("$ERROR$", True), (" $ERROR$\n", True),
        ("**NETWORK ERROR DUE TO HIGH TRAFFIC. PLEASE REGENERATE OR REFRESH THIS PAGE.**", True),
        ("$MODERATION$ YOUR INPUT VIOLATES OUR CONTENT MODERATION GUIDELINES.", True),
        ("THIS SESSION HAS BEEN INACTIVE FOR TOO LONG. PLEASE REFRESH THIS PAGE.", True), ("502 Bad Gateway", True),
        ("Error: 429 Too Many Requests", True), ("HTTP 500 Internal Server Error", True), ("429 Too Many Requests", True),
        ("openai.RateLimitError: HTTP 429 Too Many Requests, try again", True), ("[API Error]: 503 Service Unavailable", True),
        ("429 Too Many Requests means that a client asks too often.", False),
        ("Error 429: Too Many Requests means that a client asks too often.", False),
        ("Internal Server Error is what status 500 is called.", False), ("500 people came.", False),
        ("(error_code: 50002)", True), ("Error: rate limit exceeded", True), ("RateLimitError: x", True),
        ("openai.error.RateLimitError: Rate limit reached for gpt-4", True), ("upstream request timeout", True),
        ("internal server error", True), ("no healthy upstream", True), ("Error: Connection error.", True),
        ("upstream connect error or disconnect/reset before headers", True), ("Error: 503 Service Unavailable", True),
        ("openai.APITimeoutError: Request timed out.", True), ("Error: upstream request timeout\n", True),
        ('{"error": {"message": "Rate limit reached", "type": "requests", "code": "rate_limit_exceeded"}}', True),
        ('{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}', True),
        ('{"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}\n', True),
        ('{"error": "no such city"}', False), ('{"error": {"message": "x"}}', False),
        ('{"error": {"message": "x", "code": 1}, "data": []}', False),
        ("Rate limit exceeded.", False), ("Rate limit exceeded means that you have to wait.", False),
        ("ValueError: invalid literal for int()", False), ("RateLimitError", False), ("Connection refused", False),
        ("The upstream request timeout is 30 s.", False), ("Error: the list is empty", False), ("(code: 4321)", False),
        ("Print $ERROR$ in a shell.", False), ("NETWORK ERROR is what they see. " * 20, False), ("Error", False), ("", False),
    ],
)  # fmt: skip
def test_what_is_an_error_message(text, is_error):
    assert is_error_text(text) is is_error


@pytest.mark.parametrize("text", ["nan", "None", "null", " NaN\n"])
def test_a_word_for_a_missing_answer_is_named_and_kept(tmp_path, text):
    """A right answer may be "None": whoever wants to be strict is told, and nothing is lost."""
    arena = make_arena()
    make_prompt(arena, key="u1")
    path = write(tmp_path, lines({"prompt": "u1", "competitor": "m", "text": text}))
    (said,) = _said(path, "jsonl", kind="responses", arena=arena)
    assert "nan, None or null" in said
    imported(path, "jsonl", arena, kind="responses")
    assert Response.objects.get().finish == FinishState.STOP


def test_error_texts_are_kept_as_failed_and_served_to_nobody(tmp_path):
    arena = make_arena()
    make_prompt(arena, key="u1")
    rows = [{"prompt": "u1", "competitor": name, "text": text} for name, text in (("m1", "$ERROR$"), ("m2", "A lake."))]
    path = write(tmp_path, lines(*rows))
    (said,) = _said(path, "jsonl", kind="responses", arena=arena)
    assert "1 answer that is an error message, in line 1: kept as failed" in said
    imported(path, "jsonl", arena, kind="responses")
    assert Response.objects.get(text="$ERROR$").finish == FinishState.FAILED
    assert offer_of(arena, fresh=True).is_empty


def test_an_answer_with_an_error_message_in_place_of_a_turn_is_failed(tmp_path):
    arena = make_arena()
    make_prompt(arena, key="u1")
    rows = [
        {"prompt": "u1", "competitor": name, "turns": ["Como.", text]} for name, text in (("m1", "$ERROR$"), ("m2", "Alps."))
    ]
    path = write(tmp_path, lines(*rows))
    (said,) = _said(path, "jsonl", kind="responses", arena=arena)
    assert said.startswith("1 answer that is an error message, in line 1: kept as failed")
    imported(path, "jsonl", arena, kind="responses")
    assert {each.competitor.name: each.finish for each in Response.objects.all()} == {"m1": "failed", "m2": "stop"}
    asked = [{"role": "user", "content": "Name a lake."}, {"role": "assistant", "content": "Como."}]
    talks = [
        [*asked, {"role": "user", "content": "Why?"}, {"role": "assistant", "content": text}] for text in ("$ERROR$", "So.")
    ]
    row = {"model_a": "x", "model_b": "y", "winner": "model_b", "conversation_a": talks[0], "conversation_b": talks[1]}
    path = write(tmp_path, lines(row))
    assert _said(path) == [
        "1 answer that is an error message, in line 1: kept as failed; no voter is shown it, and no judge is asked."
    ]
    imported(path, "chatbot-arena", arena)
    assert Response.objects.get(competitor__name="x").finish == FinishState.FAILED


def test_battles_with_an_error_text_keep_their_votes_and_its_answer_is_failed(tmp_path):
    rows = [
        {"question": "Name a lake.", "answer_a": "$ERROR$", "answer_b": "Como", "better": "b"},
        {"question": "Name a town.", "answer_a": "Bonn", "answer_b": "Bonn", "better": "tie"},
    ]
    path = write(tmp_path, as_csv(*rows))
    said = _said(path, "pairs")
    assert said[0].startswith("1 answer that is an error message, in line 2")
    assert said[1] == "1 pair of two equal answers, in line 3: what was said of it counts."
    arena = make_arena()
    imported(path, "pairs", arena)
    assert list(Response.objects.filter(finish=FinishState.FAILED).values_list("text", flat=True)) == ["$ERROR$"]
    assert Vote.objects.counted().count() == 2


def test_texts_that_boards_take_for_one_are_counted_as_one(tmp_path):
    texts = ["Caf\u00e9?\nNow", " Cafe\u0301?\r\nNow\n", "Caf\u00e9?\rNow", "Cafe?\nNow"]
    rows = [{"id": f"q{n}", "prompt": text} for n, text in enumerate(texts)]
    assert _said(write(tmp_path, lines(*rows)), "jsonl", kind="prompts") == [
        "2 texts under 4 ids: on boards each text is one prompt."
    ]


def test_texts_under_many_ids_are_counted(tmp_path):
    rows = [{"id": f"q{n}", "prompt": f"Question {n % 24}?"} for n in range(120)]
    assert _said(write(tmp_path, lines(*rows)), "jsonl", kind="prompts") == [
        "24 texts under 120 ids: on boards each text is one prompt."
    ]


def test_ids_that_name_two_rows_of_a_layout_that_knows_rows_by_content_are_noted(tmp_path):
    rows = ["w1,Why?,So.,No.,model_a,m,n", "w2,Who?,I.,You.,model_b,m,n", "w1,Why?,So.,No.,model_b,m,n"]
    header = "id,prompt,response_a,response_b,winner,model_a,model_b"
    path = write(tmp_path, "\n".join([header, *rows]) + "\n", "wsdm.csv")
    assert _said(path) == [
        "1 row with the id of an earlier one, in line 4: rows of this layout are known by what they say, so each is a battle "
        "of its own."
    ]
    assert checked(path, "chatbot-arena").ignored == []
    with pytest.raises(ImportProblems, match="the id of an earlier one"):
        check(path, kind="battles", format_name="", filename="f", arena=None, options={"strict": True})


def test_an_id_with_a_point_is_named_where_a_prompt_here_has_it_without(tmp_path):
    """As pandas writes a column of numbers that has gaps."""
    arena = make_arena()
    make_prompt(arena, key="1")
    path = write(tmp_path, "question_id,model_a,model_b,winner\n1.0,m,n,tie\n2.0,m,n,tie\n")
    (said,) = _said(path, arena=arena)
    assert said.startswith(
        "1 id with .0 where other rows, or prompts here, have the same number without it (1.0), first in line 2"
    )
    assert not _said(path, arena=make_arena())


def test_voters_and_models_that_say_nothing_are_named_without_a_prompt_too(tmp_path):
    said = _said(write(tmp_path, "model_a,model_b,winner,judge\nm,n,tie,nan\nm,n,tie,NaN\n#N/A,n,tie,ann\n"))
    assert said[-1].startswith("3 names as programs write what is missing ('nan', 'NaN', '#N/A'), first in lines 2, 3, 4")
