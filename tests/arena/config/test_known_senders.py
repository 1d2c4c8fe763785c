"""A large body is taken from whoever signed in, or has a token that is good."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from arena.config.serving.known_senders import is_known
from arena.config.serving.request_parser import Claim
from arena.tokens import make_token, revoke


@pytest.mark.django_db(transaction=True)
def test_a_session_counts_while_somebody_is_signed_in():
    client = Client()
    client.force_login(User.objects.create_user("ann"))
    key = client.cookies["sessionid"].value
    assert is_known(Claim(is_token=False, secret=key))
    assert not is_known(Claim(is_token=False, secret=key[:-1]))
    assert not is_known(Claim(is_token=False, secret=""))
    client.logout()
    assert not is_known(Claim(is_token=False, secret=key))


@pytest.mark.django_db(transaction=True)
def test_a_session_of_nobody_does_not_count():
    session = Client().session
    session["a"] = "b"
    session.save()
    assert not is_known(Claim(is_token=False, secret=session.session_key))


@pytest.mark.django_db(transaction=True)
def test_a_token_counts_until_it_is_revoked():
    token, secret = make_token(User.objects.create_user("ann"), name="n", scopes=["read"])
    assert is_known(Claim(is_token=True, secret=secret))
    assert not is_known(Claim(is_token=True, secret=secret[:-1] + "~"))
    revoke(token, timezone.now())
    assert not is_known(Claim(is_token=True, secret=secret))
