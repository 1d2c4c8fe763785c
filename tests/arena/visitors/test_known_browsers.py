"""A browser in which an account has signed in before is not kept out by what others guess."""

import pytest
import time_machine
from django.core import signing
from django.test import Client
from django.utils import timezone

from arena.operations.one_time_login import make_link
from arena.visitors.known_browsers import COOKIE
from tests.factories import make_user

pytestmark = pytest.mark.django_db

PASSWORD = "a long password"


@pytest.fixture(autouse=True)
def _in_one_window(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with time_machine.travel(timezone.now().replace(minute=5), tick=False):
        yield


def sign_in(client, password=PASSWORD, name="cora"):
    return client.post("/login/", {"username": name, "password": password}).status_code


def known(*names):
    """A browser in which they have signed in, one after the other, and out again."""
    client = Client()
    for name in names:
        assert sign_in(client, name=name) == 302
        client.post("/logout/")
    return client


def guess(n, name="cora", **more):
    """From one address, each in a new browser."""
    return [sign_in(Client(**more), "wrong", name.format(n=i)) for i in range(n)]


def test_an_office_behind_one_address_signs_in_while_somebody_there_guesses_many_names():
    make_user("cora")
    browser = known("cora")
    guess(31, "name{n}")
    assert sign_in(Client()) == 429
    assert sign_in(browser) == 302


def test_who_is_guessed_at_signs_in_beside_the_guesser():
    make_user("cora")
    browser = known("cora")
    assert guess(8)[-1] == 429
    assert sign_in(Client()) == 429
    assert sign_in(browser) == 302


def test_one_name_guessed_at_from_many_addresses_is_kept_from_all_but_known_browsers():
    make_user("cora"), make_user("otto")
    browser = known("cora")
    answers = [guess(1, REMOTE_ADDR=f"192.0.2.{n}")[0] for n in range(101)]
    assert (set(answers[:100]), answers[100]) == ({200}, 429)
    elsewhere = Client(REMOTE_ADDR="198.51.100.1")
    assert (sign_in(elsewhere), sign_in(elsewhere, name="otto"), sign_in(browser)) == (429, 302, 302)


def test_a_known_browser_guesses_no_more_than_others():
    make_user("cora")
    browser = known("cora")
    answers = [sign_in(browser, "wrong") for _ in range(20)]
    assert answers.count(200) == 15  # 8 of its own, then 7 as everybody
    assert sign_in(browser) == 429


def test_a_browser_is_known_for_its_own_accounts_alone():
    make_user("cora"), make_user("otto"), make_user("vera")
    browser = known("cora", "otto")
    guess(31, "name{n}")
    assert sign_in(browser, name="vera") == 429
    assert [sign_in(browser, "wrong", "otto"), sign_in(browser, name="cora")] == [200, 302]


def test_a_browser_that_entered_by_a_link_is_known(client):
    client.post(make_link(make_user("cora")))
    client.post("/logout/")
    guess(31, "name{n}")
    assert sign_in(client) == 302


def test_the_cookie_goes_to_the_sign_in_page_alone_and_cannot_be_forged():
    user = make_user("cora")
    cookie = known("cora").cookies[COOKIE]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/login/", True, "Lax")
    guess(31, "name{n}")
    for forged in (signing.dumps(["me", [user.pk]], salt="mine"), cookie.value[:-1], "", "a:b"):
        client = Client()
        client.cookies[COOKIE] = forged
        assert sign_in(client) == 429


def test_a_private_address_that_uses_up_a_limit_is_logged_once(caplog, settings):
    guess(33, "name{n}", REMOTE_ADDR="10.1.2.3")
    assert caplog.text.count("AGON_BEHIND_PROXY=true") == 1
    guess(33, "name{n}", REMOTE_ADDR="192.88.99.1")
    assert caplog.text.count("AGON_BEHIND_PROXY=true") == 1


def test_behind_a_known_proxy_nothing_is_logged(caplog, settings):
    settings.BEHIND_PROXY = True
    guess(33, "name{n}", REMOTE_ADDR="10.1.2.3", HTTP_X_FORWARDED_FOR="10.9.9.9")
    assert "AGON_BEHIND_PROXY" not in caplog.text
