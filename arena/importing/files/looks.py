"""What a file is, judged by its bytes: packed or not, its encoding, its shape.

A packed file (gzip, zstd) is read as what it holds, up to a limit that counts the bytes that come out.
"""

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, cast

from arena.importing.files.notes import gettext_lazy
from arena.wording import gettext as _
from arena.wording import number as grouped

BLOCK = 64 * 1024
MOST_UNPACKED = 512 * 1024 * 1024


class Shape(StrEnum):
    CSV = "CSV"
    JSON_LINES = "JSON lines"
    JSON_ARRAY = "a JSON array"
    PARQUET = "Parquet"
    JSON_OBJECT = "a JSON object that lists rows"

    @property
    def label(self) -> str:
        known = {
            Shape.JSON_LINES: _("JSON lines"),
            Shape.JSON_ARRAY: _("a JSON array"),
            Shape.JSON_OBJECT: _("a JSON object that lists rows"),
        }
        return known.get(self, self.value)


LIST_OF_ROWS = "request_states"
"""The key of an object's list of rows: HELM writes a whole run as one object."""
ANY_SHAPE = frozenset({Shape.CSV, Shape.JSON_LINES, Shape.JSON_ARRAY, Shape.PARQUET})
OF_OBJECTS = frozenset({Shape.JSON_LINES, Shape.JSON_ARRAY, Shape.PARQUET})
"""Shapes whose cells may be lists and objects."""

# In this order: the mark of UTF-16 is how that of UTF-32 begins.
MARKS = {
    codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16",
}  # fmt: skip
BINARY = {
    b"PK\x03\x04": gettext_lazy("a zip or Excel file, not text"),
    b"PK\x05\x06": gettext_lazy("an empty zip file, not text"),
    b"\xd0\xcf\x11\xe0": gettext_lazy("an old Excel file, not text"),
    b"\x1f\x8b": gettext_lazy("a gzip file inside another packed file"),
    b"\x28\xb5\x2f\xfd": gettext_lazy("a zstd file inside another packed file"),
    b"PAR1": gettext_lazy("a Parquet file inside a packed file"),
    b"%PDF-": gettext_lazy("a PDF file, not text"),
    b"SQLite f": gettext_lazy("an SQLite file, not text"),
    b"BZh": gettext_lazy("packed by bzip2, which is not read here"),
    b"\xfd7zXZ\0": gettext_lazy("packed by xz, which is not read here"),
    b"7z\xbc\xaf": gettext_lazy("packed by 7-Zip, which is not read here"),
    b"ARROW1\0": gettext_lazy("an Arrow file: save it as Parquet"),
    b"version https://git-lfs": gettext_lazy("a Git LFS pointer in place of the file: git lfs pull brings it"),
}
WEB_PAGE, TAR = gettext_lazy("a web page, not a table"), gettext_lazy("a tar archive, not text")
_WEB_PAGE = re.compile(rb"\s*<(?:!doctype\s+html|html|\?xml)\b", re.IGNORECASE)
NOTHING = " \t\r\n,;|"
"""What a line of a table without a word consists of."""
_LISTS_ROWS = re.compile(rf'\s*\{{\s*"(?:adapter_spec|{LIST_OF_ROWS})"\s*:')
UTF8, WINDOWS = "utf-8-sig", "windows-1252"
GZIP, ZSTD, PARQUET = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1"


@dataclass(frozen=True)
class FileLooks:
    """What a file is. `broken` says why it cannot be unpacked, and `cure` what can be done."""

    shape: Shape
    encoding: str
    start: str
    """The first characters of what it holds."""
    is_whole: bool
    """Whether that is all of it."""
    line_end: str = "\n"
    binary: str = ""
    broken: str = ""
    cure: str = ""
    is_too_large: bool = False
    """It unpacks to more than the limit."""

    @property
    def first_line(self) -> str:
        """The first one that says something."""
        lines = (line.rstrip("\r") for line in self.start.split(self.line_end))
        return next((line for line in lines if line.strip(NOTHING)), "")

    @property
    def is_empty(self) -> bool:
        """Nothing but white space."""
        return self.is_whole and not self.start.strip() and not self.broken


class CannotUnpackError(Exception):
    """A packed file is broken, or holds too much."""

    def __init__(self, broken: str, cure: str, *, is_too_large: bool = False) -> None:
        super().__init__(broken)
        self.broken, self.cure, self.is_too_large = broken, cure, is_too_large


def look_at(path: Path) -> FileLooks:
    """Reads a text completely once: whether it is UTF-8 is known only at its end. Raises nothing but OSError."""
    status = path.stat()
    return _look_at(path, status.st_mtime_ns, status.st_size)


def opened(path: Path) -> BinaryIO:
    """The bytes of a file, unpacked; reading them raises CannotUnpackError."""
    file = path.open("rb")
    start = file.read(4)
    file.seek(0)
    unpack = _UNPACKING.get(start[:2]) or _UNPACKING.get(start)
    return cast("BinaryIO", io.BufferedReader(_Counted(unpack, file), BLOCK)) if unpack else file


def _shape_of(text: str) -> Shape:
    if _LISTS_ROWS.match(text):
        return Shape.JSON_OBJECT
    return {"[": Shape.JSON_ARRAY, "{": Shape.JSON_LINES}.get(text.lstrip()[:1], Shape.CSV)


