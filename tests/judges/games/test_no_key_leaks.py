"""A run in which everything goes wrong, at servers that repeat the key wherever they can: it is found nowhere afterwards."""

import io
import logging
import traceback
from contextlib import ExitStack

import pytest
from django.db import connection
from django.test import Client
from django.urls import NoReverseMatch, reverse
from kombu import Connection

from arena.llm.client import close_clients, complete
from arena.llm.failures.errors import LLMError
from arena.llm.wires.messages import Message, Request, Target
from arena.models import Attempt, Call, Endpoint
from arena.runs.engine import Engine
from arena.tasks import work_on_run
from judges.audits.refresh import audit_judge
from judges.cards import called_judge
from judges.fakellm.script import Script, ScriptRule
from judges.fakellm.server import serving
from judges.models import Game
from judges.runs.planning import plan_judging
from tests.arena.llm.raw_server import raw_server, reply
from tests.factories import make_user
from tests.judges.game_factories import make_endpoint
from tests.judges.remote import GoldRow, make_gold_arena
from tests.logs import console_handler

pytestmark = pytest.mark.django_db

# With what a URL, JSON and HTML each spell in a way of their own.
SECRET = "sk-not/to+be&seen-0123456789"
PIECES = ("not/to+be", "not%2Fto", "to+be&amp;seen", "to+be&seen", "be%26seen", "seen-0123456789")
WIRES = ("openai", "anthropic")
JSON, TEXT = "content-type: application/json", "content-type: text/html"
GOOD = {
    "openai": '{"id":"KEY","model":"KEY","choices":[{"message":{"content":"KEY [[A]]"},"finish_reason":"stop"}]}',
    "anthropic": '{"id":"KEY","type":"message","role":"assistant","model":"KEY","content":[{"type":"text","text":"KEY [[A]]"}],'
    '"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}',
}
ERROR = '{"type":"error","error":{"type":"api_error","message":"KEY","code":"KEY","param":"KEY"},"request_id":"KEY"}'
FAILURES = (
    "html", "wrong_json", "empty_body", "drop", "drop_midway", "hang", "server_error", "redirect", "policy", "rate_limit",
    "overloaded", "refusal", "null_filtered", "tool_call", "context_length", "good",
)  # fmt: skip


def said(text, status="200 OK", kind=JSON):
    """Bytes of a reply that holds the key in its body and its headers."""
    headers = (kind, f"x-request-id: {SECRET}", f"x-ratelimit-limit-requests: {SECRET}", f"location: /{SECRET}")
    return reply(text.replace("KEY", SECRET).encode(), *headers, status=status)


def repeating(wire):
    """Replies of servers that know the key."""
    return {
        "500": said(ERROR, "500 Internal Server Error"),
        "400": said(ERROR, "400 Bad Request"),
        "403": said(ERROR, "403 Forbidden"),
        "429": said(ERROR, f"429 {SECRET}"),
        "307": said("", "307 Temporary Redirect"),
        "page": said("<html>KEY</html>", kind=TEXT),
        "page of an error": said("<html>KEY</html>", "502 Bad Gateway", kind=TEXT),
        "good": said(GOOD[wire]),
    }


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("AGON_KEY_TEST", f"127.0.0.1 {SECRET}")
    yield
    close_clients()


@pytest.fixture
def servers(settings):
    """Addresses: the scripted fake, one that echoes the key with a 401, and those that repeat it."""
    rules = tuple(ScriptRule(f"Question {number}?", behaviour) for number, behaviour in enumerate(FAILURES))
    scripts = {
        "fake": Script(rules=rules, refuse=frozenset({"temperature"})),
        "401": Script(rules=(ScriptRule("", "echo_key"),)),
    }
    with ExitStack() as stack:
        fakes = {name: stack.enter_context(serving(script)) for name, script in scripts.items()}
        found = [(wire, name, fake.url) for name, fake in fakes.items() for wire in WIRES]
        for wire in WIRES:
            for name, bytes_said in repeating(wire).items():
                found.append((wire, name, f"http://127.0.0.1:{stack.enter_context(raw_server(bytes_said)).port}"))
        settings.ENDPOINTS_ALLOWED = frozenset(url.removeprefix("http://") for *_, url in found)
        yield found


@pytest.fixture
def logged(servers, monkeypatch):
    """What the log would say if every logger were set to DEBUG, also those that are hushed."""
    for wire in WIRES:
        asked(wire, servers[0][2], 0)  # the first call loads the provider's client, which makes its loggers
    console, written = console_handler(), io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(console.formatter)
    for each in console.filters:
        handler.addFilter(each)
    monkeypatch.setattr(logging.root, "handlers", [*logging.root.handlers, handler])
    loggers = [logger for logger in logging.root.manager.loggerDict.values() if isinstance(logger, logging.Logger)]
    for logger in [logging.root, *loggers]:
        monkeypatch.setattr(logger, "propagate", True)
        monkeypatch.setattr(logger, "level", logging.DEBUG)
        logger.manager._clear_cache()
    yield written
    monkeypatch.undo()
    logging.root.manager._clear_cache()


def endpoint_at(wire, name, url):
    base_url = url if wire == "anthropic" else f"{url}/v1"
    return make_endpoint(
        f"{wire} {name}", base_url=base_url, wire=wire, key_name="AGON_KEY_TEST", timeout_seconds=1,
        requests_per_minute=600_000, is_proven=True, proven_with=["temperature", "schema", "system"],
    )  # fmt: skip


def leaks(*texts):
    return [text[max(text.find(piece) - 100, 0) :][:200] for text in texts for piece in PIECES if piece in text]


