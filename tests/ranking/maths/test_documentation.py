"""Every public function says what it computes, of what, from which source, and shows it."""

import inspect
import re

import pytest

from ranking import maths

FUNCTIONS = [name for name in maths.__all__ if inspect.isfunction(getattr(maths, name))]
RESULTS = [name for name in maths.__all__ if inspect.isclass(getattr(maths, name))]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_parameters_errors_source_and_example(name):
    function = getattr(maths, name)
    text = inspect.getdoc(function) or ""
    takes = [parameter for parameter in inspect.signature(function).parameters if parameter not in ("self",)]
    missing = [part for part in ("Parameters", "References", "Examples") if f"\n{part}\n---" not in text]
    if not takes:
        missing = [part for part in missing if part != "Parameters"]
    assert not missing
    assert ">>> " in text
    undocumented = [parameter for parameter in takes if parameter not in text]
    assert not undocumented


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_says_what_it_holds(name):
    assert len(inspect.getdoc(getattr(maths, name)) or "") > 40


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_raises_says_so(name):
    source = inspect.getsource(getattr(maths, name))
    if "raise ValueError" in source or "checked_level" in source:
        assert "\nRaises\n---" in (inspect.getdoc(getattr(maths, name)) or "")


def test_the_table_of_contents_names_everything_public_and_every_folder():
    text = inspect.getdoc(maths) or ""
    words = set(re.findall(r"\w+", text[text.index("Contents\n---") : text.index("Examples\n---")]))
    assert set(maths.__all__) - words == set()
    folders = {getattr(maths, name).__module__.split(".")[2] for name in FUNCTIONS + RESULTS}
    assert {folder for folder in folders if f"\n{folder}: " not in text} == set()
