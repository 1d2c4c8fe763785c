import pytest

from tests.arena.admin.curators import make_account


@pytest.fixture
def curator(client):
    """Staff, but no superuser and without a single permission of Django's own."""
    user = make_account("curator", is_staff=True)
    client.force_login(user)
    return user
