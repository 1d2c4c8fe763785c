"""One name, one thing: no two classes of the project are called the same."""

import ast
from collections import defaultdict

from tests.test_architecture import ROOT, SOURCES

BY_DJANGO = {"Command"}  # what a management command is called is Django's choice


def test_no_class_name_stands_for_two_things():
    where = defaultdict(list)
    for path in SOURCES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and node.name not in BY_DJANGO:
                where[node.name].append(str(path.relative_to(ROOT)))
    assert not {name: paths for name, paths in where.items() if len(paths) > 1}
