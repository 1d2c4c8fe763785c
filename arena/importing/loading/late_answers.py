"""Battles that came without answers get those of the arena, if they are unambiguous.

A prompt has a text and one answer of each of the two models, out of a file: then people voted on these two. Answers that were
generated here are none that anybody voted on elsewhere. Battles of Agon's own exports name their answers: one that is not here
was corrected, archived or left out, and no other is put in its place.

Each transaction is one event in the ledger, and each battle that may have counted before remembers it: boards that look at
answers are made again as they were (`arena.models.LateAnswers`).
"""

from collections.abc import Iterator, Sequence
from itertools import batched
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import ngettext

from arena.evidence.ledger import record_answers
from arena.importing.formats.battles.own_battles import OwnBattles
from arena.models import Assignment, Battle, Call, FinishState, Import, LateAnswers, Prompt, Response
from arena.models.responses import NO_TEXT
from arena.wording import number

PROMPTS_AT_A_TIME = 200
BATTLES_A_TRANSACTION = 2_500

GIVE = """
    UPDATE arena_battle SET response_a_id = %s, response_b_id = %s
    WHERE id = %s AND response_a_id IS NULL AND response_b_id IS NULL
"""

type Answers = dict[tuple[int, int], int | None]  # by prompt and competitor: the answer; None where it is not clear which


class Given(NamedTuple):
    response_a: int
    response_b: int
    battle: int
    source: int | None


def came_of_it(n_given: int) -> str:
    """A sentence on how many battles got their answers."""
    text = ngettext(
        "%(n)s battle that came without answers got them: each of the models has one to the prompt.",
        "%(n)s battles that came without answers got them: each of the models has one to the prompt.",
        n_given,
    )
    return text % {"n": number(n_given)}


def give_answers(source: Import) -> int:
    """After the rows of an import of whatever kind are in; how many battles got their answers. Once more adds nothing."""
    if not Response.objects.filter(prompt__arena=source.arena_id).exists():
        return 0
    return sum(_give(source, some) for some in batched(_ready(source.arena_id), BATTLES_A_TRANSACTION))


def _ready(arena_id: int) -> Iterator[Given]:
    """Battles without answers for which it is clear which they are."""
    bare = Battle.objects.filter(prompt=OuterRef("pk"), response_a=None, response_b=None).exclude(row_key=None)
    answered = Response.objects.filter(prompt=OuterRef("pk"))
    prompts = Prompt.objects.filter(Exists(answered), Exists(bare), arena=arena_id).exclude(content_hash="")
    is_exported = Q(format=OwnBattles.name) | Q(format__startswith=f"{OwnBattles.name}-")
    exported = list(Import.objects.filter(is_exported, arena=arena_id).values_list("pk", flat=True))
    for chunk in batched(list(prompts.order_by("pk").values_list("pk", flat=True)), PROMPTS_AT_A_TIME):
        answers = _answers(chunk)
        battles = Battle.objects.filter(prompt__in=chunk, response_a=None, response_b=None).exclude(row_key=None)
        battles = battles.exclude(source__in=exported)
        rows = battles.order_by("pk").values_list("pk", "prompt", "competitor_a", "competitor_b", "source")
        for pk, prompt, a, b, source in list(rows):
            of_a, of_b = answers.get((prompt or 0, a)), answers.get((prompt or 0, b))
            if of_a and of_b:
                yield Given(of_a, of_b, pk, source)


def _answers(prompts: Sequence[int]) -> Answers:
    generated = Assignment.objects.filter(prompt__in=prompts, call__state=Call.State.DONE)
    made_here = set(generated.values_list("prompt", "competitor", "repeat"))
    rows = Response.objects.filter(prompt__in=prompts, archived_with=None).order_by()  # not those of an import that was undone
    answers: Answers = {}
    for prompt, competitor, repeat, pk, finish, text in rows.values_list(
        "prompt", "competitor", "repeat", "pk", "finish", "content_hash"
    ):
        is_whole = finish in {FinishState.STOP, FinishState.LENGTH} and text != NO_TEXT
        is_first = (prompt, competitor) not in answers and (prompt, competitor, repeat) not in made_here
        answers[prompt, competitor] = pk if is_whole and is_first else None
    return answers


def _give(source: Import, battles: Sequence[Given]) -> int:
    """In one transaction. What this very import of battles brought has not counted yet."""
    counted = [each.battle for each in battles if each.source != source.pk]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.executemany(GIVE, [each[:3] for each in battles])
        if counted:
            event = record_answers(source, n_battles=len(counted))
            late = [LateAnswers(battle_id=battle, event=event) for battle in counted]
            LateAnswers.objects.bulk_create(late, ignore_conflicts=True)  # by another import, at the same moment
    return len(battles)
