"""What a bundle says of itself: its format, its arena, each member's lines and hash, and what its boards counted."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError, with_config

MANIFEST = "manifest.json"
WHAT = "agon-arena"
FORMAT = 1


class BundleRefused(Exception):
    """What is wrong with a bundle, where, and what to do about it. Nothing came in."""


@with_config(extra="forbid")
@dataclass(frozen=True)
class MemberEntry:
    rows: int
    bytes: int
    """When unpacked."""
    sha256: str


@with_config(extra="forbid")
@dataclass(frozen=True)
class BoardEntry:
    slug: str
    name: str
    snapshot: str
    """Key of its newest snapshot."""
    content_hash: str | None
    """Of the evidence by names and texts: the same on every site that has this arena."""


@with_config(extra="forbid")
@dataclass(frozen=True)
class BundleManifest:
    what: str
    format: int
    agon: str
    made_at: str
    slug: str
    name: str
    members: dict[str, MemberEntry] = field(default_factory=dict)
    boards: list[BoardEntry] = field(default_factory=list)

    def written(self) -> bytes:
        return json.dumps(asdict(self), indent=1, ensure_ascii=False).encode()


_MANIFEST = TypeAdapter(BundleManifest)


def read_manifest(written: bytes) -> BundleManifest:
    """Raises BundleRefused."""
    try:
        content: Any = json.loads(written)
    except (ValueError, RecursionError):
        raise BundleRefused(f"{MANIFEST} is no JSON: the file is damaged, or Agon did not make it") from None
    if not isinstance(content, dict) or content.get("what") != WHAT:
        raise BundleRefused(f"{MANIFEST} does not say that this is an arena of Agon: choose a file that `export --all` made")
    if content.get("format") != FORMAT:
        raise BundleRefused(
            f"the file has format {content.get('format')!r}, this Agon reads {FORMAT}: use the Agon that made it"
        )
    try:
        return _MANIFEST.validate_json(written, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        raise BundleRefused(f"{MANIFEST}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
