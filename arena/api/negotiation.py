"""Content negotiation: the format of an answer."""

from collections.abc import Iterable

from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class Negotiation(DefaultContentNegotiation):
    """If `?format=` is given, it alone decides; the error names a format that is not offered."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        offered = list(renderers)
        wanted = request.query_params.get("format")
        if wanted is None:
            chosen: tuple[BaseRenderer, str] = super().select_renderer(request, offered, format_suffix)
            return chosen
        for renderer in offered:
            if renderer.format == wanted:
                return renderer, str(renderer.media_type)
        formats = ", ".join(str(renderer.format) for renderer in offered)
        raise ValidationError({"format": [f"{wanted!r} is not offered here. Available: {formats}."]})
