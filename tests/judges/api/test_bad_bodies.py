"""Bodies that no program should send, to every address that takes rows: refused with the number of the row, never a 5xx."""

import json

import pytest

from arena.models import Arena, Battle, Prompt, Response, Vote
from judges.models import Game, GoldAnswer, GoldItem, Judge
from tests.arena.api.programs import make_program
from tests.factories import make_arena, make_competitor, make_prompt, make_response

pytestmark = pytest.mark.django_db
PAIR = {"prompt": "Why?", "answer_a": "So.", "answer_b": "No."}
ALONE = {"prompt": "Why?", "answer": "So.", "competitor": "m"}


@pytest.fixture
def right():
    """A right row of each address, and the field of it that is a text."""
    arena = make_arena("garden")
    prompt = make_prompt(arena, "Why?", key="p-1")
    a, b = (make_response(prompt, make_competitor(arena, name), text=text).pk for name, text in (("m", "So."), ("n", "No.")))
    pair = {"response_a": a, "response_b": b}
    return {
        "competitors/": ({"name": "x"}, "name"),
        "prompts/": ({"id": "p-2", "prompt": "Who?"}, "prompt"),
        "responses/": ({"prompt": "p-1", "competitor": "m", "text": "Yes."}, "text"),
        "battles/": (pair, "response_a"),
        "votes/": (pair | {"voter": "v", "outcome": "a"}, "voter"),
        "judgements/": (PAIR | {"judge": "j", "label": "a"}, "answer_a"),
        "judgements/grades/": (ALONE | {"judge": "j", "score": 3}, "answer"),
        "gold-labels/": (PAIR | {"label": "a"}, "answer_a"),
        "gold-labels/answers/": (ALONE | {"is_right": True}, "answer"),
    }


def n_stored():
    return [each.objects.count() for each in (Arena, Prompt, Response, Battle, Vote, Game, Judge, GoldItem, GoldAnswer)]


def deep(n):
    return "[" * n + "]" * n


# What stands in the place of a text, as JSON, in the second of two rows.
VALUES = {
    "a nested list": "[[[]]]", "an object": '{"a": {"b": 1}}', "null": "null", "true": "true", "an empty text": '""',
    "blanks": '" \\n\\t "', "NUL": '"a\\u0000b"', "half of a surrogate pair": '"a\\ud83d"', "an infinite number": "1e400",
    "a huge number": "9" * 400, "a negative huge number": "-" + "9" * 25, "a fraction": "0.5", "minus zero": "-0.0",
    "a list of half pairs": '["\\udc00"]', "many brackets": deep(200), "a number beyond 64 bits": str(2**63),
}  # fmt: skip
EMPTY = ("an empty text", "blanks")
ROWS = {"a list": "[]", "a text": '"row"', "null": "null", "a number": "7", "true": "true", "a deep list": deep(300)}


def send(program, where, body):
    return program.post(f"/api/v1/{where}", body if isinstance(body, bytes) else body.encode(), content_type="application/json")


def body_of(*rows):
    return f'{{"arena": "garden", "rows": [{", ".join(rows)}]}}'


def with_value(row, field, written):
    return json.dumps(row | {field: "@@"}).replace('"@@"', written)


def test_a_wrong_value_is_refused_with_its_row(right):
    program, before = make_program(), n_stored()
    for where, (row, field) in right.items():
        for what, written in VALUES.items():
            if what in EMPTY and where in {"judgements/grades/", "gold-labels/answers/"}:
                continue  # an empty answer may be wrong, and graded
            answer = send(program, where, body_of(json.dumps(row), with_value(row, field, written)))
            if answer.status_code == 201 and what in EMPTY:  # a failed answer is one, too
                assert any("without a text" in note or "an empty answer" in note for note in answer.json()["notes"]), where
                before = n_stored()
                continue
            assert answer.status_code in {400, 422}, (where, what, answer.status_code, answer.text)
            assert answer["Content-Type"] == "application/problem+json", (where, what)
            if answer.status_code == 422:
                assert [each["row"] for each in answer.json()["rows"]] == [2], (where, what, answer.text)
    assert n_stored() == before


