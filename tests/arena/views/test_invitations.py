"""Curators invite voters, and superusers curators, too: by a link that is shown once, expires and can be revoked."""

import html
import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from arena.models import AdminLink
from arena.operations import invitations
from arena.operations.one_time_login import make_link
from tests.arena.api.programs import make_program
from tests.factories import make_arena, make_user

pytestmark = pytest.mark.django_db
PAGE = "/account/invitations/"


def browser_of(user):
    client = Client()
    client.force_login(user)
    return client


def curator(name="cora"):
    return User.objects.create(username=name, is_staff=True)


@pytest.fixture
def root():
    return make_user("root", is_staff=True)


def invite(browser, name="vera", role="voter", **more):
    return browser.post(PAGE, {"name": name, "role": role} | more, follow=True)


def link_on(page):
    """The path of the link that a page shows."""
    shown = re.search(r'<pre class="raw"[^>]*>http://testserver(/enter/[\w-]+/)</pre>', page.text)
    return shown and html.unescape(shown[1])


def account_in(client):
    key = client.session.get("_auth_user_id")
    return key and User.objects.get(pk=key).username


def test_a_curator_invites_a_voter_who_enters_and_sets_a_password(client):
    cora = browser_of(curator())
    page = invite(cora)
    link = link_on(page)
    assert "for 24 hours" in page.text
    opened = client.get(link).text
    assert "Sign in as vera" in opened
    assert "cora invited you" in opened
    assert "curator" not in opened.partition("invited you")[0].partition("<h1>")[2]
    client.post(link)
    vera = User.objects.get(username="vera")
    assert (account_in(client), vera.is_staff, vera.is_superuser) == ("vera", False, False)
    assert (
        client.post(reverse("password_change"), {"new_password1": "a long one", "new_password2": "a long one"}).status_code
        == 302
    )
    assert Client().post(link).status_code == 410
    assert "vera" not in cora.get(PAGE).text


def test_the_link_is_shown_once_and_not_stored(client):
    cora = browser_of(curator())
    link = link_on(invite(cora))
    again = cora.get(PAGE)
    assert link_on(again) is None
    assert "vera" in again.text
    assert link.split("/")[2] not in str(AdminLink.objects.values().get())
    assert "no-store" in again["Cache-Control"]


def test_a_superuser_invites_a_curator_who_is_none_before_entering(client, root):
    link = link_on(invite(browser_of(root), "cora", "curator"))
    assert not User.objects.get(username="cora").is_staff
    assert "You become a curator" in client.get(link).text
    client.post(link)
    cora = User.objects.get(username="cora")
    assert (account_in(client), cora.is_staff, cora.is_superuser) == ("cora", True, False)
    assert [entry.change_message for entry in LogEntry.objects.filter(object_id=cora.pk).order_by("pk")] == [
        "invited", "a curator, by invitation",
    ]  # fmt: skip


def test_a_curator_cannot_make_curators():
    cora = curator()
    page = browser_of(cora).get(PAGE).text
    assert 'value="voter"' in page
    assert 'value="curator"' not in page
    assert invite(browser_of(cora), role="curator").status_code == 422
    assert not User.objects.filter(username="vera").exists()
    with pytest.raises(PermissionDenied):
        invitations.invite("vera", "curator", by=cora, now=timezone.now())


def test_the_page_is_for_curators_in_a_browser(client):
    assert client.get(PAGE).status_code == 302
    assert browser_of(make_user("vera")).get(PAGE).status_code == 403
    assert invite(browser_of(User.objects.get(username="vera")), "otto").status_code == 403
    program = make_program(curator())
    assert program.post(PAGE, {"name": "otto", "role": "voter"}).status_code == 302
    assert not User.objects.filter(username="otto").exists()


@pytest.mark.parametrize("loss", [{"is_staff": False}, {"is_active": False}])
def test_links_of_an_inviter_who_is_demoted_die_for_good(client, loss):
    link = link_on(invite(browser_of(curator())))
    User.objects.filter(username="cora").update(**loss)
    assert client.get(link).status_code == 410
    User.objects.filter(username="cora").update(is_staff=True, is_active=True)
    assert client.post(link).status_code == 410
    assert account_in(client) is None


