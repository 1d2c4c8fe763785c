"""Signing in, being kept out, and the pages that say what went wrong."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import timezone
from django.views import defaults

from arena.api.problems import server_error
from arena.config.signing_in import client_address
from tests.factories import make_user

pytestmark = pytest.mark.django_db

PASSWORD = "a long password"


@pytest.fixture(autouse=True)
def _quick_hashes(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def sign_in(client, password=PASSWORD, **more):
    return client.post("/login/", {"username": "cora", "password": password} | more)


def test_who_signs_in_comes_back_to_the_page_that_was_asked_for(client):
    make_user("cora", is_staff=True)
    page = client.get("/admin/arena/prompt/", follow=True)
    assert "Sign in" in page.content.decode()
    response = sign_in(client, next="/admin/arena/prompt/")
    assert (response.status_code, response["Location"]) == (302, "/admin/arena/prompt/")


def test_signing_in_leads_to_no_other_site(client):
    make_user("cora")
    assert sign_in(client, next="https://evil.example/")["Location"] == "/"


def test_a_wrong_password_is_said_without_telling_whether_the_account_exists(client):
    make_user("cora")
    known = sign_in(client, "wrong").context["form"].non_field_errors()
    unknown = client.post("/login/", {"username": "nobody", "password": "wrong"}).context["form"].non_field_errors()
    assert known == unknown
    assert known


def test_after_eight_wrong_passwords_the_page_says_when_the_next_is_heard(client):
    make_user("cora")
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        responses = [sign_in(client, "wrong") for _ in range(8)]
    with time_machine.travel(now + timedelta(minutes=5), tick=False):
        refused = sign_in(client)
    assert [response.status_code for response in responses] == [200] * 7 + [429]
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) == 600
    assert (now + timedelta(minutes=15)).strftime("%H:%M") in refused.content.decode()
    assert "even the right password is refused" in refused.content.decode()
    with time_machine.travel(now + timedelta(minutes=15, seconds=1), tick=False):
        assert sign_in(client).status_code == 302


def test_one_who_is_kept_out_does_not_keep_out_others(client):
    make_user("cora")
    for _ in range(8):
        sign_in(client, "wrong")
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert sign_in(elsewhere).status_code == 302


def test_behind_a_proxy_one_who_is_kept_out_does_not_keep_out_others(settings):
    settings.BEHIND_PROXY = True
    make_user("cora")
    guesser = Client(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="127.0.0.1, 192.0.2.1")
    other = Client(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="192.0.2.2")
    assert [sign_in(guesser, "wrong").status_code for _ in range(8)][-1] == 429
    assert sign_in(guesser).status_code == 429
    assert sign_in(other).status_code == 302


@pytest.mark.parametrize(
    ("said", "counted"),
    [("192.0.2.1", "192.0.2.1"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"), ("", None), ("unix:", None)],
)
def test_failures_are_counted_by_plain_address(said, counted):
    assert client_address(RequestFactory().get("/", REMOTE_ADDR=said)) == counted


def test_one_password_tried_on_many_names_is_stopped_for_its_address_alone(client, settings):
    settings.BEHIND_PROXY = True
    make_user("cora")
    now = timezone.now().replace(minute=5, second=0, microsecond=0)
    guesser, other = Client(HTTP_X_FORWARDED_FOR="192.0.2.1"), Client(HTTP_X_FORWARDED_FOR="192.0.2.2")
    with time_machine.travel(now, tick=False):
        tries = [guesser.post("/login/", {"username": f"name{n}", "password": "summer"}) for n in range(30)]
        refused = sign_in(guesser)
        assert {response.status_code for response in tries} == {200}
        assert (refused.status_code, refused["Retry-After"]) == (429, "600")
        assert "even the right password is refused" in refused.content.decode()
        assert sign_in(other).status_code == 302
    with time_machine.travel(now + timedelta(minutes=10), tick=False):
        assert sign_in(guesser).status_code == 302


def test_a_class_that_signs_in_from_one_address_is_not_stopped(client):
    make_user("cora")
    with time_machine.travel(timezone.now(), tick=False):
        assert {sign_in(Client()).status_code for _ in range(31)} == {302}


def test_a_name_longer_than_any_is_an_error_of_the_form(client):
    response = client.post("/login/?next=/a%00b", {"username": "n" * 256, "password": "x"}, HTTP_USER_AGENT="x" * 300)
    assert response.status_code == 200
    assert "at most 150 characters, this one has 256" in response.content.decode()


def test_a_nul_in_the_address_of_the_form_is_no_fault_of_ours(client):
    assert client.post("/login/?next=/a%00b", {"username": "n", "password": "x"}).status_code == 200


def test_a_password_is_changed(client):
    client.force_login(make_user("cora"))
    data = {"old_password": PASSWORD, "new_password1": "another long one", "new_password2": "another long one"}
    assert "Password changed" in client.post("/password/", data, follow=True).content.decode()
    assert User.objects.get().check_password("another long one")
    assert client.get("/password/").status_code == 200


def test_a_weak_password_is_refused_with_the_reason(client):
    client.force_login(make_user("cora"))
    data = {"old_password": PASSWORD, "new_password1": "12345", "new_password2": "12345"}
    assert "too short" in client.post("/password/", data).content.decode()


# --- error pages -----------------------------------------------------------------------------------------------------


def test_a_page_that_is_not_there_says_what_to_do(client):
    response = client.get("/no/such/page/")
    assert response.status_code == 404
    assert "/login/?next=/no/such/page/" in response.content.decode()


@pytest.mark.parametrize(
    ("view", "error", "status", "words"),
    [
        (defaults.bad_request, SuspiciousOperation(), 400, "not understood"),
        (defaults.permission_denied, PermissionDenied(), 403, "You may not open this page"),
        (defaults.page_not_found, Http404(), 404, "nothing here for you"),
    ],
)
def test_error_pages_are_the_sites_own(client, view, error, status, words):
    request = client.get("/").wsgi_request
    response = view(request, error)
    assert response.status_code == status
    assert words in response.content.decode()


@pytest.mark.parametrize(
    ("path", "status", "words"), [("/login/", 400, "not understood"), ("/no/such/page/", 404, "nothing here for you")]
)
@pytest.mark.parametrize("charset", ["rot13", "utf-16"])
def test_a_form_that_cannot_be_read_is_an_error_of_its_sender(path, status, words, charset):
    content_type = f"application/x-www-form-urlencoded; charset={charset}"
    browser = Client(enforce_csrf_checks=True)
    browser.get("/login/")  # with the cookie that comes with the form
    response = browser.generic("POST", path, b"username=cora", content_type=content_type)
    assert response.status_code == status
    assert words in response.content.decode()


def test_a_fault_of_ours_has_its_page_even_where_the_form_cannot_be_read():
    request = RequestFactory().generic("POST", "/", b"a=b", content_type="application/x-www-form-urlencoded; charset=rot13")
    assert server_error(request).status_code == 500


def test_a_form_without_its_token_is_refused_in_the_sites_look():
    response = Client(enforce_csrf_checks=True).post("/login/", {"username": "cora", "password": "x"})
    assert response.status_code == 403
    assert "This form was not accepted" in response.content.decode()


def test_the_page_for_our_own_faults_needs_neither_database_nor_context(django_assert_num_queries):
    with django_assert_num_queries(0):
        response = defaults.server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    assert "not yours" in response.content.decode()
    assert "{{" not in response.content.decode()


def test_too_often_elsewhere_says_why_and_when():
    page = render_to_string("429.html", {"reason": "30 votes a minute are enough.", "opens_at": timezone.now()})
    assert "30 votes a minute are enough." in page
    assert "Please continue at" in page
