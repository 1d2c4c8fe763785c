"""Endpoints as they are written down: what cannot work is refused, and one call tries out what can."""

import pytest
from django.urls import reverse

from arena.llm.addresses import base_address
from arena.models import Call, Endpoint
from arena.runs import control
from judges.fakellm.script import Script
from tests.arena.runs.rows import add_calls, fake, make_endpoint, make_run, work
from tests.factories import make_user

pytestmark = pytest.mark.django_db
CHANGE, ADD = "admin:arena_endpoint_change", reverse("admin:arena_endpoint_add")


def _said(**changes):
    said = {"name": "e", "wire": "openai", "base_url": "http://vllm:8000/v1", "model": "m", "timeout_seconds": "5"}
    return said | {"price_in": "", "price_out": "", "key_name": "", "paused_because": ""} | changes


def _saved(admin_client, **changes):
    """The endpoint, or the page that says why it is none."""
    page = admin_client.post(ADD, _said(**changes))
    return Endpoint.objects.first() or page.content.decode().replace("&#x27;", "'").replace("&quot;", '"')


@pytest.mark.parametrize(
    ("written", "allowed"),
    [
        ("http://vllm:8000/v1", "vllm:8000"), ("http://localhost:11434/v1", "localhost:11434"),
        ("http://ollama:11434/v1", "ollama:11434"), ("http://10.1.2.3:8000/v1", "10.1.2.3:8000"),
        ("http://my-vllm.internal:8000/v1", "my-vllm.internal:8000"), ("http://[::1]:8000/v1", "[::1]:8000"),
        ("http://vllm/v1", "vllm:80"),
    ],
)  # fmt: skip
def test_hosts_of_a_network_of_ones_own_are_taken_where_they_are_allowed(admin_client, settings, written, allowed):
    settings.ENDPOINTS_ALLOWED = frozenset({allowed})
    assert _saved(admin_client, base_url=written).base_url == written


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("http://vllm:8000/v1", "put vllm:8000 into AGON_ENDPOINTS_ALLOWED"),
        ("https://10.1.2.3/v1", "put 10.1.2.3:443 into AGON_ENDPOINTS_ALLOWED"),
        ("https://[::1]:8443/v1", "put [::1]:8443 into AGON_ENDPOINTS_ALLOWED"),
        ("http://8.8.8.8/v1", "put 8.8.8.8:80 into AGON_ENDPOINTS_ALLOWED"),
        ("vllm:8000/v1", "write https://host[:port]/path"), ("https://8.8.8.8/v1?api-version=1", "no query"),
        ("ftp://8.8.8.8/v1", "write https://host[:port]/path"), ("https://user:pw@8.8.8.8/v1", "no user"),
        ("https://8.8.8.8:99999/v1", "write https://host[:port]/path"),
    ],
)  # fmt: skip
def test_an_address_that_may_not_be_called_is_refused_when_it_is_saved(admin_client, written, told):
    assert told in _saved(admin_client, base_url=written)


def test_a_host_is_not_capitalised_in_an_error(admin_client):
    page = _saved(admin_client, base_url="http://vllm:8000/v1")
    assert "vllm:8000" in page
    assert "Vllm" not in page


def test_scheme_and_host_are_saved_in_lower_case_and_the_path_as_written(admin_client, settings):
    """Else the same address would be another endpoint, and its judge another one."""
    settings.ENDPOINTS_ALLOWED = frozenset({"vllm:8000"})
    assert _saved(admin_client, base_url="HTTP://vLLM:8000/Models/v1").base_url == "http://vllm:8000/Models/v1"


@pytest.mark.parametrize(
    "ending",
    ["", "/", "/chat/completions", "/chat/completions/", "/responses", "/messages", "/completions", "/Chat/Completions"],
)
def test_the_path_of_a_call_at_the_end_is_understood(admin_client, ending):
    wire = "anthropic" if ending == "/messages" else "openai"
    assert _saved(admin_client, base_url=f" https://8.8.8.8/v1{ending} ", wire=wire).base_url == "https://8.8.8.8/v1"
    assert base_address("https://8.8.8.8/messages-of/v1") == "https://8.8.8.8/messages-of/v1"