def test_links_for_curators_die_with_the_inviters_superuser_rights(client, root):
    for_curator, for_voter = link_on(invite(browser_of(root), "cora", "curator")), link_on(invite(browser_of(root), "vera"))
    User.objects.filter(pk=root.pk).update(is_superuser=False)
    assert [client.post(link).status_code for link in (for_curator, for_voter)] == [410, 302]
    assert not User.objects.get(username="cora").is_staff


def test_links_of_a_deleted_inviter_are_gone(client):
    link = link_on(invite(browser_of(curator())))
    User.objects.get(username="cora").delete()
    assert client.post(link).status_code == 410


def test_a_link_expires_after_a_day(client):
    link = link_on(invite(browser_of(curator())))
    with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=1), tick=False):
        assert client.post(link).status_code == 410
        assert "vera" not in browser_of(User.objects.get(username="cora")).get(PAGE).text


def test_a_link_is_revoked_by_its_inviter_and_by_superusers_alone(client, root):
    cora, otto = browser_of(curator()), browser_of(curator("otto"))
    links = [link_on(invite(cora, name)) for name in ("vera", "mia")]
    of_vera, of_mia = AdminLink.objects.order_by("pk")
    assert "vera" not in otto.get(PAGE).text
    assert otto.post(PAGE, {"revoke": of_vera.pk}).status_code == 404
    assert "The link for vera no longer works" in cora.post(PAGE, {"revoke": of_vera.pk}, follow=True).text
    assert browser_of(root).post(PAGE, {"revoke": of_mia.pk}).status_code == 302
    assert [client.post(link).status_code for link in links] == [410, 410]
    assert [cora.post(PAGE, {"revoke": number}).status_code for number in (of_vera.pk, "x", "9" * 30)] == [404] * 3


def test_who_never_entered_is_invited_again_and_the_first_link_ends(client):
    cora = browser_of(curator())
    first, second = link_on(invite(cora)), link_on(invite(cora))
    assert [client.post(link).status_code for link in (first, second)] == [410, 302]
    page = invite(cora)
    assert (page.status_code, "There is an account of this name already" in page.text) == (422, True)


def test_nobody_takes_an_account_that_somebody_else_made(root):
    call_command("enter_link", "vera", "--create", site="https://agon.example/")
    make_user("otto")
    cora = browser_of(curator())
    assert [invite(cora, name).status_code for name in ("vera", "otto", "OTTO", "cora", "admin")] == [422] * 5
    assert invite(browser_of(root)).status_code == 200


@pytest.mark.parametrize("name", ["", "two words", "a" * 151, "x\0y", "a/b"])
def test_a_name_that_will_not_do_is_an_error_of_the_form(name):
    page = invite(browser_of(curator()), name)
    assert (page.status_code, "Please correct the errors" in page.text) == (422, True)
    assert User.objects.count() == 1


def test_the_page_for_votes_of_an_arena_opens_first(client):
    make_arena("garden", voting="accounts", name="Garden"), make_arena("shut", voting="closed")
    cora = browser_of(curator())
    assert 'value="shut"' not in cora.get(PAGE).text
    assert invite(cora, arena="shut").status_code == 422
    page = invite(cora, arena="garden")
    assert "Garden" in page.text
    assert client.post(link_on(page))["Location"] == "/arenas/garden/vote/"


def test_an_arena_that_takes_no_votes_any_more_does_not_open(client):
    arena = make_arena("garden", voting="accounts")
    link = link_on(invite(browser_of(curator()), arena="garden"))
    arena.voting = "closed"
    arena.save()
    assert client.post(link)["Location"] == "/"


def test_an_invitation_outlives_its_arena(client):
    from arena.evidence.curation import delete_arena

    arena = make_arena("garden", voting="accounts")
    link = link_on(invite(browser_of(curator()), arena="garden"))
    delete_arena(arena)
    assert client.post(link).status_code == 302


def test_a_curator_has_at_most_fifty_open_ones(monkeypatch):
    monkeypatch.setattr(invitations, "MOST_OPEN", 2)
    cora = browser_of(curator())
    assert [invite(cora, name).status_code for name in ("vera", "otto", "mia")] == [200, 200, 422]


def test_links_of_the_command_need_no_inviter(client):
    assert client.post(make_link(make_user("vera"))).status_code == 302


def test_another_site_cannot_invite():
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(curator())
    assert browser.post(PAGE, {"name": "vera", "role": "voter"}).status_code == 403
