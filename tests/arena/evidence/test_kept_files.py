"""What is kept beside the database is what was written for this arena, or nothing."""

import os
import random
import shutil

import numpy as np
import pytest

from arena.evidence.kept_files import forget, form_of, keep_arrays, kept_arrays, kept_file

FORM = form_of(1, ["a", "b"])
ARRAYS = {
    "notes": np.array([7, 3], dtype=np.int64),
    "cells": np.arange(40, dtype=np.int64),
    "points": np.linspace(0, 1, 12).reshape(3, 4),
    "nothing": np.zeros(0, dtype=np.int8),
}


@pytest.fixture
def kept(settings):
    keep_arrays(1, FORM, ARRAYS)
    return kept_file(1)


def is_whole(arrays):
    return arrays.keys() == ARRAYS.keys() and all(
        np.array_equal(arrays[name], array) and arrays[name].dtype == array.dtype for name, array in ARRAYS.items()
    )


def test_what_was_kept_comes_back(kept):
    assert is_whole(kept_arrays(1, FORM))
    assert kept.stat().st_mode & 0o777 == 0o600


def test_whichever_bit_is_flipped_it_is_read_as_it_was_or_not_at_all(kept):
    whole, rng = kept.read_bytes(), random.Random(3)
    n_refused = 0
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << rng.randrange(8)
        kept.write_bytes(damaged)
        found = kept_arrays(1, FORM)
        n_refused += found is None
        assert found is None or is_whole(found), place
    assert n_refused > len(whole) / 2


def test_a_smaller_shape_in_a_header_is_refused(kept):
    whole = kept.read_bytes()
    assert b"'shape': (40,)" in whole
    kept.write_bytes(whole.replace(b"'shape': (40,)", b"'shape': (20,)"))
    assert kept_arrays(1, FORM) is None


def test_the_file_of_another_arena_form_or_kind_is_refused(kept):
    for other in (kept_file(2), kept_file(1, "games")):
        shutil.copy(kept, other)
    assert kept_arrays(2, FORM) is None
    assert kept_arrays(1, form_of(2, ["a", "b"])) is None
    assert kept_arrays(1, form_of(1, ["b", "a"])) is None
    keep_arrays(1, FORM, {"notes": ARRAYS["notes"]}, kind="games")
    assert kept_arrays(1, FORM, kind="games").keys() == {"notes"}


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink(path, path)])
def test_what_is_no_file_is_not_waited_for(kept, make):
    kept.unlink()
    make(kept)
    assert kept_arrays(1, FORM) is None


def test_an_arenas_files_go_with_it_and_others_stay(kept):
    for arena, kind in ((1, "games"), (11, ""), (11, "games")):
        keep_arrays(arena, FORM, ARRAYS, kind=kind)
    (kept.parent / ".1.npz.x.tmp").write_text("half")
    forget(1)
    assert {path.name for path in kept.parent.iterdir()} == {"11.npz", "11-games.npz"}
