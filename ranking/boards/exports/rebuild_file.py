"""`rebuild.py`: one file that makes a board again with numpy and scipy alone.

It holds this project's own source of the fit, whole modules under their own names as `code_version.SourceTree` finds them, a
loader that imports them from there, and no other code: what it computes is what the site computes.
"""

import re
from functools import cache
from pathlib import Path

from ranking.boards.code_version import SourceTree, code_version

BEGIN = "ranking.boards.exports.rebuilding"

HEAD = '''"""Makes the board of snapshot {key} again, and compares. It takes Python 3.12 or newer, numpy and scipy.

Beside this file belong two others, of the same site: /api/v1/snapshots/{key}/comparisons.csv, and the snapshot itself,
/api/v1/snapshots/{key}/?format=json, saved as board.json. Then: python rebuild.py > board.csv

The source below is Agon's own, version {code}. The snapshot was made by {made_by}.
"""

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec

if sys.version_info < (3, 12):
    sys.exit("rebuild.py needs Python 3.12 or newer; this is " + sys.version.split()[0])

PACKAGES = {packages}
SOURCES = {{}}


class FromThisFile(MetaPathFinder, Loader):
    """Imports the modules whose source stands below."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname in SOURCES or fullname in PACKAGES:
            return ModuleSpec(fullname, self, is_package=fullname in PACKAGES)
        return None

    def exec_module(self, module):
        exec(compile(SOURCES.get(module.__name__, ""), module.__name__, "exec"), module.__dict__)

'''

TAIL = f"""
sys.meta_path.insert(0, FromThisFile())

if __name__ == "__main__":
    from {BEGIN} import main

    sys.exit(main(sys.argv[1:]))
"""


def source_for(key: str, made_by: str) -> str:
    """The file for one snapshot: its key, and the version of the code that made it."""
    packages, sources = _sources()
    made_by = made_by if re.fullmatch(r"[\w.+-]+", made_by) else "another version"  # a text of the database, inside a program
    return HEAD.format(key=key, code=code_version(), made_by=made_by, packages=packages) + sources + TAIL


@cache
def _sources() -> tuple[str, str]:
    """The names of packages as a literal, and an assignment a module."""
    tree = SourceTree(Path(__file__).resolve().parents[3])
    modules = sorted(tree.needed_by(BEGIN))
    packages = sorted({module.rsplit(".", n)[0] for module in modules for n in range(1, module.count(".") + 1)})
    doors = {package: tree.front_door(package, modules) for package in packages}
    texts = {package: text for package, text in doors.items() if text} | {module: tree.text(module) for module in modules}
    return repr(packages), "".join(f"\nSOURCES[{module!r}] = {_literal(text)}\n" for module, text in sorted(texts.items()))


def _literal(text: str) -> str:
    """As it stands, where that can be."""
    return repr(text) if "'''" in text or text.endswith(("\\", "'")) else f"r'''{text}'''"
