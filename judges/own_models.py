"""A judge's own competitors: those of its model or of its family."""

from collections.abc import Iterable, Sequence

from arena.models import Competitor, Endpoint, Run
from judges.models import Judge


def own_competitors(arena_id: int, judges: Iterable[Judge]) -> dict[int, frozenset[int]]:
    """By judge: competitors of its family (organisation), and those that are its model by name or by who generated them."""
    competitors = list(Competitor.objects.filter(arena_id=arena_id))
    models = _models(arena_id, competitors)
    own = {}
    for judge in judges:
        family, model = judge.family.casefold(), _spellings(judge.model)
        competitors_of_judge = frozenset(
            competitor.pk
            for competitor in competitors
            if (family and family == competitor.organisation.casefold()) or model & models[competitor.pk]
        )
        if competitors_of_judge:
            own[judge.pk] = competitors_of_judge
    return own


def _models(arena_id: int, competitors: Sequence[Competitor]) -> dict[int, set[str]]:
    """The names of each competitor: its own, and the models of the endpoints that generated its answers."""
    at = dict(Endpoint.objects.values_list("name", "model"))
    models = {
        competitor.pk: _spellings(competitor.name) | _spellings(at.get(competitor.endpoint, competitor.endpoint))
        for competitor in competitors
    }
    plans = Run.objects.filter(arena_id=arena_id, kind=Run.Kind.GENERATE).values_list("plan", flat=True)
    for pk, endpoint in (pair for plan in plans for pair in plan.get("authors", {}).items()):
        if int(pk) in models:
            models[int(pk)] |= _spellings(at.get(endpoint, ""))
    return models


def _spellings(model: str) -> set[str]:
    """As it is, and without the organisation that some providers put before it."""
    folded = model.casefold()
    return {spelling for spelling in (folded, folded.rpartition("/")[2]) if spelling}
