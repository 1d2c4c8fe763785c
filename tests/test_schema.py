"""The interface does what its schema says, also when it is asked for nonsense."""

import gc
from zlib import crc32

import pytest
import schemathesis
from django.conf import settings as django_settings
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import override_settings
from django.utils import timezone
from hypothesis import HealthCheck, settings
from schemathesis.checks import load_all_checks
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.python._constants.orchestrator import make_constants_value_source
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from arena.config.wsgi import application
from arena.models import ArchiveUpload, Arena, Attempt, Battle, Delivery, Import, TokenScope
from arena.tokens import make_token
from judges.models import GoldAnswer, GoldItem, GoldSet, Judge
from ranking.boards.publishing import publish_snapshot
from tests.arena.api.programs import bearer
from tests.arena.webhooks.receivers import make_message, make_webhook
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_user, make_vote
from tests.judges.game_factories import make_call, make_game, make_judge, make_run
from tests.ranking.board_factories import make_board, make_entry, make_judge_audit, make_snapshot

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_one_connection")]

PLAIN = {"Accept-Encoding": "identity"}  # the checks read bodies as they come
with override_settings(API_LIMITS={}):  # read before there is a database to count in
    interface = schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", application)

LABELS = [f"{method.upper()} {path}" for path, methods in interface.raw_schema["paths"].items() for method in methods]
WRITES = [label for label in LABELS if not label.startswith("GET")]

