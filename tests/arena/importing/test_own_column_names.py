"""Columns as Agon's own exports call them are read in whatever layout a file is, and a name that is new is named."""

import pytest

from arena.importing.formats import kind_and_format
from arena.models import Battle, Vote
from tests.arena.importing.import_files import checked, imported, write
from tests.factories import make_arena, make_competitor, make_prompt

pytestmark = pytest.mark.django_db
ROWS = "prompt_id,model_a,model_b,winner,voter,voted_at\np-1,m1,m2,model_a,ann,2026-01-31T12:00:00Z\n"


def test_voter_and_time_of_a_vote_are_read_where_the_file_looks_like_chatbot_arenas(tmp_path):
    path, arena = write(tmp_path, ROWS, "votes.csv"), make_arena()
    make_prompt(arena, key="p-1")
    assert kind_and_format(path)[1] == "chatbot-arena"
    assert not checked(path, "chatbot-arena", arena=arena).ignored
    imported(path, "chatbot-arena", arena)
    vote = Vote.objects.get()
    assert (vote.voter.key, vote.voted_at.isoformat()) == ("ann", "2026-01-31T12:00:00+00:00")
    assert Battle.objects.get().prompt.key == "p-1"


@pytest.mark.parametrize(
    ("kind", "layout", "content"),
    [
        ("battles", "chatbot-arena", "model_a,model_b,winner\nm1,m9,tie\n"),
        ("responses", "csv", "prompt,competitor,text\np-1,m1,One.\np-1,m9,Two.\n"),
    ],
)
def test_a_name_that_is_new_beside_known_ones_is_named(tmp_path, kind, layout, content):
    arena, path = make_arena(), write(tmp_path, content, "rows.csv")
    make_prompt(arena, key="p-1")
    assert not _about_names(checked(path, layout, kind=kind, arena=arena))
    make_competitor(arena, "m1")
    [note] = _about_names(checked(path, layout, kind=kind, arena=arena))
    assert note == "1 new competitor beside those that are here: m9. Is the name right?"


def _about_names(report):
    return [str(each) for each in (*report.notes, *report.warnings) if "new competitor" in str(each)]
