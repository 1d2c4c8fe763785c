"""What all views of the REST interface share: they only read, they say who may keep the answer, and they answer 304."""

import re
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import conditional_page
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from arena.api.paging import Paging
from arena.identity import voter_of
from arena.models import Arena, Voter

SLUG = re.compile(r"[-a-zA-Z0-9_]{1,50}\Z")


class ReadView[Row: Model](GenericAPIView[Row]):
    """A view that only reads. Unknown parameters are refused: a misspelt filter must not give the wrong rows."""

    http_method_names = ["get", "head"]
    filterset_class: Any = None
    is_for_everybody = False

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """With the answer's hash as its ETag, where the view has not set one that costs less."""
        return conditional_page(super().as_view(**initkwargs))

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        known = self.known_parameters()
        there_are = f"There is no such parameter here; there are: {', '.join(sorted(known))}."
        errors = {name: [there_are] for name in request.query_params if name not in known}
        errors |= {
            name: ["It is empty: give it a value or leave it out."]
            for name in known
            if "" in request.query_params.getlist(name)
        }
        if errors:
            raise ValidationError(errors)

    def known_parameters(self) -> frozenset[str]:
        if not isinstance(self, ListAPIView):
            return frozenset({"format"})
        filters = self.filterset_class.base_filters if self.filterset_class else ()
        return Paging.names | {"format"} | frozenset(filters)

    def voters_in(self, arenas: QuerySet[Arena]) -> list[tuple[Arena, Voter | None]]:
        """Each arena with who this visitor is as a voter there."""
        return [(arena, voter_of(self.request._request, arena, create=False)) for arena in arenas]

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        # The answer depends on who asks, and the next vote may change it: keep it, but ask again every time.
        patch_cache_control(response, no_cache=True, **{"public" if self.is_for_everybody else "private": True})
        patch_vary_headers(response, ["Accept", "Cookie"])
        return response


class UnknownPath(ReadView[Arena]):
    """Whatever else is asked for below the interface's root."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound(f"There is nothing at {request.path}: see the list of addresses in the documentation.")

    def get(self, request: Request, **kwargs: Any) -> Response:
        raise NotFound


def arenas_asked_for(request: Request, readable: QuerySet[Arena]) -> QuerySet[Arena]:
    """The arenas that this visitor may read, or the one of them that `?arena=` names."""
    slug = request.query_params.get("arena")
    if slug is None:
        return readable
    if not SLUG.match(slug):
        raise ValidationError({"arena": [f"{slug!r} is not a slug: letters, digits, - and _, at most 50 of them."]})
    asked_for = readable.filter(slug=slug)
    if not asked_for.exists():
        raise NotFound(f"There is no arena {slug!r} here that you may read.")
    return asked_for
