"""The picture that a link to a board gets where it is shared: the whiskers of the first eight, 1200 by 630, as PNG.

No library that draws texts is among the requirements, and many sites show no SVG; so the picture has marks alone, and the names
stand in the description beside it. numpy draws it and zlib packs it (PNG specification, 3rd edition, section 11).
"""

import struct
import zlib
from functools import lru_cache

import numpy as np
from django.http import HttpRequest, HttpResponse
from numpy.typing import NDArray

from ranking.models import Entry, Leaderboard
from ranking.views.board_table import Axis, axis_of
from ranking.views.embeds.board import rated_entries
from ranking.views.embeds.public_boards import of_a_public_board

WIDTH, HEIGHT, MARGIN = 1200, 630, 90
MOST_LINES = 8
PAPER, RULE, INK, FIRST = (252, 252, 253), (222, 226, 232), (42, 62, 104), (47, 93, 168)
type Picture = NDArray[np.uint8]
type Colour = tuple[int, int, int]


@of_a_public_board
def card(request: HttpRequest, board: Leaderboard) -> HttpResponse:
    snapshot = board.newest_snapshot()
    entries = rated_entries(snapshot)[:MOST_LINES] if snapshot else []
    return HttpResponse(_card_of(tuple(entry.pk for entry in entries)), content_type="image/png")


@lru_cache(maxsize=64)
def _card_of(entries: tuple[int, ...]) -> bytes:
    """Of these entries of a snapshot, which never change, in this order; without any, of a board that has no ratings."""
    known = Entry.objects.in_bulk(entries)
    return as_png(drawn([known[pk] for pk in entries]))


def drawn(entries: list[Entry]) -> Picture:
    picture = np.full((HEIGHT, WIDTH, 3), PAPER, dtype=np.uint8)
    _box(picture, 0, 0, WIDTH, 14, FIRST)
    if not entries:
        _diamond(picture, WIDTH // 2, HEIGHT // 2, 60, FIRST)
        return picture
    axis = axis_of(entries)
    for x, _value in axis.ticks:
        _box(picture, _across(x), MARGIN - 30, 2, HEIGHT - 2 * MARGIN + 60, RULE)
    step = (HEIGHT - 2 * MARGIN) / len(entries)
    for place, entry in enumerate(entries):
        _whisker(picture, axis, entry, round(MARGIN + step * (place + 0.5)), FIRST if entry.rank_low == 1 else INK)
    return picture


def _whisker(picture: Picture, axis: Axis, entry: Entry, y: int, colour: Colour) -> None:
    rating = entry.rating or 0.0
    low, high = (rating if limit is None else limit for limit in (entry.low, entry.high))
    left, right = _across(axis.at(low)), _across(axis.at(high))
    _box(picture, left, y - 3, right - left, 6, colour)
    for end in (left, right):
        _box(picture, end - 2, y - 14, 5, 28, colour)
    _diamond(picture, _across(axis.at(rating)), y, 18, colour)


def _across(percent: float) -> int:
    return round(MARGIN + (WIDTH - 2 * MARGIN) * percent / 100)


def _box(picture: Picture, x: int, y: int, width: int, height: int, colour: Colour) -> None:
    picture[y : y + height, x : x + width] = colour


def _diamond(picture: Picture, x: int, y: int, size: int, colour: Colour) -> None:
    down, across = np.ogrid[-size : size + 1, -size : size + 1]
    part = picture[y - size : y + size + 1, x - size : x + size + 1]
    part[np.abs(down) + np.abs(across) <= size] = colour


def as_png(picture: Picture) -> bytes:
    """The picture, (rows, columns, 3) of uint8, as a PNG file."""
    rows, columns, _ = picture.shape
    head = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)  # 8 bits a sample, truecolour
    unfiltered = np.zeros((rows, 1 + 3 * columns), dtype=np.uint8)
    unfiltered[:, 1:] = picture.reshape(rows, -1)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(unfiltered.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
