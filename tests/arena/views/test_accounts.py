"""How people get an account, a password and the rights of a curator."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from arena.operations.one_time_login import make_link
from tests.factories import make_user

pytestmark = pytest.mark.django_db
NEW = "a long new password"


def link_of(capsys, *arguments):
    call_command("enter_link", *arguments, site="https://agon.example/")
    said = capsys.readouterr()
    return said.out.strip().removeprefix("https://agon.example"), said.err


def set_password(client, **more):
    form = {"new_password1": NEW, "new_password2": NEW} | more
    return client.post(reverse("password_change"), form)


def test_a_voter_gets_an_account_and_a_password_by_one_link(client, capsys):
    link, told = link_of(capsys, "vera", "--create")
    assert "once, for 24 hours" in told
    vera = User.objects.get(username="vera")
    assert (vera.is_staff, vera.is_superuser, vera.has_usable_password()) == (False, False, False)
    assert "Sign in as vera" in client.get(link).text
    page = client.post(link, follow=True).text
    assert f'<a href="{reverse("password_change")}">set a password</a>' in page
    assert "old_password" not in client.get(reverse("password_change")).text
    assert set_password(client).status_code == 302
    assert User.objects.get().check_password(NEW)
    assert client.get(reverse("password_change")).text.count("old_password") > 0
    assert Client().post(link).status_code == 410


def test_who_forgot_the_password_enters_by_a_link_and_sets_a_new_one(client, capsys):
    make_user("vera")
    link, _ = link_of(capsys, "vera")
    client.post(link)
    set_password(client)
    assert User.objects.get().check_password(NEW)


def test_after_a_quarter_of_an_hour_the_old_password_is_asked_for(client, capsys):
    make_user("vera")
    link, _ = link_of(capsys, "vera")
    client.post(link)
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=False):
        assert "old_password" in client.get(reverse("password_change")).text
        assert set_password(client).status_code == 200
    assert User.objects.get().check_password("a long password")


def test_who_signed_in_by_password_is_asked_for_it(client):
    client.force_login(make_user("vera"))
    assert set_password(client).status_code == 200
    set_password(client, old_password="a long password")
    assert User.objects.get().check_password(NEW)


def test_every_account_finds_the_page_in_its_menu(client):
    link = f'<a href="{reverse("password_change")}">Change password</a>'
    assert link not in client.get("/").text
    client.force_login(make_user("vera"))
    assert link in client.get("/").text


def test_a_link_of_an_account_is_open_for_a_day_and_a_superusers_for_minutes(client):
    vera, root = make_user("vera"), make_user("root", is_staff=True)
    now = timezone.now()
    for user, hours, status in ((vera, 23.9, 302), (vera, 24.1, 410), (root, 0.2, 302), (root, 0.3, 410)):
        link = make_link(user, now=now - timedelta(hours=hours))
        assert Client().post(link).status_code == status, (user, hours)


def test_a_closed_account_does_not_enter(client, capsys):
    vera = make_user("vera")
    link, _ = link_of(capsys, "vera")
    User.objects.update(is_active=False)
    page = client.post(link)
    assert page.status_code == 410
    assert "The account &#x27;vera&#x27; is closed" in page.text
    assert "_auth_user_id" not in client.session
    with pytest.raises(CommandError, match="the account 'vera' is closed"):
        call_command("enter_link", "vera")
    vera.delete()
    assert client.get(link).status_code == 410


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nobody"], "there is no account 'nobody': make it in the admin, under Users, or add --create"),
        (["two words", "--create"], "no account can be called 'two words'"),
        (["--create"], "--create needs the name of the new account"),
    ],
)
def test_an_account_that_cannot_be_entered_is_named(arguments, told):
    with pytest.raises(CommandError, match=told) as refusal:
        call_command("enter_link", *arguments)
    assert refusal.value.returncode == 2
    assert not User.objects.exists()


def test_a_superuser_makes_a_curator_on_a_page_that_says_what_that_is(client):
    client.force_login(make_user("root", is_staff=True))
    vera = make_user("vera")
    address = reverse("admin:auth_user_change", args=[vera.pk])
    page = client.get(address).text
    for words in ("Curates every arena", "Makes endpoints, which cost money", "manage.py enter_link NAME"):
        assert words in page
    assert "Designates whether" not in page
    form = {"username": "vera", "is_active": "on", "is_staff": "on"}
    assert client.post(address, form).status_code == 302
    vera.refresh_from_db()
    assert vera.is_staff
    client.post(reverse("admin:auth_user_add"), {"username": "otto", "usable_password": "false"})
    assert not User.objects.get(username="otto").has_usable_password()


def test_curators_do_not_make_accounts(client):
    client.force_login(User.objects.create(username="cora", is_staff=True))
    assert client.get(reverse("admin:auth_user_changelist")).status_code == 403
