"""The one-time admin link."""

import io
import logging
import threading
from datetime import timedelta

import pytest
import structlog
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from arena.config.redaction import RedactingFilter, without_secrets
from arena.models import AdminLink
from arena.operations import one_time_login
from tests.factories import make_user
from tests.logs import console_handler


def _user_of(client):
    return client.session.get("_auth_user_id")


@pytest.mark.django_db
def test_looking_at_the_link_signs_nobody_in_and_spends_nothing(client):
    path = one_time_login.make_link()
    for _ in range(3):
        assert client.get(path).status_code == 200
    assert _user_of(client) is None
    assert AdminLink.objects.get().spent_at is None


@pytest.mark.django_db
def test_the_button_signs_in_as_a_superuser_that_is_made_when_missing(client):
    response = client.post(one_time_login.make_link(), follow=True)
    admin = User.objects.get(username="admin")
    assert (admin.is_superuser, admin.has_usable_password()) == (True, False)
    assert _user_of(client) == str(admin.pk)
    assert "/password/" in response.content.decode()


@pytest.mark.django_db
def test_a_link_works_once(client):
    path = one_time_login.make_link()
    client.post(path)
    second = Client()
    response = second.post(path)
    assert (response.status_code, _user_of(second)) == (410, None)
    assert "enter_link" in response.content.decode()


@pytest.mark.django_db
def test_a_link_runs_out_after_a_quarter_of_an_hour(client):
    path = one_time_login.make_link(now=timezone.now() - timedelta(minutes=15, seconds=1))
    assert client.get(path).status_code == 410
    assert client.post(path).status_code == 410
    assert _user_of(client) is None


@pytest.mark.django_db
def test_a_guessed_link_opens_nothing(client):
    one_time_login.make_link()
    assert client.post("/enter/guessed/").status_code == 410


@pytest.mark.django_db
def test_the_database_holds_no_secret():
    token = one_time_login.make_link().split("/")[2]
    assert token not in str(AdminLink.objects.values().get())


@pytest.mark.django_db
def test_another_site_cannot_press_the_button():
    client = Client(enforce_csrf_checks=True)
    path = one_time_login.make_link()
    assert client.post(path).status_code == 403
    assert AdminLink.objects.get().spent_at is None


@pytest.mark.django_db
def test_who_is_signed_in_is_told_that_the_session_ends(client):
    client.force_login(make_user("ada"))
    assert "ada" in client.get(one_time_login.make_link()).content.decode()


@pytest.mark.django_db
def test_the_page_is_neither_cached_nor_referred_to(client):
    response = client.get(one_time_login.make_link())
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "strict-origin"


@pytest.mark.django_db
def test_an_account_called_admin_that_lost_its_rights_does_not_get_them_back(client):
    make_user("admin")
    assert client.post(one_time_login.make_link()).status_code == 410
    assert AdminLink.objects.get().spent_at is None


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_enters():
    path = one_time_login.make_link()
    statuses = []

    def press():
        statuses.append(Client().post(path).status_code)
        connection.close()

    racers = [threading.Thread(target=press) for _ in range(4)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert sorted(statuses) == [302, 410, 410, 410]


@pytest.mark.django_db
def test_the_command_prints_a_link_that_opens(client, capsys):
    call_command("enter_link", site="https://agon.example/")
    link = capsys.readouterr().out.strip()
    assert link.startswith("https://agon.example/enter/")
    assert client.post(link.removeprefix("https://agon.example")).status_code == 302


@pytest.mark.parametrize(
    "line",
    [
        "GET /enter/s3cret/ HTTP/1.1",
        "GET /ENTER/s3cret/ HTTP/1.1",
        "Not Found: /enter/s3cret",
        'referer="http://x/enter/s3cret/"',
    ],
)
def test_a_log_line_loses_the_secret(line):
    assert "s3cret" not in without_secrets(line)


@pytest.mark.django_db
def test_django_does_not_log_the_secret_of_a_refused_post(caplog):
    caplog.handler.addFilter(RedactingFilter())
    with caplog.at_level(logging.INFO):
        Client(enforce_csrf_checks=True).post("/enter/s3cret/")
    assert "/enter/[secret]/" in caplog.text
    assert "s3cret" not in caplog.text


def test_every_handler_of_the_log_redacts(settings):
    assert all("no_secrets" in handler["filters"] for handler in settings.LOGGING["handlers"].values())


@pytest.fixture
def log(settings):
    """What the console's handler writes."""
    logger, out = logging.getLogger("tests.log"), io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(console_handler().formatter)
    handler.addFilter(RedactingFilter())
    logger.addHandler(handler)
    yield out
    logger.removeHandler(handler)


@pytest.mark.parametrize("logger", [logging.getLogger("tests.log"), structlog.get_logger("tests.log")])
def test_a_logged_exception_comes_with_its_traceback_and_without_the_secret(log, logger):
    try:
        raise ValueError("no such link: /Enter/s3cret/")
    except ValueError:
        logger.exception("it failed")
    first, *below = log.getvalue().splitlines()
    assert "event='it failed'" in first
    assert below[0] == "Traceback (most recent call last):"
    assert below[-1] == "ValueError: no such link: /Enter/[secret]/"
    assert "s3cret" not in log.getvalue()


def test_a_line_without_an_exception_stays_one_line(log):
    logging.getLogger("tests.log").warning("slow")
    assert len(log.getvalue().splitlines()) == 1
    assert "_record" not in log.getvalue()
