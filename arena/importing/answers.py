"""Answers out of files: the same text is the same response, another text the next repeat."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from arena.models import Response, content_hash
from arena.rendering import rendered
from arena.style_features import style_features


class Answer(NamedTuple):
    prompt_id: int
    competitor_id: int
    text: str


def response_ids(answers: Sequence[Answer]) -> tuple[dict[Answer, int], int]:
    """The response of every answer, and how many were made. Call inside a transaction."""
    ids, repeats = _known(answers)
    new: dict[Answer, Response] = {}
    for answer in answers:
        if answer not in ids and answer not in new:
            new[answer] = new_response(answer, repeats[answer[:2]])
            repeats[answer[:2]] += 1
    for answer, response in zip(new, Response.objects.bulk_create(new.values()), strict=True):
        ids[answer] = response.pk
    return ids, len(new)


def new_response(answer: Answer, repeat: int) -> Response:
    """With all that is counted and rendered once, when the text arrives; not saved."""
    return rendered(
        Response(
            prompt_id=answer.prompt_id, competitor_id=answer.competitor_id, repeat=repeat, text=answer.text,
            content_hash=content_hash(answer.text), **style_features(answer.text),
        )
    )  # fmt: skip


def _known(answers: Iterable[Answer]) -> tuple[dict[Answer, int], defaultdict[tuple[int, int], int]]:
    """Which of these are stored, and the next free repeat of every pair of prompt and competitor."""
    wanted = set(answers)
    repeats: defaultdict[tuple[int, int], int] = defaultdict(int)
    ids: dict[Answer, int] = {}
    stored = Response.objects.filter(
        prompt_id__in={answer.prompt_id for answer in wanted}, competitor_id__in={answer.competitor_id for answer in wanted}
    ).order_by("pk")
    for row in stored.values_list("prompt_id", "competitor_id", "text", "repeat", "pk").iterator(chunk_size=500):
        answer, repeat, pk = Answer(*row[:3]), row[3], row[4]
        repeats[answer[:2]] = max(repeats[answer[:2]], repeat + 1)
        if answer in wanted:
            ids.setdefault(answer, pk)
    return ids, repeats
