"""A file of judgements or labels that no format fits: the command says how its columns can be named."""

import pytest
from django.core.management import CommandError, call_command

from tests.factories import make_arena

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("command", ["import_judgements", "import_gold"])
def test_the_refusal_of_an_unknown_layout_names_the_flag_for_its_columns(tmp_path, command):
    path = tmp_path / "rows.csv"
    path.write_text("left_bot,right_bot,points\nx,y,1\n", encoding="utf-8")
    with pytest.raises(CommandError) as caught:
        call_command(command, str(path), "--arena", make_arena().slug)
    assert "Or say what its columns hold: --map FIELD=COLUMN for each" in str(caught.value)
    assert caught.value.returncode == 2
