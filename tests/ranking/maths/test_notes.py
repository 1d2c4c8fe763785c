"""Notes: sentences with a code, which programs go by."""

import json
import pickle

import numpy as np

from ranking.maths import notes
from ranking.maths.notes import Note, code_of, noted, parameters_of, text_of


def test_a_note_keeps_its_code_and_parameters_when_it_is_pickled():
    note = pickle.loads(pickle.dumps(noted("bonferroni", n=3)))
    assert (note.code, note.parameters) == ("bonferroni", {"n": 3})
    assert note == noted("bonferroni", n=3)


def test_a_sentence_without_a_code_has_none_of_it():
    assert (code_of("a sentence"), parameters_of("a sentence"), text_of("a sentence")) == ("", None, None)
    assert text_of(noted("bonferroni", n=3)) is not None
    assert parameters_of(Note("x", "")) is None


def test_parameters_are_such_as_json_holds():
    inner = noted("bonferroni", n=2)
    given = {
        "n": np.int64(4),
        "x": np.float64(0.5),
        "all": [np.int32(1), (inner,)],
        "by": {"a": inner, "b": Note("else", "no")},
    }
    plain = notes._plain(given, notes.OF_THE_LIBRARY)
    assert json.loads(json.dumps(plain)) == plain
    assert plain["by"] == {"a": {"code": "bonferroni", "parameters": {"n": 2}}, "b": "else"}
