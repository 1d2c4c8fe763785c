"""The running tally: the same counts whatever the way they came together, on disk whole or not at all."""

import contextlib
import os
from collections import Counter

import numpy as np
import pytest
from hypothesis import strategies as st

from ranking.maths import Tally, TallyFileError, fit_bradley_terry
from ranking.maths.data.packing import Packing
from tests.ranking.maths.making import law, simulated

ROWS = st.lists(
    st.tuples(st.integers(-1, 4), st.integers(0, 4), st.integers(1, 4), st.integers(0, 3)).map(
        lambda row: (row[0], 10 + row[1], 10 + (row[1] + row[2]) % 5, row[3])
    ),
    max_size=40,
)


def columns(rows):
    return tuple(np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)) if rows else ([], [], [], [])


def tally_of(rows):
    return Tally.from_arrays(*columns(rows))


def turned(row):
    prompt, a, b, outcome = row
    return (prompt, b, a, (1, 0, 2, 3)[outcome])


def counted(tally):
    c = tally.cells()
    keys = zip(c.prompt.tolist(), c.a.tolist(), c.b.tolist(), c.outcome.tolist(), strict=True)
    return dict(zip(keys, c.count.tolist(), strict=True))


@law(ROWS)
def test_cells_are_the_counts_by_prompt_pair_and_outcome_in_order(rows):
    expected = Counter(row if row[1] < row[2] else turned(row) for row in rows)
    found = counted(tally_of(rows))
    assert found == expected
    assert list(found) == sorted(expected)
    assert tally_of(rows).n_comparisons == len(rows)


@law(ROWS, ROWS)
def test_in_two_steps_or_in_one_the_digest_is_the_same(rows, more):
    assert tally_of(rows).updated(*columns(more)).digest() == tally_of(rows + more).digest()


@law(ROWS, ROWS)
def test_taking_back_restores_the_digest(rows, more):
    there = tally_of(rows).updated(*columns(more))
    back = there.updated(*columns(more), -1)
    assert back.digest() == tally_of(rows).digest()
    assert len(back) == len(tally_of(rows))


@law(ROWS, ROWS)
def test_prompts_and_competitors_are_those_of_the_cells_that_are_left(rows, more):
    tally = tally_of(rows).updated(*columns(more)).updated(*columns(more), -1)
    cells = tally.cells()
    assert tally.prompts.tolist() == np.unique(cells.prompt).tolist()
    assert tally.competitors.tolist() == np.union1d(cells.a, cells.b).tolist()
    assert tally.cells_by_prompt.sum() == len(tally)


@pytest.mark.parametrize("few", [0, 10_000])
def test_new_cells_come_in_order_however_they_are_inserted(few, monkeypatch):
    monkeypatch.setattr("ranking.maths.data.packing.FEW", few)
    first, second = (
        [(1, 10, 11, 0), (5, 10, 12, 1)],
        [(0, 11, 12, 2), (5, 10, 11, 0), (5, 10, 11, 1), (5, 10, 12, 1), (9, 10, 11, 3)],
    )
    found = counted(tally_of(first).updated(*columns(second)))
    assert found == Counter(first + second)
    assert list(found) == sorted(found)


@law(ROWS)
def test_the_side_and_the_order_of_rows_do_not_matter(rows):
    assert tally_of([turned(row) for row in reversed(rows)]).digest() == tally_of(rows).digest()


def test_different_counts_have_different_digests():
    one, two = tally_of([(1, 10, 11, 0)]), tally_of([(1, 10, 11, 1)])
    assert len({Tally.empty().digest(), one.digest(), two.digest(), one.updated([1], [10], [11], [0]).digest()}) == 4


def test_chunks_change_nothing(monkeypatch):
    rows = [(i % 7, 10 + i % 3, 13 + i % 5, i % 4) for i in range(200)]
    whole = tally_of(rows)
    monkeypatch.setattr("ranking.maths.data.arrays.CHUNK_ROWS", 9)
    assert counted(tally_of(rows)) == counted(whole)
    assert tally_of(rows).digest() == whole.digest()


def test_an_update_leaves_the_old_tally_as_it_was():
    old = tally_of([(1, 10, 11, 0)])
    digest = old.digest()
    old.updated([1, 9], [10, 5], [11, 6], [0, 0])
    assert old.digest() == digest


