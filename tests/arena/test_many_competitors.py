"""A file that brings more than a thousand competitors is mostly a wrong column: it takes a yes."""

import pytest
from django.core.management import CommandError, call_command

from arena.models import Arena
from tests.arena.importing.import_files import BATTLES
from tests.arena.views.test_import_page import _confirm, _upload, curator, rung  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db
MANY = BATTLES + "".join(f"name {n},other {n},tie,q{n},v\n" for n in range(501))


def test_a_command_asks_for_a_yes(tmp_path):
    file = tmp_path / "many.csv"
    file.write_text(MANY)
    with pytest.raises(CommandError, match=r"1,00. new models .* --allow-competitors 100.") as refusal:
        call_command("import_battles", str(file), format="chatbot-arena", arena="many")
    assert refusal.value.returncode == 2
    assert not Arena.objects.exists()
    call_command("import_battles", str(file), format="chatbot-arena", arena="many", allow_competitors=1_100)
    assert Arena.objects.get().competitors.count() > 1_000


def test_the_browser_asks_for_a_yes(curator, rung):  # noqa: F811
    page = _upload(curator, MANY)
    assert "new models are intended" in page.content.decode()
    _confirm(curator, page)
    assert rung == []
    import re

    token = re.search(r'name="confirm" value="([^"]+)"', page.content.decode())[1]
    curator.post("/import/", {"confirm": token, "allow_competitors": "on"})
    assert len(rung) == 1
