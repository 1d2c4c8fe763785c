"""The code version of a snapshot: the release, and a fingerprint of the sources of its numbers.

The sources are those that `ranking.boards.publishing` imports, directly or not, as far as they are this project's: found in the
syntax trees, so that nobody has to keep a list. A name that comes through a package's front door (`maths.Fit`) counts as the
module that it is defined in. Models are left out: what they store is checked by migrations. Comments, docstrings and layout
change no number, and no fingerprint either; another Python may.
"""

import ast
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from threading import Lock
from types import CodeType
from typing import Protocol

from arena import VERSION

BEGIN = "ranking.boards.publishing"
ROOMS = ("arena", "judges", "ranking")
LEFT_OUT = ("arena.models", "judges.models", "ranking.models")

type Imported = tuple[str, str, str]


class Digest(Protocol):
    """As `hashlib` makes them."""

    def update(self, data: bytes, /) -> None: ...


_one_reading = Lock()  # it takes more than a second: the first fits of a worker wait for one of them


def code_version() -> str:
    """Such as ``0.1.0+fb59915c1f8a``."""
    with _one_reading:
        return _code_version()


@cache
def _code_version() -> str:
    return f"{VERSION}+{SourceTree(Path(__file__).resolve().parents[2]).fingerprint()}"


@dataclass(frozen=True, slots=True)
class ModuleSource:
    """Imports and definitions of one module, read from its text.

    Attributes
    ----------
    imports : (module, name in it or "", name here) of what it imports from this project's rooms, also inside functions
    on_top : those of `imports` that stand at the top of the module
    attributes : (name, attribute) wherever one is read of the other
    meaning : a digest of what is executed
    """

    imports: tuple[Imported, ...] = ()
    on_top: tuple[Imported, ...] = ()
    attributes: frozenset[tuple[str, str]] = frozenset()
    meaning: str = ""


class SourceTree:
    """The project's modules below a folder, and which of them a snapshot's numbers come from."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def fingerprint(self) -> str:
        """12 hexadecimal digits."""
        digest = sha256()
        for module in sorted(self.of_snapshots()):
            if self._path(module) is not None:
                digest.update(f"{module}\n{self._source(module).meaning}\n".encode())
        return digest.hexdigest()[:12]

    def of_snapshots(self) -> set[str]:
        """The names of the modules whose change may change numbers."""
        return self.needed_by(BEGIN)

    def needed_by(self, begin: str) -> set[str]:
        """The names of a module and of all that it imports, directly or not; a package's front door is none of them."""
        modules: set[str] = set()
        waiting = [begin]
        while waiting:
            module = waiting.pop()
            if module not in modules and not any(module == name or module.startswith(f"{name}.") for name in LEFT_OUT):
                modules.add(module)
                waiting += self._imported(module)
        return modules

    def text(self, module: str) -> str:
        """Its source."""
        path = self._path(module)
        if path is None:
            raise KeyError(module)
        return path.read_text(encoding="utf-8")

    def front_door(self, package: str, modules: Collection[str]) -> str:
        """What a package's own source imports from these modules, as a source."""
        names = [one for one in self._source(package).on_top if one[0] in modules]
        return "".join(f"from {module} import {name} as {alias}\n" for module, name, alias in names if name)

    def _imported(self, module: str) -> Iterator[str]:
        """The modules of the project that one imports."""
        source = self._source(module)
        packages: dict[str, str] = {}  # by the name that they have in this module
        for package, name, alias in source.imports:
            where = f"{package}.{name}" if name else package
            if self._is_package(where):
                packages[alias] = where
            else:
                yield self._origin(package, name) if name else where
        for name, attribute in source.attributes:
            if name in packages:
                yield self._origin(packages[name], attribute)

    def _origin(self, package: str, name: str) -> str:
        """The module that a name of a package or module comes from."""
        if self._path(f"{package}.{name}"):
            return f"{package}.{name}"
        if self._is_package(package):
            for where, original, alias in self._source(package).on_top:
                if alias == name and original and where != package:
                    return self._origin(where, original)
        return package

    def _is_package(self, module: str) -> bool:
        path = self._path(module)
        return path is not None and path.name == "__init__.py"

    def _path(self, module: str) -> Path | None:
        place = self._root.joinpath(*module.split("."))
        return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)

    def _source(self, module: str) -> ModuleSource:
        path = self._path(module)
        return ModuleSource() if path is None else _read(path.read_bytes())


@lru_cache(maxsize=512)
def _read(text: bytes) -> ModuleSource:
    tree = ast.parse(text)
    on_top = tuple(one for node in tree.body for one in _names(node))
    imports: list[Imported] = []
    attributes = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            if isinstance(node.value, ast.Name):
                attributes.add((node.value.id, node.attr))
        else:
            imports += _names(node)
    digest = sha256()
    _add_meaning(digest, compile(tree, "", "exec", dont_inherit=True, optimize=2))
    return ModuleSource(tuple(imports), on_top, frozenset(attributes), digest.hexdigest())


def _names(node: ast.AST) -> Iterable[Imported]:
    """What an import statement takes from this project's rooms."""
    if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in ROOMS:
        return [(node.module, each.name, each.asname or each.name) for each in node.names]
    if isinstance(node, ast.Import):
        return [(each.name, "", each.asname or each.name) for each in node.names if each.name.partition(".")[0] in ROOMS]
    return []


def _add_meaning(digest: "Digest", code: CodeType) -> None:
    """The executed code: docstrings are dropped by optimisation, and line numbers are not kept."""
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    names = (code.co_name, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    digest.update(repr((counts, names, code.co_code, code.co_exceptiontable)).encode())
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            _add_meaning(digest, constant)
        else:
            digest.update(repr(sorted(map(repr, constant)) if isinstance(constant, frozenset) else constant).encode())