def test_more_taken_back_than_counted_raises_with_the_ids():
    with pytest.raises(ValueError, match=r"prompt 7, competitors 10 and 11, outcome 'b': 1 more taken back"):
        tally_of([(7, 10, 11, 1)]).updated([7, 7], [10, 11], [11, 10], [1, 0], [-1, -1])


def test_a_move_from_one_outcome_to_another_in_one_update():
    moved = tally_of([(7, 10, 11, 1)]).updated([7, 7], [10, 10], [11, 11], [1, 2], [-1, 1])
    assert counted(moved) == {(7, 10, 11, 2): 1}


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (([1], [10], [10], [0]), "row 0 compares competitor 10 with itself"),
        (([1], [10], [11], [4]), r"outcome\[0\] is 4: allowed are 0 to 3, for a, b, tie, both_bad"),
        (([1], [10], [11], [-1]), r"outcome\[0\] is -1"),
        (([1, 2], [10], [11], [0]), "must be columns of one length"),
        ((1, 10, 11, 0), "must be columns of one length"),
        (([1.5], [10], [11], [0]), "prompt_ids has type float64: whole numbers"),
        (([1], [10], [11], [0], [0.5]), "weight has type float64: whole numbers"),
    ],
)
def test_bad_rows_are_refused(arrays, message):
    with pytest.raises(ValueError, match=message):
        Tally.from_arrays(*arrays)


def test_ids_may_be_any_int64():
    rows = [(2**62, -(2**62), 2**61, 0), (-5, 3, -(2**62), 1)]
    assert counted(tally_of(rows)) == {(-5, -(2**62), 3, 0): 1, (2**62, -(2**62), 2**61, 0): 1}


def test_more_ids_than_keys_can_hold_raise():
    # 2**40 * 2**12 * 2**12 * 4 keys = 2**66; broadcast, so that the ids take no memory.
    none, many = np.arange(0), np.broadcast_to(np.int64(0), (2**40,))
    with pytest.raises(ValueError, match="1099511627776 prompts and 4096 competitors are more than one tally can hold"):
        Packing(many, many[: 2**12]).widened(none, none)


def test_comparisons_keep_the_order_of_the_names():
    c = tally_of([(5, 30, 10, 0), (6, 20, 10, 2)]).comparisons({30: "z", 10: "x", 99: "never met", 20: "y"})
    assert c.names == ("z", "x", "never met", "y")
    assert (c.a.tolist(), c.b.tolist(), c.outcome.tolist()) == ([1, 1], [0, 3], [1, 2])
    assert c.weight.tolist() == [1, 1]
    assert len(set(c.prompt.tolist())) == 2


def test_unknown_prompts_stay_unknown():
    c = tally_of([(-1, 10, 11, 0), (-1, 10, 11, 0), (4, 10, 11, 0)]).comparisons({10: "x", 11: "y"})
    assert c.prompt.tolist() == [-1, 1]
    assert c.weight.tolist() == [2, 1]


@pytest.mark.parametrize("names", [{10: "x"}, {11: "y"}, {}])
def test_a_competitor_without_a_name_is_refused(names):
    with pytest.raises(ValueError, match=r"competitor 1[01] has comparisons but no name"):
        tally_of([(1, 10, 11, 0)]).comparisons(names)


def test_a_fit_from_a_tally_is_the_fit_from_the_rows():
    c = simulated(np.linspace(1, -1, 6), n=5_000, n_prompts=80, rng=np.random.default_rng(1), tie_rate=0.2)
    kept = Tally.from_arrays(c.prompt + 1000, c.a + 50, c.b + 50, c.outcome)
    names = {code + 50: name for code, name in enumerate(c.names)}
    one, two = fit_bradley_terry(c), fit_bradley_terry(kept.comparisons(names))
    assert one.ratings == pytest.approx(two.ratings, abs=1e-12)
    assert one.covariance("prompt") == pytest.approx(two.covariance("prompt"))


@law(ROWS)
def test_a_saved_tally_comes_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("tally") / "board.npz"
    tally_of(rows).save(path)
    assert counted(Tally.load(path)) == counted(tally_of(rows))
    assert os.listdir(path.parent) == ["board.npz"]


def test_a_save_that_dies_leaves_the_old_file_and_no_rubbish(tmp_path, monkeypatch):
    path = tmp_path / "board.npz"
    tally_of([(1, 10, 11, 0)]).save(path)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", dies)
    with pytest.raises(KeyboardInterrupt):
        tally_of([(2, 10, 11, 0)]).save(path)
    assert counted(Tally.load(path)) == {(1, 10, 11, 0): 1}
    assert os.listdir(tmp_path) == ["board.npz"]


