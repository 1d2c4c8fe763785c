"""Adds to every operation in the schema what all have in common: the problems it may answer with, and 304."""

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
    404: "It does not exist, or you may not read it.",
    406: "None of the media types in Accept is available.",
    429: "Too many requests: wait as many seconds as Retry-After says.",
}
PROBLEMS_OF_WRITING = {
    409: "It exists already, or is under way.",
    413: "The body is too large.",
    415: "The media type of the body is not accepted here.",
    422: "The request cannot be carried out: nothing was written, and `rows` names what is wrong in each row.",
    503: "The database is busy, or nothing can be stored now: try again after as many seconds as Retry-After says.",
}
QUOTA_HEADERS = {
    "RateLimit": ("string", "How many requests of this minute are left: r; the next minute begins in t seconds."),
    "RateLimit-Policy": ("string", "How many requests a window allows: q, and w seconds."),
}
ETAG = {"ETag": ("string", "Send it as If-None-Match to learn whether anything has changed.")}
LOCATION = {"Location": ("string", "Address at which the new row can be read.")}
REPLAYED = {
    "Idempotency-Replayed": ("string", "`true` if this request was carried out before and the answer is the one given then.")
}
RETRY_AFTER = {"Retry-After": ("integer", "Seconds to wait.")}


def _headers(status: str, *, is_read: bool) -> dict[str, tuple[str, str]]:
    """The headers that an answer of this status may have: name -> type, meaning."""
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


# Added to the answer itself, and to the answers that a view describes on its own.
OTHER_RESPONSES: dict[Any, Any] = {
    304: OpenApiResponse(description="Nothing has changed since the answer whose ETag is given in If-None-Match."),
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
        """Mark the body as required if one of its fields is; the library does not do so for hand-written schemas."""
        body: Any = super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        if body and all("required" in each["schema"] for each in body["content"].values()):
            body["required"] = True
        return body

    def _get_response_headers_for_code(self, status_code: str, direction: Any = "response") -> Any:
        named = _headers(status_code, is_read=self.method in {"GET", "HEAD"})
        return {name: {"description": description, "schema": {"type": kind}} for name, (kind, description) in named.items()}

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Reading needs no account, except for resources that only curators may read."""
        needs_a_name = self.method not in {"GET", "HEAD"} or CuratorsOnly in self.view.permission_classes
        signed_in: list[dict[str, list[str]]] = super().get_auth()
        return signed_in if needs_a_name else [*signed_in, {}]

    def get_summary(self) -> str:
        """The first sentence of the view's docstring."""
        return self.get_description().partition(".")[0]

    def get_operation_id(self) -> str:
        """The operation's id, from its path and action: arenas_list, arenas_read, arenas_write, arenas_change."""
        words = [part.replace(".", "_") for part in self.path.strip("/").split("/")[2:] if not part.startswith("{")]
        if self.method not in {"GET", "HEAD"}:
            return "_".join([*words, "change" if self.method == "PATCH" else "write"])
        return "_".join([*words, "list" if isinstance(self.view, ListAPIView) else "read"])


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes in the schema how programs sign in."""

    target_class = BearerAuthentication
    name = "bearerAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": f"A token with the scopes that are needed. {HOW}"}