@pytest.mark.parametrize(
    ("wire", "ending", "other"),
    [
        ("openai", "/messages", "Anthropic messages"), ("openai", "/Messages/", "Anthropic messages"),
        ("anthropic", "/chat/completions", "OpenAI chat completions"), ("anthropic", "/responses", "OpenAI chat completions"),
    ],
)  # fmt: skip
def test_the_path_of_a_call_of_the_other_wire_says_that_the_wire_looks_wrong(admin_client, wire, ending, other):
    page = _saved(admin_client, base_url=f"https://8.8.8.8/v1{ending}", wire=wire)
    path = ending.lower().rstrip("/")
    assert f"The base address ends in {path}, which belongs to the API format {other}. Choose that format" in page


def test_prices_are_dollars_in_the_form_and_micro_dollars_in_the_table(admin_client):
    endpoint = _saved(admin_client, base_url="https://8.8.8.8/v1", price_in="0.15", price_out="12.5")
    assert (endpoint.price_in, endpoint.price_out) == (150_000, 12_500_000)
    page = admin_client.get(reverse(CHANGE, args=[endpoint.pk])).content.decode()
    assert 'value="0.15"' in page
    assert 'value="12.5"' in page
    admin_client.post(reverse(CHANGE, args=[endpoint.pk]), _said(base_url="https://8.8.8.8/v1", price_in="0.15", price_out=""))
    endpoint.refresh_from_db()
    assert (endpoint.price_in, endpoint.price_out) == (150_000, 0)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "is not set"),
        ("sk-abcdefgh", "has only one word, a key without its host"),
        ("8.8.8.8 short", "holds a key of fewer than 8 characters"),
        ("8.8.8.8 sk-abc defgh", "holds more than two words"),
        ("9.9.9.9 sk-abcdefgh", "is bound to another host than 8.8.8.8:443"),
        ("8.8.8.8 sk-abcdefgh", "It is set"),
    ],
)  # fmt: skip
def test_the_form_names_the_variable_of_the_key_and_how_it_is_written(admin_client, monkeypatch, value, told):
    if value is not None:
        monkeypatch.setenv("AGON_KEY_X", value)
    endpoint = _saved(admin_client, base_url="https://8.8.8.8/v1", key_name="AGON_KEY_X")
    page = admin_client.get(reverse(CHANGE, args=[endpoint.pk])).content.decode().replace("&quot;", '"')
    assert 'AGON_KEY_X="8.8.8.8 KEY"' in page
    assert told in page
    assert "sk-abcdefgh" not in page


def _tested(admin_client, endpoint, **said):
    address = reverse("admin:arena_endpoint_test", args=[endpoint.pk])
    told = admin_client.get(address).context["most"]
    return admin_client.post(address, {"told": told} | said)


def test_test_sends_one_call_and_shows_what_came_back(admin_client, settings):
    with fake(Script(reply="ready", usage=(10, 20)), settings) as server:
        endpoint = make_endpoint(server, is_proven=False, proven_with=[], price_in=1_000_000, price_out=2_000_000)
        page = _tested(admin_client, endpoint).content.decode()
        assert len(server.requests) == 1
    for said in ("ready", "10 in, 20 out", "$0.00005", "It answers."):
        assert said in page
    endpoint.refresh_from_db()
    assert (endpoint.is_proven, Call.objects.count()) == (True, 0)


def test_test_says_why_and_keeps_what_it_learnt(admin_client, settings):
    with fake(Script(behaviours=("unauthorized",)), settings) as server:
        endpoint = make_endpoint(server)
        page = _tested(admin_client, endpoint).content.decode()
        endpoint.refresh_from_db()
        assert endpoint.paused_because
        assert endpoint.is_pause_learnt
        assert "It is paused: " in page
        _tested(admin_client, endpoint)  # a good reply: it works again
    endpoint.refresh_from_db()
    assert endpoint.paused_because == ""


