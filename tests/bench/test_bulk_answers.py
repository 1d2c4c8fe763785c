"""Ten thousand answers in one request, on the database of this run."""

import json
import time

import pytest

from arena import tasks
from arena.models import Response
from tests.arena.api.programs import make_program
from tests.factories import make_arena, make_prompt

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True)]

SECONDS = 5.0
PARAGRAPH = "# Answer\n\n- **One** reason, and `code`\n- another one, which takes a line\n\n" + "Some words of prose. " * 40


def test_ten_thousand_answers_come_in_one_request(monkeypatch):
    monkeypatch.setattr(tasks.render_waiting, "delay", lambda: None)
    arena = make_arena("garden")
    for number in range(500):
        make_prompt(arena, key=f"q{number}")
    rows = [
        {
            "prompt": f"q{number % 500}",
            "competitor": f"model {number // 500}",
            "text": f"{PARAGRAPH}{number}",
            "tokens_out": 300,
        }
        for number in range(10_000)
    ]
    body, program = json.dumps({"arena": "garden", "rows": rows}), make_program()
    program.get("/api/v1/responses/", {"arena": "garden"})  # the first request loads the site
    began, cpu = time.perf_counter(), time.process_time()
    made = program.post("/api/v1/responses/", body, content_type="application/json", headers={"Idempotency-Key": "bench"})
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    assert (made.status_code, made.json()["n_added"], Response.objects.count()) == (201, 10_000, 10_000)
    print(f"10,000 answers, {len(body) / 1e6:.1f} MB: {took:.2f} s, {cpu:.2f} s of them the processor's")  # noqa: T201
    assert took < SECONDS
    began = time.perf_counter()
    rows[9_999]["prompt"] = "q500"
    refused = program.post("/api/v1/responses/", {"arena": "garden", "rows": rows}, content_type="application/json")
    assert [each["row"] for each in refused.json()["rows"]] == [10_000]
    assert Response.objects.count() == 10_000
    assert time.perf_counter() - began < SECONDS
