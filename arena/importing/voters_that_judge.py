"""Voters of a file of battles that are judges: their votes become games of judges.

The user is asked if a name looks like a language model's: `--voters judges` or `--voters people`.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple, cast

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from arena.importing.chunks import TypedFile, chunks
from arena.importing.files import receiving
from arena.importing.files.problems import ImportProblems
from arena.importing.files.rows import BattleRow, VoteRow
from arena.importing.formats import Format, format_of
from arena.importing.loading.known_battles import known_battles
from arena.importing.loading.row_keys import Ordinals, row_keys
from arena.models import Import

JUDGES, PEOPLE = "judges", "people"
MOST_NAMED = 5
_MODEL = re.compile(
    r"(?<![a-z])(?:(?:chat)?gpt(?=[-_. ]?\d|[-_ ]?oss)|o[134](?=-|$)|claude[-_ ]?(?:\d|v\d|instant|opus|sonnet|haiku)"
    r"|gemini|gemma|llama|mistral|mixtral|qwen|deepseek|command-r|palm-?2|vicuna|grok|phi-\d|glm-\d|kimi|pandalm|judgelm|auto-j"
    r"|prometheus|alpaca_eval|text-davinci|skywork|nemotron)",
    re.IGNORECASE,
)


@lru_cache(maxsize=65_536)
def looks_like_a_model(name: str) -> bool:
    """
    Whether a voter's name is most likely a language model's.

    Examples
    --------
    >>> [looks_like_a_model(name) for name in ("gpt-4-1106-preview", "gpt4_pair", "Claude", "expert_12")]
    [True, True, False, False]
    """
    return _MODEL.search(name) is not None


def judges_among(names: Iterable[str]) -> frozenset[str]:
    """In a file whose voters are judges: those that look like models, or all of them if none does."""
    every = frozenset(names)
    return frozenset(filter(looks_like_a_model, every)) or every


class VotersUnclear(ImportProblems):
    """The only problem: somebody has to say whether the voters are people or judges."""


def rule_for(names: Collection[str]) -> str:
    """The problem of a file whose voters nobody has declared."""
    others = list(names)[1:]
    if not others:
        return _(
            "it looks like a language model: say whether it is a judge, whose games the rows become (--voters judges), or "
            "people, whose votes they are (--voters people)"
        )
    words = _(
        "it looks like a language model, and so do %(names)s: say whether they are judges, whose games the rows become "
        "(--voters judges), or people, whose votes they are (--voters people)"
    )
    return words % {"names": ", ".join(sorted(others)[:MOST_NAMED])}


def judges_of(source: Import) -> frozenset[str]:
    """Voters of an import that are judges."""
    if source.options.get("voters") != JUDGES:
        return frozenset()
    return judges_among(vote.voter for row in _rows(source) for vote in row.votes if vote.voter)


class VotedVerdict(NamedTuple):
    """A judge's vote on a battle: `vote` is seen from the side that was shown first."""

    battle_id: int
    first_is_a: bool
    vote: VoteRow


def _rows(source: Import) -> Iterable[BattleRow]:
    battles = cast("type[Format[BattleRow]]", format_of(source.kind, source.format))
    return TypedFile(receiving.path_of(source), battles, filename=source.filename, options=source.options)


def _verdicts(source: Import, judges: Collection[str]) -> Iterator[list[VotedVerdict]]:
    ordinals = Ordinals()
    names = dict(source.arena.competitors.values_list("name", "pk"))
    for rows in chunks(_rows(source)):
        keys = row_keys(source.format, rows, ordinals)
        known = known_battles(source.arena_id, keys)
        yield [
            VotedVerdict(known[key].pk, names[row.first] < names[row.second], vote)
            for row, key in zip(rows, keys, strict=True)
            for vote in row.votes
            if vote.voter in judges
        ]


def take_verdicts(source: Import) -> int:
    """Write the votes of an import's judges as games; returns how many. Call inside the transaction that publishes it."""
    judges = judges_of(source)
    if not judges:
        return 0
    take: Callable[[Import, Iterator[Sequence[VotedVerdict]]], int] = import_string(settings.VERDICTS_OF_VOTERS)
    return take(source, _verdicts(source, judges))