def test_a_missing_file_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        Tally.load(tmp_path / "none.npz")


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "board.npz"
    tally_of([(p, 10, 11 + p % 2, p % 4) for p in range(9)]).save(path)
    return path


def test_a_file_cut_short_anywhere_raises(saved):
    whole = saved.read_bytes()
    for length in range(0, len(whole), 7):
        saved.write_bytes(whole[:length])
        with pytest.raises(TallyFileError, match="delete it and count again"):
            Tally.load(saved)


def test_a_flipped_bit_raises_or_changes_nothing(saved):
    whole, digest = saved.read_bytes(), Tally.load(saved).digest()
    for place in range(len(whole)):
        saved.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        with contextlib.suppress(TallyFileError):
            assert Tally.load(saved).digest() == digest


def test_a_file_of_something_else_raises(tmp_path):
    for name, content in (("a.npz", b""), ("b.npz", b"not a tally"), ("c.npz", np.lib.format.magic(1, 0))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(TallyFileError):
            Tally.load(tmp_path / name)
    np.save(tmp_path / "d.npy", np.arange(3))
    with pytest.raises(TallyFileError):
        Tally.load(tmp_path / "d.npy")


def test_a_file_whose_counts_were_changed_by_hand_raises(saved):
    with np.load(saved) as file:
        columns = dict(file)
    np.savez(saved, **columns | {"counts": columns["counts"] + 1})
    with pytest.raises(TallyFileError, match="does not match its own digest"):
        Tally.load(saved)
    np.savez(saved, **columns | {"keys": columns["keys"] + 10**6})
    with pytest.raises(TallyFileError, match="is not a readable tally"):
        Tally.load(saved)


NAMES = {1: "x", 2: "y", 3: "z"}


def pairs(tally):
    c = tally.by_pair(NAMES)
    return sorted(zip(c.a.tolist(), c.b.tolist(), c.outcome.tolist(), c.weight.tolist(), strict=True))


def test_pairs_are_counted_whatever_the_prompt():
    tally = Tally.from_arrays([7, 8, 8, -1], [1, 1, 2, 3], [2, 2, 1, 2], [0, 0, 0, 2])
    assert pairs(tally) == [(0, 1, 0, 2.0), (0, 1, 1, 1.0), (1, 2, 2, 1.0)]
    assert tally.by_pair(NAMES).prompt is None


def test_counts_of_pairs_are_carried_on_as_comparisons_come_and_go():
    tally = Tally.from_arrays([7, 8], [1, 1], [2, 2], [0, 0])
    pairs(tally)
    tally = tally.updated([7, 9, 9], [1, 2, 1], [2, 1, 2], [0, 3, 0], [-1, 1, 1])
    assert tally.pair_counts is not None
    assert pairs(tally) == pairs(Tally(tally.packing, tally.keys, tally.counts)) == [(0, 1, 0, 2.0), (0, 1, 3, 1.0)]


def test_a_newcomer_among_the_competitors_has_the_pairs_counted_anew():
    tally = Tally.from_arrays([7, 8], [1, 1], [3, 3], [0, 0])
    pairs(tally)
    tally = tally.updated([7], [2], [3], [1])
    assert tally.pair_counts is None
    assert pairs(tally) == [(0, 2, 0, 2.0), (1, 2, 1, 1.0)]


def test_a_pair_without_a_name_is_refused():
    with pytest.raises(ValueError, match="competitor 4 has comparisons but no name"):
        Tally.from_arrays([7], [1], [4], [0]).by_pair(NAMES)


def test_an_empty_tally_has_no_pairs():
    assert len(Tally.empty().by_pair(NAMES)) == 0


def test_a_fit_from_pairs_is_the_fit_from_all_cells():
    rng = np.random.default_rng(3)
    a = rng.integers(1, 4, size=300)
    b = a % 3 + 1
    tally = Tally.from_arrays(rng.integers(20, size=300), a, b, rng.integers(4, size=300))
    one, two = (fit_bradley_terry(c).ratings for c in (tally.by_pair(NAMES), tally.comparisons(NAMES)))
    assert one == pytest.approx(two, abs=1e-12)
