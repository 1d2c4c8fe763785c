"""Votes that two imports have count as long as one of the imports does: now, and at every earlier position of the ledger."""

import pytest

from arena.evidence.curation import restore_import, set_aside_import, set_aside_votes
from arena.evidence.ledger import sequence
from arena.evidence.vote_tally import evidence_at, read_evidence
from arena.models import Vote
from tests.arena.importing.import_files import imported, write
from tests.factories import make_arena

pytestmark = pytest.mark.django_db


def test_votes_that_two_imports_have_are_read_the_same_at_every_position(tmp_path):
    arena = make_arena()
    row, head = "x,y,model_a,q1,v1\n", "model_a,model_b,winner,question_id,judge\n"
    positions = {}
    first = imported(write(tmp_path, head + row, "one"), "chatbot-arena", arena)
    positions["one"] = sequence(), 1
    second = imported(write(tmp_path, head + row + "x,z,model_a,q1,v1\n", "two"), "chatbot-arena", arena)
    positions["both"] = sequence(), 2
    set_aside_import(first, "wrong", None)
    positions["second"] = sequence(), 2
    set_aside_import(second, "wrong", None)
    positions["none"] = sequence(), 0
    restore_import(first, None)
    positions["first again"] = sequence(), 1
    vote = Vote.objects.get(source=first)
    set_aside_votes(Vote.objects.filter(pk=vote.pk), "spam", None)
    positions["taken out"] = sequence(), 0
    for name, (position, n_votes) in positions.items():
        assert read_evidence(arena.pk, position).n_votes == n_votes, name
        assert evidence_at(arena.pk, position).n_votes == n_votes, name