REFUSED = (401, 403, 404)
# The check leaves the cookie where it is, and is let in; programs are tried by it with a header.
WITH_COOKIE = {"excluded_checks": [ignored_auth]}
IN_THE_GATE = settings.get_current_profile_name() == "gate"
fuzzed = settings(max_examples=6 if IN_THE_GATE else 4, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def planted(django_db_setup, django_db_blocker):
    """The garden stands while the tests of this file run: each starts from it, and what it writes goes with it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield plant()
        transaction.set_rollback(True)


@pytest.fixture
def garden(planted):
    return Arena.objects.get(pk=planted.pk)


def plant():
    """An open arena with a row of every kind, some fields filled, some empty."""
    arena = make_arena("garden", content_visibility="public", voting="anyone")
    a = make_competitor(arena, "Kestrel", price_in=1, price_out=2_500_000, released_on="2026-01-31")
    b = make_competitor(arena, "=Osmia", status="retired")
    for prompt in (make_prompt(arena, category="coding/python", language="en", tags=["short"]), make_prompt(arena), None):
        battle = make_battle(a, b, prompt, with_answers=prompt is not None)
        for outcome in ("a", "tie", "both_bad"):
            make_vote(battle, outcome)
    Import.objects.create(
        arena=arena, kind="battles", format="llmfao", filename="x.csv", path="x", digest="0", state="published"
    )
    ArchiveUpload.objects.create(
        filename="x.zip", slug="meadow", digest="0", state="arrived", arena=arena, notes=["It came in."]
    )
    ArchiveUpload.objects.create(filename="y.zip", slug="meadow", digest="1", state="refused", error="votes.jsonl is damaged")
    board = make_board(arena, "garden", is_default=True)
    snapshot = make_snapshot(board, components=[["Kestrel"], ["=Osmia"]])
    make_entry(snapshot, a)
    make_entry(snapshot, b, None)
    publish_snapshot(make_board(arena, "garden-fitted", clusters="none"))
    make_board(arena, "garden-empty", category="coding")
    make_judge_audit(arena, "contains", is_usable=False, reasons=["few battles"])
    for webhook in (make_webhook(9, arena, is_allowed=False), make_webhook(10, arena, is_active=False, is_allowed=False)):
        make_message(webhook)
    run = make_run(arena, cap=2_000_000, plan={"orders": "both"})
    battle = Battle.objects.first()
    make_games(run, battle)
    gold = GoldSet.objects.create(arena=arena, name="gold")
    GoldItem.objects.create(gold_set=gold, battle=battle, label="a")
    GoldItem.objects.create(gold_set=gold, battle=battle, label="b", order="ba", is_counted=False)
    GoldAnswer.objects.create(gold_set=gold, response=battle.response_a, is_right=True)
    GoldAnswer.objects.create(gold_set=gold, response=battle.response_b, grade=2.5)
    return arena


def make_games(run, battle):
    judge = make_judge()
    call = make_call(run, judge, state="done", outcome="ok")
    made = {"call": call, "endpoint": judge.endpoint, "sent_at": timezone.now()}
    Attempt.objects.create(**made, state="failed", error="10.0.0.7 refused", status=500)
    Attempt.objects.create(**made, state="ok", text="[[A]]", request=[{"role": "user", "content": "Compare"}], model="m")
    make_game(
        battle, judge, "first", order="ba", run=run, call=call, strength=2, score_first=8, score_second=3, label="[[A>>B]]"
    )
    make_game(battle, judge, "", state="", event=None)
    make_game(battle, judge, "", repeat=1, state="ok", score_first=7.5, taints=["a: speaks"], is_counted=False)
    make_game(battle, judge, "tie", repeat=2, state="rule", reference_given=True, reason="both say the same")


@pytest.fixture(autouse=True)
def _quiet(caplog):
    """A line for each of thousands of refusals is read by nobody."""
    caplog.set_level("ERROR", "django.request")


@pytest.fixture
def _one_connection(garden):
    """All requests stay in the test's transaction, as with Django's own test client."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def curator_cookie(client):
    client.force_login(make_user(is_staff=True))
    return {django_settings.SESSION_COOKIE_NAME: client.cookies[django_settings.SESSION_COOKIE_NAME].value}


@pytest.fixture(scope="module")
def ask():
    """Ask an operation what its schema makes one think of, and give each request to `send`.

    What is asked is made here, in the process that asks it: `interface.parametrize()` makes it in each that collects.
    """
    load_all_checks()
    feedback = FeedbackSources(constants_value_source=make_constants_value_source(interface))

    def asked(label, send):
        def answers_as_the_schema_says(case):
            send(case)

        build_operation_test(
            config=interface.config,
            operation=interface.find_operation_by_label(label),
            test_func=fuzzed(answers_as_the_schema_says),
            given_kwargs={},
            feedback=feedback,
        )()

    return asked


def program(scopes, arenas=None):
    """What a row names has to be there, and what it says must not contradict what is: a right body may be refused."""
    _, secret = make_token(make_user(is_staff=True), name="tests", scopes=scopes, arenas=arenas)
    return {"headers": PLAIN | bearer(secret), "excluded_checks": [positive_data_acceptance]}


@pytest.fixture
def visitors(garden, curator_cookie):
    """How each of them asks: the first may do most, whether it reads or writes."""
    curator = {"cookies": curator_cookie, "headers": PLAIN} | WITH_COOKIE
    programs = [program(TokenScope.values), program(["read"]), program(TokenScope.values, [garden])]
    return {
        "read": [curator, {"headers": PLAIN}, *programs],
        "write": [programs[0], {"headers": PLAIN}, curator, *programs[1:]],
    }


def may_write(visitor):
    return "Authorization" in visitor["headers"]


@pytest.mark.parametrize("label", LABELS)
def test_the_interface_keeps_to_its_schema(ask, label, visitors):
    """Each request is sent by whoever may do most, and every second one by another as well, told by its content."""
    most, *others = visitors["write" if label in WRITES else "read"]

    def send(case):
        case.call_and_validate(**most)
        number = crc32(repr((case.path_parameters, case.query, case.body)).encode())
        if number % 2:
            other = others[number // 2 % len(others)]
            status = case.call_and_validate(**other).status_code
            # Who writes without a token is refused before any value is looked at.
            assert status in REFUSED or label not in WRITES or may_write(other)

    ask(label, send)


def test_every_row_that_is_there_is_given_as_the_schema_says(garden, curator_cookie):
    snapshot = garden.leaderboards.get(slug="garden").snapshots.get()
    fitted = garden.leaderboards.get(slug="garden-fitted").snapshots.get()
    rows = {
        "arenas/{slug}/": ["garden"],
        "arenas/{slug}/archive/": ["garden"],
        "competitors/{id}/": garden.competitors.values_list("pk", flat=True),
        "prompts/{id}/": garden.prompts.values_list("pk", flat=True),
        "responses/{id}/": garden.prompts.values_list("responses", flat=True).exclude(responses=None),
        "battles/{id}/": garden.battles.values_list("pk", flat=True),
        "leaderboards/{slug}/": ["garden", "garden-empty"],
        "leaderboards/{slug}/snapshots/": ["garden", "garden-empty"],
        "snapshots/{key}/": [snapshot.key, fitted.key],
        "snapshots/{key}/comparisons.csv": [fitted.key],
        "snapshots/{key}/rebuild.py": [snapshot.key, fitted.key],
        "judges/{id}/": garden.judge_audits.values_list("judge", flat=True),
        "runs/{id}/": garden.runs.values_list("pk", flat=True),
        "leaderboards/{slug}/definition/": ["garden", "garden-fitted"],
        "leaderboards/{slug}/publish/": ["garden", "garden-fitted"],
        "judges/{id}/card/": Judge.objects.values_list("pk", flat=True),
        "imports/{id}/": garden.imports.values_list("pk", flat=True),
        "archives/{id}/": ArchiveUpload.objects.values_list("pk", flat=True),
        "webhooks/{id}/": garden.webhooks.values_list("pk", flat=True),
        "deliveries/{id}/": Delivery.objects.values_list("pk", flat=True),
        "gold-labels/{id}/": GoldItem.objects.values_list("pk", flat=True),
        "gold-labels/answers/{id}/": GoldAnswer.objects.values_list("pk", flat=True),
        "games/{id}/": garden.battles.values_list("games", flat=True).exclude(games=None),
    }
    read = [operation.ok() for operation in interface.get_all_operations() if operation.ok().method.upper() == "GET"]
    paths = {str(operation.path).removeprefix("/api/v1/") for operation in read}
    assert {path for path in paths if "{" in path} == set(rows)
    for path, values in rows.items():
        for value in values:
            name = path[path.index("{") + 1 : path.index("}")]
            case = interface[f"/api/v1/{path}"]["GET"].Case(path_parameters={name: value})
            gc.collect()  # these answers are not closed: a long file keeps its place until nobody holds it
            assert case.call_and_validate(cookies=curator_cookie, headers=PLAIN, **WITH_COOKIE).status_code == 200
