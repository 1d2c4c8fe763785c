"""Figures say which gold set they are of, and labels of single answers measure who grades them."""

import csv
import io
import json

import pytest
from django.urls import reverse

from arena.models import Arena
from judges.audits.refresh import audit_judge
from judges.importing.taking_in import Home, take_judgements, take_labels
from judges.models import Judge

pytestmark = pytest.mark.django_db


def written(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def judged(tmp_path):
    """A judge on four pairs, two of each of two gold sets."""
    rows = [
        {"prompt": f"Sum {n}?", "answer_a": "4", "answer_b": "5", "label": "a", "order": "ab", "judge": "j"} for n in range(4)
    ]
    take_judgements(written(tmp_path / "j.jsonl", rows), Home("garden"))
    for name, part in (("sums", rows[:2]), ("=others", rows[2:])):
        take_labels(written(tmp_path / "gold.jsonl", part), Home("garden"), name=name)
    return audit_judge(Judge.objects.get(), Arena.objects.get())


def test_figures_of_several_gold_sets_are_told_apart_by_a_field_of_their_own(judged, client):
    Arena.objects.update(content_visibility="public")
    place = ["garden", judged.judge_id]
    shown = client.get(reverse("api-judge", args=[judged.judge_id]), {"arena": "garden"}).json()["figures"]
    named = [(figure["section"], figure["name"], figure["of"]) for figure in shown]
    assert len(named) == len(set(named))
    assert {of for _section, _name, of in named} == {"", "sums", "=others"}
    table = list(csv.DictReader(io.StringIO(client.get(reverse("judge-figures", args=place)).content.decode())))
    assert {row["of"] for row in table} == {"", "sums", "'=others"}
    assert "(<bdi>sums</bdi>)" in client.get(reverse("judge", args=place)).content.decode()


def test_figures_of_earlier_audits_have_the_name_out_of_their_note(judged, client):
    for figure in judged.figures["gold"]:
        del figure["of"]
    judged.save()
    shown = client.get(reverse("api-judge", args=[judged.judge_id]), {"arena": "garden"}).json()["figures"]
    assert {figure["of"] for figure in shown} == {"", "sums", "=others"}


def test_labels_of_single_answers_measure_a_grader(tmp_path):
    texts = {"a": ("4", True, 9), "b": ("5", False, 2), "c": ("6", False, 8)}
    grades = [
        {"prompt": "Sum?", "answer": text, "competitor": name, "score": score, "judge": "j"}
        for name, (text, _, score) in texts.items()
    ]
    take_judgements(written(tmp_path / "g.jsonl", grades), Home("garden"))
    labels = [
        {"prompt": "Sum?", "answer": text, "competitor": name, "is_right": is_right}
        for name, (text, is_right, _) in texts.items()
    ]
    take_labels(written(tmp_path / "l.jsonl", labels), Home("garden"))
    found = {figure["name"]: figure for figure in audit_judge(Judge.objects.get(), Arena.objects.get()).figures["leniency"]}
    assert any(figure["n"] == 3 for figure in found.values()), found