@pytest.fixture
def run_of_failures(servers, logged):
    arena = make_gold_arena(
        GoldRow(f"Question {number}?", "An answer.", "Another answer.", "a") for number in range(len(FAILURES))
    )
    judges = [called_judge(endpoint_at(*server), "pairwise") for server in servers]
    battles = list(arena.battles.values_list("pk", flat=True))
    # The scripted fake fails in another way at each battle, the others always in theirs.
    runs = [plan_judging(arena, some, its, orders="one")[0] for some, its in ((judges[:2], battles), (judges[2:], battles[:2]))]
    for run in runs:
        ask_each_once(run)
    for judge in judges[:2]:
        audit_judge(judge, arena)
    return runs, judges


def ask_each_once(run):
    """Until every call was sent, but for those of endpoints that are paused; what failed is not waited for."""
    engine = Engine(run, n_threads=32, idle_seconds=1)
    unsent = Call.objects.filter(run=run, n_sent=0, endpoint__paused_because="")
    engine.work(seconds=8, progress=lambda: None if unsent.exists() else engine.stopped.set())


def test_a_key_is_in_no_log_row_message_page_or_reply_of_a_run_full_of_failures(run_of_failures, logged, tmp_path):
    runs, judges = run_of_failures
    statuses = set(Attempt.objects.values_list("status", flat=True))
    assert {400, 401, 403, 429, 500, 502} <= statuses
    assert Endpoint.objects.exclude(paused_because="").count() >= 4
    assert Endpoint.objects.exclude(refused_parameters=[]).exists()
    assert Game.objects.decided().exists()
    assert "[key]" in " ".join(Attempt.objects.values_list("reply", flat=True))

    assert leaks(*rows_of_all_tables()) == []
    assert leaks(*task_messages(runs[0], tmp_path)) == []
    assert leaks(*pages(runs, judges).values()) == []
    assert_the_log_holds_no_key(logged)


def assert_the_log_holds_no_key(logged):
    """Though what servers said is in it."""
    assert "[key]" in logged.getvalue()
    assert leaks(logged.getvalue()) == []


def rows_of_all_tables():
    """Every row of the database, as text."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            yield from (repr(row) for row in cursor.fetchall())


def task_messages(run, folder):
    """What the folder broker holds of a bell that was rung."""
    with Connection("folder://", transport_options={"folder": str(folder)}) as broker:
        work_on_run.apply_async([run.pk], connection=broker)
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert files
    return [file.read_bytes().decode(errors="replace") for file in files]  # tallies are no text


def pages(runs, judges):
    """Bodies and headers of every page and REST reply that shows a run, a judge, a game or an endpoint."""
    root = make_user("root", is_staff=True)
    client = Client()
    client.force_login(root)
    arena, battle = runs[0].arena, runs[0].arena.battles.first()
    addresses = [
        reverse("runs"), reverse("judges", args=[arena.slug]),
        reverse("battle", args=[arena.slug, battle.pk]), reverse("admin:arena_endpoint_changelist"),
        reverse("admin:arena_run_changelist"), reverse("metrics"),
        *(reverse(name, args=[run.pk]) for name in ("run", "admin:arena_run_change") for run in runs),
        *(reverse(name, args=[arena.slug, judge.pk]) for name in ("judge", "judge-figures") for judge in judges[:2]),
        *(reverse("admin:arena_endpoint_change", args=[endpoint.pk]) for endpoint in Endpoint.objects.all()),
        *rest_addresses(runs[0], judges, battle), *(reverse("api-game", args=[game.pk]) for game in Game.objects.all()),
        f"{reverse('api-games')}?format=csv",
    ]  # fmt: skip
    found = {address: client.get(address) for address in addresses}
    assert {address: answer.status_code for address, answer in found.items() if answer.status_code != 200} == {}
    return {address: f"{answer.headers}{answer.getvalue().decode()}" for address, answer in found.items()}


def rest_addresses(run, judges, battle):
    """Those of the interface that exist, with numbers of this run's rows."""
    known = {
        "api-run": [run.pk], "api-judge": [judges[0].pk], "api-battle": [battle.pk], "api-arena": [run.arena.slug],
        "api-runs": [], "api-judges": [], "api-battles": [], "api-games": [],
    }  # fmt: skip
    for name, args in known.items():
        try:
            yield reverse(name, args=args)
        except NoReverseMatch:
            continue


def test_a_key_is_in_no_exception_nor_its_traceback(servers, logged):
    outcomes = [asked(wire, url, n) for wire, name, url in servers for n in range(len(FAILURES) if name == "fake" else 1)]
    errors = [outcome for outcome in outcomes if isinstance(outcome, LLMError)]
    assert len(errors) >= 30
    assert leaks(*(text for error in errors for text in told_by(error))) == []
    assert leaks(*map(repr, outcomes)) == []
    assert_the_log_holds_no_key(logged)


def asked(wire, url, number):
    """The completion, or the exception that came of it."""
    allowed = frozenset({url.removeprefix("http://")})
    target = Target(wire, f"{url}/v1", "judge", "AGON_KEY_TEST", timeout=1.0, allowed=allowed)
    try:
        return complete(target, Request((Message("user", f"Question {number}?"),), max_tokens=100), attempt=f"a-{number}")
    except LLMError as error:
        return error


def told_by(error):
    """All that a report of the exception may show, local variables of its frames too."""
    frames = traceback.TracebackException.from_exception(error, capture_locals=True).stack
    own = [repr(frame.locals) for frame in frames if "/tests/" not in frame.filename]
    return [str(error), repr(error), repr(vars(error)), "".join(traceback.format_exception(error)), *own]
