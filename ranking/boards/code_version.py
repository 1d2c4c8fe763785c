"""Which code made a snapshot: the release, and a fingerprint of the sources that its numbers come from.

The sources are those that `ranking.boards.publishing` imports, directly or not, as far as they are this project's: found in the
syntax trees, so that nobody has to keep a list. A name that comes through a package's front door (`maths.Fit`) counts as the
module that it is defined in. Models are left out: what they store is checked by migrations. Comments, docstrings and layout
change no number, and no fingerprint either.
"""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

from arena import VERSION

BEGIN = "ranking.boards.publishing"
ROOMS = ("arena", "judges", "ranking")
LEFT_OUT = ("arena.models", "judges.models", "ranking.models")


@cache
def code_version() -> str:
    """Such as ``0.1.0+fb59915c1f8a``."""
    return f"{VERSION}+{SourceTree(Path(__file__).resolve().parents[2]).fingerprint()}"


class SourceTree:
    """The project's modules below a folder, and which of them a snapshot's numbers come from."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._trees: dict[Path, ast.Module] = {}

    def fingerprint(self) -> str:
        """12 hexadecimal digits."""
        digest = sha256()
        for module in sorted(self.of_snapshots()):
            path = self._path(module)
            if path is not None:
                digest.update(f"{module}\n{_meaning(path)}\n".encode())
        return digest.hexdigest()[:12]

    def of_snapshots(self) -> set[str]:
        """The names of the modules whose change may change numbers."""
        found: set[str] = set()
        waiting = [BEGIN]
        while waiting:
            module = waiting.pop()
            if module not in found and not any(module == name or module.startswith(f"{name}.") for name in LEFT_OUT):
                found.add(module)
                waiting += self._imported(module)
        return found

    def _imported(self, module: str) -> Iterator[str]:
        """The modules of the project that one imports, also inside functions."""
        tree = self._tree(module)
        packages: dict[str, str] = {}  # by the name that they have in this module
        for node in ast.walk(tree):
            for package, name, alias in _names(node):
                where = f"{package}.{name}" if name else package
                if self._is_package(where):
                    packages[alias] = where
                else:
                    yield self._origin(package, name) if name else where
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in packages:
                yield self._origin(packages[node.value.id], node.attr)

    def _origin(self, package: str, name: str) -> str:
        """The module that a name of a package or module comes from."""
        if self._path(f"{package}.{name}"):
            return f"{package}.{name}"
        if self._is_package(package):
            for node in self._tree(package).body:
                for where, original, alias in _names(node):
                    if alias == name and original and where != package:
                        return self._origin(where, original)
        return package

    def _is_package(self, module: str) -> bool:
        path = self._path(module)
        return path is not None and path.name == "__init__.py"

    def _path(self, module: str) -> Path | None:
        place = self._root.joinpath(*module.split("."))
        return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)

    def _tree(self, module: str) -> ast.Module:
        path = self._path(module)
        if path is None:
            return ast.Module([], [])
        if path not in self._trees:
            self._trees[path] = ast.parse(path.read_bytes())
        return self._trees[path]


def _names(node: ast.AST) -> Iterable[tuple[str, str, str]]:
    """(module, name in it or "", name here) of one import statement from this project's rooms."""
    if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in ROOMS:
        return [(node.module, each.name, each.asname or each.name) for each in node.names]
    if isinstance(node, ast.Import):
        return [(each.name, "", each.asname or each.name) for each in node.names if each.name.partition(".")[0] in ROOMS]
    return []


def _meaning(path: Path) -> str:
    """The syntax tree without docstrings, in which comments and layout do not show."""
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node):
            del node.body[0]
    return ast.dump(tree)