@lru_cache(maxsize=16)
def _look_at(path: Path, changed: int, size: int) -> FileLooks:
    with path.open("rb") as file:
        if file.read(4) == PARQUET:
            return FileLooks(Shape.PARQUET, UTF8, "", is_whole=False)
    try:
        with closing(opened(path)) as unpacked:
            start = unpacked.read(BLOCK)
            encoding = next((name for mark, name in MARKS.items() if start.startswith(mark)), UTF8)
            text = start.decode(encoding, errors="replace")
            shape = _shape_of(text)
            signs = _Signs(start)
            while block := unpacked.read(BLOCK):
                signs.add(block)
    except CannotUnpackError as error:
        return FileLooks(
            Shape.CSV, UTF8, "", is_whole=False, broken=error.broken, cure=error.cure, is_too_large=error.is_too_large
        )
    if shape == Shape.CSV and encoding == UTF8 and signs.are_windows():
        encoding, text = WINDOWS, start.decode(WINDOWS, errors="replace")
    if encoding == UTF8 and _UNMARKED_UTF16.match(start):
        cure = _("this looks like UTF-16 without its mark: save the file again as UTF-8")
        return FileLooks(Shape.CSV, UTF8, "", is_whole=False, broken=_("not UTF-8"), cure=cure)
    binary = _binary(start.removeprefix(codecs.BOM_UTF8))
    outside = _QUOTED.sub("", text) if shape == Shape.CSV else text
    line_end = "\r" if "\r" in outside and "\n" not in outside else "\n"
    return FileLooks(shape, encoding, text, len(start) < BLOCK, line_end, binary)


def _binary(start: bytes) -> str:
    if start[257:262] == b"ustar":
        return str(TAR)
    kinds = (str(kind) for mark, kind in BINARY.items() if start.startswith(mark))
    return next(kinds, str(WEB_PAGE) if _WEB_PAGE.match(start) else "")


_UNMARKED_UTF16 = re.compile(rb"(?:[^\x00]\x00){2}|(?:\x00[^\x00]){2}")  # two ASCII characters
_QUOTED = re.compile(r'"[^"]*(?:"|\Z)')  # cells that may hold line breaks


_MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_NO_LETTERS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x81\x8d\x8f\x90\x9d]")
_MOST_ACCENTS = 0.2  # of all bytes: more are a text in another alphabet


class _Signs:
    """Tells damaged UTF-8 from the encoding of older spreadsheets, which has no UTF-8 sequences."""

    def __init__(self, start: bytes) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._is_utf8, self._has_sequences, self._is_binary = True, False, False
        self._n_high = self._n_bytes = 0
        self._tail = b""
        self.add(start)

    def add(self, block: bytes) -> None:
        self._n_bytes += len(block)
        if block.isascii() and not self._tail:
            self._is_binary = self._is_binary or _NO_LETTERS.search(block) is not None
            return
        if self._is_utf8:
            try:
                self._decoder.decode(block)
            except UnicodeDecodeError:
                self._is_utf8 = False
        joined = self._tail + block
        self._has_sequences = self._has_sequences or _MULTIBYTE.search(joined) is not None
        self._is_binary = self._is_binary or _NO_LETTERS.search(block) is not None
        self._n_high += len(block) - len(block.decode("ascii", errors="ignore"))
        self._tail = joined[-3:] if not joined[-3:].isascii() else b""

    def are_windows(self) -> bool:
        if self._is_utf8:
            try:
                self._decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                self._is_utf8 = False
        is_text = not self._has_sequences and not self._is_binary
        return not self._is_utf8 and is_text and self._n_high <= _MOST_ACCENTS * self._n_bytes


# --- packed files ------------------------------------------------------------------------------------------------------
def _gzip(file: BinaryIO) -> Any:
    return gzip.GzipFile(fileobj=file, mode="rb")


def _zstd(file: BinaryIO) -> Any:
    return _zstd_library().ZstdFile(file, "rb")


def _zstd_library() -> Any:
    try:
        from compression import zstd  # type: ignore[import-not-found]  # Python 3.14
    except ImportError:
        from backports import zstd
    return zstd


SKIPPABLE = [bytes([low]) + b"\x2a\x4d\x18" for low in range(0x50, 0x60)]  # how a frame of zstd begins that holds no data
_UNPACKING: dict[bytes, Callable[[BinaryIO], Any]] = {GZIP: _gzip, ZSTD: _zstd, **dict.fromkeys(SKIPPABLE, _zstd)}


class _Counted(io.RawIOBase):
    """Unpacks up to a limit."""

    def __init__(self, unpack: Callable[[BinaryIO], Any], file: BinaryIO) -> None:
        super().__init__()
        self._file, self._n_bytes = file, 0
        self._unpacked = unpack(file)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            n_bytes: int = self._unpacked.readinto(buffer)
        except (OSError, EOFError, zlib.error, ValueError, _zstd_library().ZstdError):
            remedy = _("pack it again, or give the unpacked file")
            raise CannotUnpackError(_("packed and damaged"), remedy) from None
        self._n_bytes += n_bytes
        if self._n_bytes > MOST_UNPACKED:
            remedy = _("a packed file may hold at most %(most)s bytes: unpack it, and split it or import it by manage.py")
            remedy = remedy % {"most": grouped(MOST_UNPACKED)}
            raise CannotUnpackError(_("too large when unpacked"), remedy, is_too_large=True)
        return n_bytes

    def close(self) -> None:
        self._unpacked.close()
        self._file.close()
        super().close()
