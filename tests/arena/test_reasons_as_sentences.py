"""Reasons on pages: a sentence begins with a capital, a name keeps its letters."""

import pytest
from django.urls import reverse

from arena.wording import sentence

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["localhost:18312 is busy", "gpt-4o is busy", "max_tokens is 0", "10.0.0.1 is busy"])
def test_a_name_keeps_its_letters(name):
    assert sentence(name) == f"{name}."


def test_a_host_that_may_not_be_called_is_named_as_it_is_written(admin_client):
    said = {"name": "e", "wire": "openai", "base_url": "http://localhost:18312/v1", "model": "m", "timeout_seconds": "5"}
    page = admin_client.post(reverse("admin:arena_endpoint_add"), said).content.decode()
    assert "A call to localhost:18312 would go without TLS" in page
    assert "Localhost" not in page
