"""Packed files, Parquet and the encodings of older spreadsheets: read as what they hold, up to a limit of what comes out."""

import gzip
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from arena.importing.checks.whole_file import check
from arena.importing.files import looks, reading
from arena.importing.files.columns import Columns
from arena.importing.files.looks import Shape, look_at
from arena.importing.files.problems import ImportProblems, Problems
from arena.importing.files.reading import how_it_is_read, read_rows
from arena.models import Prompt, Response, Vote
from tests.arena.importing.import_files import checked, imported, lines, write
from tests.factories import make_arena

CSV = "a,b\n1,ü\n2,\n"
JSON_LINES = '{"a": "1", "b": "ü"}\n{"a": "2", "b": ""}\n'
JSON_ARRAY = '[{"a": "1", "b": "ü"}, {"a": "2", "b": ""}]'
LAYOUTS = Path(__file__).parent / "layout_files"
PACK = {"gz": gzip.compress, "zst": lambda content: looks._zstd_library().compress(content)}


def _read(path, needed=()):
    problems = Problems(path.name)
    rows = [row for _, row in read_rows(path, problems=problems, columns=Columns(needed, {*needed}))]
    return rows, [str(problem) for problem in problems.first]


def _as_parquet(folder, rows, **options):
    path = folder / "file"
    parquet.write_table(pa.Table.from_pylist(rows), path, **options)
    return path


@pytest.mark.parametrize("pack", PACK)
@pytest.mark.parametrize("content", [CSV, JSON_LINES, JSON_ARRAY])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_packed_file_is_read_as_what_it_holds(tmp_path, pack, content, encoding):
    path = write(tmp_path, PACK[pack](content.encode(encoding)))
    assert _read(path) == ([{"a": "1", "b": "ü"}, {"a": "2", "b": ""}], [])


@pytest.mark.parametrize("pack", PACK)
def test_a_bomb_stops_at_the_limit(tmp_path, monkeypatch, pack):
    monkeypatch.setattr(looks, "MOST_UNPACKED", 1_000_000)
    path = write(tmp_path, PACK[pack](b"a,b\n" + b"1,2\n" * 1_000_000))
    assert path.stat().st_size < 100_000
    rows, problems = _read(path)
    assert rows == []
    assert problems == [
        "file, line 1: the file is too large when unpacked; a packed file may hold at most 1,000,000 bytes: unpack it, and "
        "split it or import it by manage.py"
    ]


@pytest.mark.parametrize("dictionary", [True, False])
def test_a_parquet_bomb_stops_at_the_limit(tmp_path, monkeypatch, dictionary):
    monkeypatch.setattr(looks, "MOST_UNPACKED", 1_000_000)
    path = _as_parquet(tmp_path, [{"a": "x" * 10_000}] * 2_000, use_dictionary=dictionary, compression="zstd")
    assert path.stat().st_size < 200_000
    rows, problems = _read(path)
    assert len(rows) < 300
    assert problems[0].endswith("the file is too large when unpacked; a packed file may hold at most 1,000,000 bytes: split it")


TEXT = pa.array(["x" * 20_000])
MANY = pa.DictionaryArray.from_arrays(pa.array([0] * 3_000, pa.int32()), TEXT)
UNFOLDING = {
    "dictionary": MANY,
    "plain": MANY.dictionary_decode(),
    "lists": pa.ListArray.from_arrays(pa.array(range(0, 3_001, 3), pa.int32()), MANY),
    "structs": pa.ListArray.from_arrays(pa.array(range(3_001), pa.int32()), pa.StructArray.from_arrays([MANY], ["content"])),
}


@pytest.mark.parametrize("column", UNFOLDING)
def test_a_text_of_parquet_counts_in_each_row_that_has_it(tmp_path, monkeypatch, column):
    path = tmp_path / "file"
    parquet.write_table(pa.table({"a": UNFOLDING[column]}), path, compression="zstd")
    assert path.stat().st_size < 10_000
    whole, problems = _read(path)
    assert (len(whole), problems) == (len(UNFOLDING[column]), [])
    assert whole[-1]["a"] == UNFOLDING[column][-1].as_py()
    monkeypatch.setattr(looks, "MOST_UNPACKED", 5_000_000)
    rows, problems = _read(path)
    assert rows == whole[: len(rows)]
    assert 50 < len(rows) < 250
    assert "the file is too large when unpacked" in problems[0]


