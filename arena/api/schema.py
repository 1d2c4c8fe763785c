"""What the schema says of every operation beyond its own answer: the problems it may answer with, and 304."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse
from rest_framework.generics import ListAPIView

from arena.api.callers.authentication import HOW, BearerAuthentication
from arena.api.callers.scopes import CuratorsOnly
from arena.api.paging import BIGGEST_ID
from arena.api.problems import MEDIA_TYPE, ProblemSerializer

PROBLEMS = {
    400: "A parameter is wrong; `errors` names it.",
    401: "The token is wrong or has expired, or this needs an account.",
    403: "The token lacks the scope, which `detail` names; or this is for curators.",
    404: "It is not there, or not for you to read.",
    406: "None of the media types in Accept is available.",
    429: "Too many requests: wait as many seconds as Retry-After says.",
}
PROBLEMS_OF_WRITING = {
    409: "It is here already, or under way.",
    413: "The body is too large.",
    415: "The body is of a media type that is not taken here.",
    422: "What the body says cannot be done: nothing was written, and `rows` name what is wrong in which row.",
    503: "The database is busy, or nothing can be stored now: try again after as many seconds as Retry-After says.",
}
QUOTA_HEADERS = {
    "RateLimit": ("string", "How many requests of this minute are left: r; the next minute begins in t seconds."),
    "RateLimit-Policy": ("string", "How many requests a window allows: q, and w seconds."),
}
ETAG = {"ETag": ("string", "Send it as If-None-Match, to be told whether anything changed.")}
LOCATION = {"Location": ("string", "Where what was made is read.")}
REPLAYED = {"Idempotency-Replayed": ("string", "`true`, where this request was done before and is answered as it was then.")}
RETRY_AFTER = {"Retry-After": ("integer", "Seconds to wait.")}


def _headers(status: str, *, is_read: bool) -> dict[str, tuple[str, str]]:
    """Those that an answer of this status may have: name -> type, meaning."""
    if status in {"429", "503"}:
        return RETRY_AFTER
    if status == "304":
        return ETAG
    if not status.startswith("2"):
        return {}
    own = ETAG if is_read else REPLAYED | (LOCATION if status in {"201", "202"} else {})
    return QUOTA_HEADERS | own


def _problems(descriptions: dict[int, str]) -> dict[Any, Any]:
    return {
        (status, MEDIA_TYPE): OpenApiResponse(ProblemSerializer, description=description)
        for status, description in descriptions.items()
    }


# Beside the answer itself; a view that describes its own answers adds these to them.
OTHER_RESPONSES: dict[Any, Any] = {
    304: OpenApiResponse(description="Nothing has changed since the answer whose ETag stands in If-None-Match."),
} | _problems(PROBLEMS)
WRITING_RESPONSES = _problems(PROBLEMS | PROBLEMS_OF_WRITING)

IN_THE_PATH: dict[str, dict[str, Any]] = {
    "slug": {"description": "Slug: the short name in addresses.", "pattern": "^[-a-zA-Z0-9_]+$"},
    "key": {"description": "Key of the snapshot, or at least the first 8 characters of it.", "pattern": "^[-a-zA-Z0-9_]+$"},
    "id": {"description": "Number of the row.", "minimum": 1, "maximum": BIGGEST_ID},
}


class ReadSchema(AutoSchema):
    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = super()._resolve_path_parameters(variables)  # type: ignore[no-untyped-call]
        for parameter in parameters:
            known = IN_THE_PATH[parameter["name"]]
            parameter["description"] = known["description"]
            parameter["schema"] |= {name: value for name, value in known.items() if name != "description"}
        return parameters

    def get_response_serializers(self) -> Any:
        return {200: super().get_response_serializers()} | OTHER_RESPONSES

    def _get_request_body(self, direction: Any = "request") -> Any:
        """Needed, where one of its fields is: the library leaves that open for schemas that are written out."""
        body: Any = super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        if body and all("required" in each["schema"] for each in body["content"].values()):
            body["required"] = True
        return body

    def _get_response_headers_for_code(self, status_code: str, direction: Any = "response") -> Any:
        named = _headers(status_code, is_read=self.method in {"GET", "HEAD"})
        return {name: {"description": description, "schema": {"type": kind}} for name, (kind, description) in named.items()}

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Reading needs no account, except for what is for curators."""
        needs_a_name = self.method not in {"GET", "HEAD"} or CuratorsOnly in self.view.permission_classes
        signed_in: list[dict[str, list[str]]] = super().get_auth()
        return signed_in if needs_a_name else [*signed_in, {}]

    def get_summary(self) -> str:
        """The first sentence of the view's docstring."""
        return self.get_description().partition(".")[0]

    def get_operation_id(self) -> str:
        """arenas_list, arenas_read, arenas_write, arenas_change: what the path says, and what is done with it."""
        words = [part.replace(".", "_") for part in self.path.strip("/").split("/")[2:] if not part.startswith("{")]
        if self.method not in {"GET", "HEAD"}:
            return "_".join([*words, "change" if self.method == "PATCH" else "write"])
        return "_".join([*words, "list" if isinstance(self.view, ListAPIView) else "read"])


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How programs sign in."""

    target_class = BearerAuthentication
    name = "bearerAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": f"A token with the scopes that are needed. {HOW}"}