def test_an_unknown_field_is_refused_with_its_row_whatever_its_name(right):
    program, before = make_program(), n_stored()
    for where, (row, _field) in right.items():
        for name in ('"x"', '"\\ud83d"', '"\\u0000"', '""', f'"{"n" * 5_000}"', '"__class__"'):
            answer = send(program, where, body_of(json.dumps(row), json.dumps(row)[:-1] + f", {name}: 1}}"))
            assert answer.status_code in {400, 422}, (where, name, answer.text)
            assert answer.status_code == 400 or answer.json()["rows"][0]["row"] == 2, (where, name, answer.text)
            assert len(answer.content) < 20_000
    assert n_stored() == before


def test_a_row_that_is_no_object_is_refused_with_its_number(right):
    program, before = make_program(), n_stored()
    for where, (row, _field) in right.items():
        for what, written in ROWS.items():
            answer = send(program, where, body_of(json.dumps(row), written))
            assert (answer.status_code, answer.json()["rows"][0]["row"]) == (422, 2), (where, what, answer.text)
    assert n_stored() == before


def test_a_body_that_is_none_is_refused(right):
    program, before = make_program(), n_stored()
    for where, (row, field) in right.items():
        written = json.dumps(row)
        bodies = [
            "", "[]", "null", "7", '"x"', "{", f'{{"arena": "garden", "rows": {written}}}', '{"arena": "garden", "rows": null}',
            '{"arena": "garden", "rows": []}', '{"arena": ["garden"], "rows": [{}]}', '{"arena": null, "rows": [{}]}',
            '{"arena": "a\\u0000b", "rows": [{}]}', body_of(written)[:-1] + ', "rows": []}',
            body_of(written[:-1] + f', "{field}": 1}}'), body_of(written)[:-1] + ', "strict": 1}',
            body_of(written)[:-1] + ', "strict": [true]}', body_of(written).replace(": ", ": NaN, ", 1),
            f'{{"arena": "garden", "rows": [{deep(100_000)}]}}', body_of(written).encode("utf-16"), b"\xff\xfe\x00",
            body_of(*["{}"] * 10_001),
        ]  # fmt: skip
        for body in bodies:
            answer = send(program, where, body)
            assert answer.status_code == 400, (where, body[:80], answer.text)
            assert answer["Content-Type"] == "application/problem+json"
    assert n_stored() == before


def test_a_thousand_wrong_rows_are_named_by_their_numbers_in_a_short_answer(right):
    program = make_program()
    for where in right:
        answer = send(program, where, body_of(*['{"no": 1}'] * 1_000))
        told = answer.json()
        assert (answer.status_code, told["n_problems"], told["rows"][0]["row"]) == (422, 1_000, 1), where
        assert len(answer.content) < 100_000


@pytest.mark.parametrize("number", [0, -1, 2**31, 2**63 - 1, 2**63, 10**30])
def test_numbers_of_rows_that_no_database_holds_are_refused_with_their_row(right, number):
    program = make_program()
    for where, rows in {
        "battles/": {"response_a": number, "response_b": number},
        "votes/": {"battle": number, "voter": "v", "outcome": "a"},
    }.items():
        answer = send(program, where, body_of(json.dumps(rows)))
        assert (answer.status_code, answer.json()["rows"][0]["row"]) == (422, 1), (where, answer.text)


def test_numbers_at_their_limits_are_stored_or_refused(right):
    program = make_program()
    fields = {
        "responses/": ("tokens_in", "tokens_out", "latency_ms", "cost", "repeat"),
        "competitors/": ("price_in", "price_out"),
        "judgements/": ("cost", "repeat", "probability", "score_a"),
        "judgements/grades/": ("cost", "repeat", "score"),
        "gold-labels/answers/": ("grade",),
        "votes/": ("strength",),
    }
    for where, names in fields.items():
        row, _field = right[where]
        for name in names:
            for value in ("1e400", "-1e400", "-1", str(2**31), str(2**63), "1e18", "5e-324", '"1"', "[1]"):
                answer = send(program, where, body_of(with_value(row, name, value)))
                assert answer.status_code in {201, 400, 422}, (where, name, value, answer.text)