def test_a_list_of_parquet_that_unfolds_without_end_is_not_begun(tmp_path, monkeypatch):
    monkeypatch.setattr(looks, "MOST_UNPACKED", 1_000_000)
    path = tmp_path / "file"
    parquet.write_table(pa.table({"a": pa.array([[0] * 300_000])}), path, compression="zstd")
    rows, problems = _read(path)
    assert rows == []
    assert "the file is too large when unpacked" in problems[0]


@pytest.mark.parametrize(
    "long", ["x" * 20_000, ["x" * 5_000] * 4, {"b": [{"c": "x" * 20_000}]}], ids=["text", "list", "struct"]
)
def test_a_row_of_parquet_is_no_longer_than_a_line(tmp_path, monkeypatch, long):
    monkeypatch.setattr(reading, "MAX_ROW", 10_000)
    short = {str: "y", list: ["y"], dict: {"b": [{"c": "y"}]}}[type(long)]
    rows, problems = _read(_as_parquet(tmp_path, [{"a": short}, {"a": long}, {"a": short}, {"a": long}]))
    assert rows == [{"a": short}] * 2
    assert problems == [
        "file, line 2: the row is too long; a row may have at most 10,000 bytes; the same is wrong in 1 later row"
    ]


@pytest.mark.parametrize("pack", PACK)
@pytest.mark.parametrize("cut", [0.5, 0.9])
def test_a_packed_file_that_is_broken_says_so(tmp_path, pack, cut):
    whole = PACK[pack]("".join(f"{number},{number * 7919 % 1000}\n" for number in range(9_999)).encode())
    _, problems = _read(write(tmp_path, whole[: int(len(whole) * cut)]))
    assert problems == ["file, line 1: the file is packed and damaged; pack it again, or give the unpacked file"]


@pytest.mark.parametrize("inner", [b"PAR1", gzip.compress(b"a,b\n"), b"PK\x03\x04"], ids=["parquet", "gzip", "zip"])
def test_what_is_no_text_inside_is_named(tmp_path, inner):
    _, problems = _read(write(tmp_path, gzip.compress(inner + b"\0" * 20)))
    assert len(problems) == 1
    assert "the file is a" in problems[0]


def test_parquet_gives_rows_with_lists_objects_and_moments(tmp_path):
    when = datetime(2025, 6, 10, 8, tzinfo=UTC)
    rows = [{"a": "x", "b": [{"role": "user", "content": "ü"}], "c": when, "d": None}, {"a": "y", "b": [], "c": when, "d": 1}]
    path = _as_parquet(tmp_path, rows)
    assert look_at(path).shape == Shape.PARQUET
    assert _read(path) == (rows, [])


def test_a_column_that_parquet_lacks_is_named_with_those_that_it_has(tmp_path):
    _, problems = _read(_as_parquet(tmp_path, [{"a": "x", "C": 1}]), needed=("a", "b"))
    assert problems == ["file, line 1: a missing column is 'b'; the columns a, b are needed; the file has a, C"]


@pytest.mark.parametrize("cut", [6, 200])
def test_broken_parquet_says_so(tmp_path, cut):
    path = _as_parquet(tmp_path, [{"a": "x"}] * 100)
    path.write_bytes(path.read_bytes()[:cut])
    assert "the file is broken; it begins as Parquet and cannot be read as that" in _read(path)[1][0]


def test_without_pyarrow_the_site_names_it(tmp_path):
    path = _as_parquet(tmp_path, [{"a": "x"}])
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from pathlib import Path\nfrom arena.importing.files.reading import read_rows\n"
        "from arena.importing.files.problems import Problems\n"
        f"problems = Problems('file'); rows = list(read_rows(Path({str(path)!r}), problems=problems))\n"
        "print(rows, *problems.first)"
    )
    start = "import django, os; os.environ['DJANGO_SETTINGS_MODULE'] = 'arena.config.settings'; django.setup()\n"
    said = subprocess.run([sys.executable, "-c", start + code], capture_output=True, text=True, check=True).stdout
    assert "[] file, line 1: the file is Parquet; reading it needs pyarrow (pip install pyarrow)" in said


@pytest.mark.parametrize("content", [CSV, JSON_LINES])
def test_lines_may_end_with_a_cr_alone(tmp_path, content):
    rows, problems = _read(write(tmp_path, content.replace("\n", "\r")))
    assert (rows, problems) == ([{"a": "1", "b": "ü"}, {"a": "2", "b": ""}], [])


