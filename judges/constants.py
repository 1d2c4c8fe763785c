"""Competitors that give the same long answer to many prompts: told before a run is started, never excluded by a program.

They are judged like any others; a curator may set their games aside.
"""

from collections.abc import Iterable, Iterator

from arena.models import Competitor, Response
from judges.tainting import Answered, ConstantAnswer, constant_answers

SHORT_VERIFIERS = ("exact", "mcq", "numeric")
"""Kinds where the right answers to many prompts may well be the same."""

SHOWN = 60


def constant_flags(competitor_ids: Iterable[int]) -> list[str]:
    """For people: who answers how many prompts with which text, looked for in all answers of these competitors."""
    competitors = Competitor.objects.filter(pk__in=set(competitor_ids)).order_by("name")
    # One competitor at a time: no more texts are held than it has written.
    return [_told(competitor, found) for competitor in competitors for found in constant_answers(_answers_of(competitor))]


def _answers_of(competitor: Competitor) -> Iterator[Answered]:
    columns = ("pk", "prompt_id", "text", "turns", "prompt__verifier__kind")
    rows = Response.objects.delivered().filter(competitor=competitor).order_by("pk").values_list(*columns)
    for pk, prompt, text, turns, kind in rows.iterator(chunk_size=1_000):
        yield Answered(pk, competitor.pk, prompt, "\n\n".join(turns) or text, is_short=kind in SHORT_VERIFIERS)


def _told(competitor: Competitor, found: ConstantAnswer) -> str:
    text = " ".join(found.text.split())
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    return f"{competitor.name} answers {found.n_prompts:,} prompts ({found.share:.0%} of its own) alike: “{shown}”"
