"""What every page knows: the arena it is in, and what its reader may see."""

from typing import Any

from django.http import Http404, HttpRequest
from django.utils.functional import SimpleLazyObject

from arena import access
from arena.models import Arena
from arena.pairing.pair_candidates import offers_vote
from arena.statements.vote_statements import arenas_called


def arena_or_404(request: HttpRequest, slug: str) -> Arena:
    """The arena, if this visitor may know that it exists."""
    if "\0" in slug:  # may come from a query string; PostgreSQL rejects NUL
        raise Http404("a slug with a NUL")
    named = arenas_called(slug=slug)
    if not named or not access.may_know(request.user, named[0]):
        raise Http404("no such arena, or this visitor may not see it")
    return named[0]


def menu(request: HttpRequest) -> dict[str, Any]:
    """For pages without a context of ours, such as error pages: whether to show the curator's menu."""
    user = getattr(request, "user", None)
    return {"is_curator": SimpleLazyObject(lambda: user is not None and access.is_curator(user))}


def page_context(request: HttpRequest, page: str, arena: Arena | None = None, **more: Any) -> dict[str, Any]:
    """The context that `base.html` needs, with the page's own entries."""
    context: dict[str, Any] = {"page": page, "arena": arena, "is_curator": access.is_curator(request.user)}
    if arena is not None:
        context["other_arenas"] = SimpleLazyObject(
            lambda: access.listed_arenas_for(request.user)[:50]
        )  # the vote page has no menu
        context["sees_content"] = access.sees_content(request.user, arena)
        context["offers_vote"] = SimpleLazyObject(lambda: offers_vote(arena))  # asked by whole pages only
    return context | more
