"""Expressions that are compiled when they are first used."""

import gc
import importlib
import pkgutil
import re

import pytest

import arena
import judges
from arena.lazy_patterns import LazyPattern


def test_it_finds_what_the_compiled_expression_finds():
    lazy, eager, text = LazyPattern(r"([ab])(\d)", re.I), re.compile(r"([ab])(\d)", re.I), "A1, b2 and c3"
    assert lazy.search(text).span() == eager.search(text).span()
    assert lazy.search(text, 2).span() == eager.search(text, 2).span()
    assert lazy.match(text)[0] == "A1"
    assert lazy.match(text, 1) is None
    assert lazy.fullmatch("B2").groups() == ("B", "2")
    assert lazy.fullmatch(text) is None
    assert [found[0] for found in lazy.finditer(text)] == ["A1", "b2"]
    assert lazy.findall(text) == eager.findall(text)
    assert lazy.split(text) == eager.split(text)
    assert lazy.sub("-", text, count=1) == "-, b2 and c3"


def test_it_compiles_once_and_not_before_its_first_use():
    lazy = LazyPattern("a(")
    with pytest.raises(re.error):
        lazy.search("a")
    good = LazyPattern("a+")
    assert not {"compiled", "search"} & set(vars(good))
    assert good.search("caab")[0] == "aa"
    assert good.compiled is good.compiled


def test_every_expression_of_the_site_compiles():
    for package in (arena, judges):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.startswith(("judges.replies", "judges.safeguards", "arena.llm", "arena.texts")):
                importlib.import_module(module.name)
    gc.unfreeze()  # what a run of tests froze is not listed
    patterns = [each for each in gc.get_objects() if type(each) is LazyPattern and each.pattern != "a("]
    assert len(patterns) > 200
    for each in patterns:
        assert each.compiled.pattern == each.pattern
