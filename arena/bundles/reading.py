"""A zip from anywhere -> its members, line by line: nothing is unpacked to the disk, nor more than the manifest says."""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from arena.bundles.kinds import BundleKind, all_kinds
from arena.bundles.manifest import MANIFEST, BundleManifest, BundleRefused, MemberEntry, read_manifest
from arena.importing.files.json_objects import KeyTwiceError, with_keys_once
from arena.importing.files.looks import GZIP

MOST_UNPACKED = 64 * 1024**3  # of all members together
MOST_TIMES = 1_000  # what a packed member may grow to; the same row again and again reaches 100
LONGEST_LINE = 64 * 1024**2
LARGEST_MANIFEST = 4 * 1024**2
MOST_ROWS = 2**31 - 1
BLOCK = 1024**2


@dataclass(frozen=True)
class OpenBundle:
    """One whose manifest and list of members are in order; its lines are not looked at yet."""

    file: zipfile.ZipFile
    manifest: BundleManifest

    def rows(self, kind: BundleKind) -> int:
        return self.manifest.members[f"{kind.member}.jsonl"].rows

    def lines(self, kind: BundleKind) -> Iterator[bytes]:
        """All lines of a member, with their hash and count checked at the end."""
        name = f"{kind.member}.jsonl"
        entry = self.manifest.members[name]
        digest, n_bytes, n_lines = hashlib.sha256(), 0, 0
        try:
            with self.file.open(name) as member:
                while line := member.readline(LONGEST_LINE + 1):
                    n_lines, n_bytes = n_lines + 1, n_bytes + len(line)
                    _check_line(name, n_lines, line, n_bytes, entry)
                    digest.update(line)
                    yield line
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
            raise BundleRefused(f"{name}, line {n_lines + 1}: the file is damaged") from error
        if (n_lines, n_bytes, digest.hexdigest()) != (entry.rows, entry.bytes, entry.sha256):
            raise BundleRefused(f"{name} is not what the manifest says: the file is damaged, or was changed")


def _check_line(name: str, number: int, line: bytes, n_bytes: int, entry: MemberEntry) -> None:
    if len(line) > LONGEST_LINE:
        raise BundleRefused(f"{name}, line {number}: it has more than the {LONGEST_LINE:,} bytes that are allowed")
    if n_bytes > entry.bytes or number > entry.rows:
        raise BundleRefused(f"{name}, line {number}: there is more than the manifest says: the file was changed")


def read_line(name: str, number: int, line: bytes) -> dict[str, Any]:
    """The object on a line; raises BundleRefused."""
    try:
        values = json.loads(line.decode(), object_pairs_hook=with_keys_once, parse_constant=_no_number)
    except RecursionError:
        raise BundleRefused(f"{name}, line {number}: too many brackets within brackets") from None
    except UnicodeDecodeError:
        raise BundleRefused(f"{name}, line {number}: it is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise BundleRefused(f"{name}, line {number}: it is no JSON, from its character {error.colno} on") from None
    except KeyTwiceError as error:
        raise BundleRefused(f"{name}, line {number}: {error}") from None
    except ValueError:  # NaN, or an integer of thousands of digits
        raise BundleRefused(f"{name}, line {number}: it is no JSON: it has a number that JSON has not") from None
    if not isinstance(values, dict):
        raise BundleRefused(f"{name}, line {number}: it is no JSON object")
    return values


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number")


def open_bundle(source: Path | IO[bytes]) -> OpenBundle:
    """Raises BundleRefused. The caller closes its `file`."""
    try:
        file = zipfile.ZipFile(source)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        if _is_packed_by_gzip(source):
            raise BundleRefused("the file is no zip but packed by gzip, as backups are: `restore` reads those") from error
        raise BundleRefused("the file is no zip, or it was cut off: choose one that `export --all` made") from error
    try:
        manifest = read_manifest(_manifest_of(file))
        _check_members(file, manifest)
    except BaseException:
        file.close()
        raise
    return OpenBundle(file, manifest)


def _is_packed_by_gzip(source: Path | IO[bytes]) -> bool:
    try:
        if isinstance(source, Path):
            with source.open("rb") as file:
                return file.read(len(GZIP)) == GZIP
        source.seek(0)
        return source.read(len(GZIP)) == GZIP
    except OSError:
        return False


def _manifest_of(file: zipfile.ZipFile) -> bytes:
    try:
        with file.open(MANIFEST) as member:
            written = member.read(LARGEST_MANIFEST + 1)
    except KeyError:
        raise BundleRefused(f"the file holds no arena: it has no {MANIFEST}") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise BundleRefused(f"{MANIFEST}: the file is damaged") from error
    if len(written) > LARGEST_MANIFEST:
        raise BundleRefused(f"{MANIFEST} has more than the {LARGEST_MANIFEST:,} bytes that are allowed")
    return written


def _check_members(file: zipfile.ZipFile, manifest: BundleManifest) -> None:
    """Each member once, by a name that is known: so no path leads anywhere."""
    wanted = {f"{kind.member}.jsonl" for kind in all_kinds()}
    names = [info.filename for info in file.infolist()]
    for name in names:
        if name not in wanted | {MANIFEST}:
            raise BundleRefused(f"{ascii(name)[:120]} is no member of an arena's zip: the file was changed")
        if names.count(name) > 1:
            raise BundleRefused(f"{name} is there twice: the file was changed")
    for name in sorted(wanted):
        if name not in names or name not in manifest.members:
            raise BundleRefused(f"{name} is missing: the file is damaged, or of another version of Agon")
    if unknown := sorted(set(manifest.members) - wanted):
        raise BundleRefused(f"{MANIFEST} names {ascii(unknown[0])[:120]}, which this Agon does not know")
    _check_sizes(file, manifest)


def _check_sizes(file: zipfile.ZipFile, manifest: BundleManifest) -> None:
    total = sum(entry.bytes for entry in manifest.members.values())
    if total > MOST_UNPACKED:
        raise BundleRefused(f"unpacked, the file has {total:,} bytes; at most {MOST_UNPACKED:,} are allowed")
    for name, entry in manifest.members.items():
        info = file.getinfo(name)
        if not 0 <= entry.rows <= MOST_ROWS or entry.bytes < 0 or info.file_size != entry.bytes:
            raise BundleRefused(f"{name} has {info.file_size:,} bytes, and the manifest says {entry.bytes:,}: it was changed")
        if entry.bytes > BLOCK and entry.bytes > MOST_TIMES * max(info.compress_size, 1):
            raise BundleRefused(f"{name} grows more than {MOST_TIMES:,} times when it is unpacked: that is not taken")