def test_test_learns_which_parameter_is_refused(admin_client, settings):
    with fake(Script(refuse=frozenset({"temperature"})), settings) as server:
        endpoint = make_endpoint(server)
        assert "It does not accept temperature" in _tested(admin_client, endpoint).content.decode()
        assert "It answers." in _tested(admin_client, endpoint).content.decode()
        assert len(server.requests) == 2


def test_test_never_costs_more_than_was_told(admin_client, settings):
    with fake(Script(), settings) as server:
        endpoint = make_endpoint(server, price_out=1_000_000)
        assert _tested(admin_client, endpoint, told="1").status_code == 302
        assert not server.requests


def test_test_is_for_superusers(client):
    endpoint = Endpoint.objects.create(name="e", base_url="https://8.8.8.8/v1", model="m")
    address = reverse("admin:arena_endpoint_test", args=[endpoint.pk])
    assert client.post(address, {"told": "1"}).status_code == 302
    curator = make_user("curator", is_staff=True)
    curator.is_superuser = False
    curator.save()
    client.force_login(curator)
    assert client.post(address, {"told": "1"}).status_code == 403


# --- a pause is looked at anew -------------------------------------------------------------------------------------------


def test_a_corrected_key_is_noticed_when_a_run_is_resumed(settings, monkeypatch, admin_client):
    with fake(Script(), settings) as server:
        endpoint = make_endpoint(server, key_name="AGON_KEY_X", is_proven=False)
        run = make_run(endpoint, 2)
        monkeypatch.setenv("AGON_KEY_X", "sk-abcdefgh")
        work(run)
        assert "AGON_KEY_X has only one word" in run.paused_because
        assert f'write AGON_KEY_X="{server.address} KEY"' in run.paused_because
        with pytest.raises(control.NotPossible, match="stays paused"):
            control.resume(run)
        page = admin_client.post(reverse("run", args=[run.pk]), {"act": "resume"}, follow=True).content.decode()
        assert "Resumed" not in page
        monkeypatch.setenv("AGON_KEY_X", f"{server.address} sk-abcdefgh")
        control.resume(run)
        assert work(run).state == "done"


def test_a_key_that_was_refused_is_tried_once_more_at_the_next_resume(settings):
    with fake(Script(behaviours=("unauthorized",)), settings) as server:
        run = make_run(make_endpoint(server, is_proven=False), 3)
        assert work(run).state == "paused"
        control.resume(run)
        assert work(run).state == "done"
        assert len(server.requests) == 4


def test_an_endpoint_that_was_paused_by_hand_stays_so(settings):
    with fake(Script(), settings) as server:
        endpoint = make_endpoint(server, paused_because="too dear this month")
        run = make_run(endpoint, 1, state="paused", paused_because="x")
        with pytest.raises(control.NotPossible, match="too dear this month"):
            control.resume(run)
        add_calls(run, make_endpoint(server), 1, first=1)
        control.resume(run)  # the other endpoint may be asked
        assert run.state == "running"


def test_an_endpoint_that_is_edited_says_how_many_calls_wait_on_it(settings, admin_client):
    with fake(Script(), settings) as server:
        endpoint = make_endpoint(server)
    make_run(endpoint, 71)
    make_run(endpoint, 5, state="cancelled")
    same = {"name": endpoint.name, "base_url": endpoint.base_url, "model": endpoint.model}
    address = reverse(CHANGE, args=[endpoint.pk])
    assert "wait on this endpoint" not in admin_client.post(address, _said(**same, price_in="1"), follow=True).text
    page = admin_client.post(address, _said(**same | {"model": "another"}), follow=True).text
    assert "1 run, 71 calls wait on this endpoint." in page
