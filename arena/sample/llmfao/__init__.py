"""The LLMFAO arena: 8,931 real votes by 124 people on 59 models (`SOURCE.md`). The file holds facts alone, no texts."""

import hashlib
import json
from pathlib import Path

from django.db import models, transaction
from django.utils.translation import gettext_noop

from arena.models import Arena, Competitor, Import, Visibility, Voting

FOLDER = Path(__file__).resolve().parent
VOTES = FOLDER / "llmfao.csv.gz"
SLUG = "llmfao"
DESCRIPTION = gettext_noop(
    "8,931 real votes, cast by 124 people in 2023, on 59 language models. All of them stand on only 13 prompts."
)
NOTICE = gettext_noop(
    "These are the votes of LLMFAO by Dmitry Ustalov (github.com/dustalov/llmfao, 2023, licence Apache-2.0), on 13 prompts. "
    "The texts of prompts and answers are not included."
)


def llmfao_arena() -> Arena | None:
    """The arena with its models, made when it is not there; None where an arena of one's own has its name.

    The votes are imported from `VOTES`.
    """
    arena = Arena.objects.filter(slug=SLUG).first()
    if arena is None:
        return _make()
    return arena if _source(arena).exists() or _has_no_votes_yet(arena) else None


def is_imported(arena: Arena) -> bool:
    """Published once; who sets it aside does not get it back from the next demo."""
    return _source(arena).filter(state__in=[Import.State.PUBLISHED, Import.State.SET_ASIDE]).exists()


def _source(arena: Arena) -> models.QuerySet[Import]:
    return Import.objects.filter(arena=arena, digest=hashlib.sha256(VOTES.read_bytes()).hexdigest())


def _has_no_votes_yet(arena: Arena) -> bool:
    """Made by a demo that was stopped before the import began."""
    return arena.notice == NOTICE and not arena.battles.exists()


@transaction.atomic
def _make() -> Arena:
    arena = Arena.objects.create(
        slug=SLUG,
        name="LLMFAO",
        description=DESCRIPTION,
        notice=NOTICE,
        board_visibility=Visibility.PUBLIC,
        content_visibility=Visibility.CURATORS,  # there are no texts to read
        voting=Voting.CLOSED,
    )
    rows = json.loads((FOLDER / "models.json").read_text(encoding="utf-8"))
    Competitor.objects.bulk_create(Competitor(arena=arena, **row) for row in rows)
    return arena