def test_windows_1252_is_read_and_said(tmp_path):
    text = "question;answer\nWas ist ein Käse?;Gouda – für 3 €\n" + "plain;text\n" * 50_000 + "Grüße;ß\n"
    path = write(tmp_path, text.encode("windows-1252"))
    rows, problems = _read(path, needed=("question", "answer"))
    assert (rows[0], rows[-1], problems) == (
        {"question": "Was ist ein Käse?", "answer": "Gouda – für 3 €"}, {"question": "Grüße", "answer": "ß"}, []
    )  # fmt: skip
    said = [str(note) for note in how_it_is_read(path, Columns())]
    assert said[0].startswith("The file is not UTF-8: read as Windows-1252 (Latin-1)")


@pytest.mark.parametrize(
    "wrong",
    [
        "Grüße\n".encode() + b"Gr\xfc\xdfe\n",  # a line of another encoding in UTF-8
        "Привет, как дела?\n".encode("cp1251") * 5,  # another alphabet
        b"\x81\x8d\xfc\n",  # no letters of Windows-1252
        b"x\xfc\x00\n",
    ],
)
def test_other_bytes_are_refused_with_their_line(tmp_path, wrong):
    _, problems = _read(write(tmp_path, b"a\n" + wrong))
    assert any("the file must be UTF-8" in problem for problem in problems)


def test_a_key_that_stands_twice_is_refused(tmp_path):
    for content in ('{"a": 1}\n{"a": 1, "b": {"c": 1, "c": 2}}\n', '[{"a": 1}, {"b": {"c": 1, "c": 2}}]'):
        rows, problems = _read(write(tmp_path, content))
        assert rows == [{"a": 1}]
        assert "the key 'c' occurs twice" in problems[0]


@pytest.mark.django_db
@pytest.mark.parametrize("pack", PACK)
def test_a_packed_file_is_imported_whole(tmp_path, pack):
    rows = [{"model_a": "x", "model_b": "y", "winner": "tie", "question_id": str(at)} for at in range(300)]
    source = imported(write(tmp_path, PACK[pack](lines(*rows).encode())), "chatbot-arena", make_arena())
    assert (source.state, source.n_rows, source.n_added) == ("published", 300, 300)


@pytest.mark.django_db
def test_the_arenas_parquet_is_imported_with_its_conversations(tmp_path):
    """With the types that the public files have: structs, lists and moments."""
    rows = [json.loads(line) for line in (LAYOUTS / "battles-arena-140k.jsonl").read_text().splitlines()]
    for row in rows:
        row["timestamp"] = datetime.fromisoformat(row["timestamp"])
    source = imported(_as_parquet(tmp_path, rows, compression="snappy"), "chatbot-arena", make_arena())
    assert (source.state, source.n_added) == ("published", 2)
    assert sorted(Prompt.objects.values_list("turns__0", flat=True)) == ["Name a lake.", "Name a river."]
    assert sorted(Response.objects.values_list("text", flat=True)) == ["Alps", "Bonn", "Como", "Rhine"]
    assert Vote.objects.order_by("voted_at").first().voted_at == datetime(2025, 6, 10, 8, tzinfo=UTC)


@pytest.mark.django_db
def test_prompts_of_parquet_are_agons_own_too(tmp_path):
    path = _as_parquet(tmp_path, [{"id": "q1", "turns": ["One?", "Two?"], "tags": None}, {"id": None, "turns": ["Three?"]}])
    source = imported(path, "jsonl", make_arena(), kind="prompts")
    assert (source.state, source.n_added) == ("published", 2)
    assert checked(path, "", kind="prompts").format == "jsonl"
    assert checked(path, "csv", kind="prompts").format == "jsonl"


@pytest.mark.django_db
def test_a_bomb_is_refused_by_the_check(tmp_path, monkeypatch):
    monkeypatch.setattr(looks, "MOST_UNPACKED", 1_000)
    path = write(tmp_path, gzip.compress(json.dumps({"prompt": "x" * 5_000}).encode()))
    with pytest.raises(ImportProblems, match="too large when unpacked"):
        check(path, kind="prompts", format_name="", filename="file", arena=None)
    assert checked(write(tmp_path, lines({"prompt": "y" * 5_000}), "plain"), "", kind="prompts").n_rows == 1


@pytest.mark.parametrize("low", [0x50, 0x5F])
def test_a_frame_without_data_at_the_start_is_passed_over(tmp_path, low):
    """As pzstd writes one."""
    frame = bytes([low]) + b"\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"size"
    path = tmp_path / "file.zst"
    path.write_bytes(frame + PACK["zst"](b"a,b\n1,2\n"))
    problems = Problems(path.name)
    assert [row for _, row in read_rows(path, problems=problems)] == [{"a": "1", "b": "2"}]
    assert not problems.n_all
