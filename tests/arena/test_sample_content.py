"""The sample arena's content: its files, its verifiers, its simulated votes and the command that generates its answers."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from scipy.sparse.csgraph import connected_components

from arena.sample.content import SampleArena, SampleError, SamplePrompt, load_prompts, load_sample
from arena.sample.generation import LocalCompletion, answer, answer_all, build_messages, write_responses
from arena.sample.votes import SimulatedVote, simulate_votes
from arena.texts.verifiers import passes

KIND_CASES = [
    ({"kind": "contains", "any": ["Rhine", "Rhein"]}, "Der Rhein.", True),
    ({"kind": "contains", "any": ["Rhine", "Rhein"]}, "Rheinland", False),
    ({"kind": "contains", "all": ["Au"], "any": ["gold", "aurum"]}, "AU, from Aurum", True),
    ({"kind": "contains", "all": ["Au"], "any": ["gold", "aurum"]}, "Au", False),
    ({"kind": "exact", "any": ["nein"]}, " **Nein.**\n", True),
    ({"kind": "exact", "any": ["nein"]}, "nein, denn 51 = 3 · 17", False),
    ({"kind": "regex", "pattern": "(?i)git reset --soft"}, "run `Git reset --soft HEAD~1`", True),
    ({"kind": "regex", "pattern": "^git"}, "a git", False),
    ({"kind": "numeric", "value": 145}, "120 + 25\n\nAnswer: 145.", True),
    ({"kind": "numeric", "value": 145}, "145 it is, or 146", False),
    ({"kind": "numeric", "value": 145}, "no idea", False),
    ({"kind": "numeric", "value": 1234.5}, "about 1,234.5 km", True),
    ({"kind": "numeric", "value": 1234.5, "decimal_mark": ","}, "etwa 1.234,5 km", True),
    ({"kind": "numeric", "value": 3.14, "tolerance": 0.01}, "3.1416", True),
    ({"kind": "numeric", "value": -5}, "x = -5", True),
    ({"kind": "numeric", "value": 7}, "1.2.3.4", False),
    ({"kind": "mcq", "answer": "B"}, "A is wrong.\n\nAnswer: B\n\nBecause.", True),
    ({"kind": "mcq", "answer": "B"}, "Antwort: **b**", True),
    ({"kind": "mcq", "answer": "B"}, "B) Quecksilber", True),
    ({"kind": "mcq", "answer": "B"}, "Both are fine, B too", False),
    ({"kind": "mcq", "answer": "B"}, "The answer is C", False),
    ({"kind": "json_equal", "value": {"a": 1, "b": [2]}}, '```json\n{"b": [2], "a": 1}\n```', True),
    ({"kind": "json_equal", "value": {"a": 1}}, '{"a": "1"}', False),
    ({"kind": "json_equal", "value": {"a": 1}}, '{"a": true}', False),
    ({"kind": "json_equal", "value": {"a": 1}}, 'Sure: {"a": 1}', False),
    ({"kind": "constraint", "min_words": 2, "max_words": 3}, "it's well-made work", True),
    ({"kind": "constraint", "max_words": 3}, "", False),
    ({"kind": "constraint", "min_words": 3}, "too short", False),
    ({"kind": "constraint", "n_sentences": 2}, "One. Two!", True),
    ({"kind": "constraint", "n_sentences": 1}, "It costs 2.50 euros", True),
    ({"kind": "constraint", "n_lines": 2}, "one\n\ntwo\n", True),
    ({"kind": "constraint", "n_bullets": 2}, "- one\n* two", True),
    ({"kind": "constraint", "n_bullets": 2}, "1. one\n2) two\n3) three", False),
    ({"kind": "constraint", "must_include": ["Rain"], "must_not_include": ["snow"]}, "rain", True),
    ({"kind": "constraint", "must_include": ["Rain"], "must_not_include": ["snow"]}, "rain and Snow", False),
    ({"kind": "constraint", "without_letters": "e"}, "a calm bay", True),
    ({"kind": "constraint", "without_letters": "e"}, "THE bay", False),
    ({"kind": "constraint", "all_lowercase": True}, "plum", True),
    ({"kind": "constraint", "all_lowercase": True}, "Plum", False),
]


class ScriptedModel:
    """Answers with the question in capitals and remembers what it was asked."""

    def __init__(self) -> None:
        self.questions: list[str] = []

    def complete(self, messages: Any, settings: Any) -> LocalCompletion:
        self.questions.append(messages[-1]["content"])
        return LocalCompletion(messages[-1]["content"].upper(), "stop", 5, 7, 11)


@pytest.fixture(scope="module")
def sample() -> SampleArena:
    return load_sample()


@pytest.fixture(scope="module")
def votes(sample: SampleArena) -> list[SimulatedVote]:
    return draw_votes(sample, seed=1)


def draw_votes(sample: SampleArena, seed: int) -> list[SimulatedVote]:
    rng = np.random.default_rng(seed)
    return simulate_votes(sample.prompts, sample.responses, n_voters=24, n_battles=900, rng=rng)


def pass_rate(sample: SampleArena, competitor: str) -> float:
    verifiers = {prompt.id: prompt.verifier for prompt in sample.prompts if prompt.verifier}
    texts = {each.prompt: each.text for each in sample.responses if each.competitor == competitor}
    return float(np.mean([passes(verifier, texts[prompt]) for prompt, verifier in verifiers.items()]))


def generated(sample: SampleArena) -> Iterator[str]:
    return (competitor.name for competitor in sample.competitors if competitor.is_generated)


class TestFiles:
    def test_prompts_cover_five_categories_and_two_languages(self, sample: SampleArena) -> None:
        languages = Counter(prompt.language for prompt in sample.prompts)
        assert len(sample.prompts) >= 44
        assert len({prompt.category.split("/")[0] for prompt in sample.prompts}) == 5
        assert set(languages) == {"en", "de"}
        assert min(languages.values()) >= 14

    def test_no_two_prompts_ask_the_same(self, sample: SampleArena) -> None:
        assert len({prompt.turns for prompt in sample.prompts}) == len(sample.prompts)

    def test_most_prompts_can_be_checked(self, sample: SampleArena) -> None:
        assert all(prompt.reference for prompt in sample.prompts)
        assert sum(prompt.verifier is not None for prompt in sample.prompts) > 0.9 * len(sample.prompts)

    def test_every_reference_passes_its_own_verifier(self, sample: SampleArena) -> None:
        failed = [each.id for each in sample.prompts if each.verifier and not passes(each.verifier, each.reference)]
        assert failed == []

    def test_every_prompt_is_answered_once_by_each_of_eight_competitors(self, sample: SampleArena) -> None:
        answered = Counter((response.prompt, response.competitor) for response in sample.responses)
        names = [competitor.name for competitor in sample.competitors]
        assert len(names) == 8
        assert set(answered) == set(product((prompt.id for prompt in sample.prompts), names))
        assert set(answered.values()) == {1}

    def test_answers_do_not_say_who_gave_them(self, sample: SampleArena) -> None:
        told = [each.prompt for each in sample.responses if "smollm" in each.text.lower() or "hugging" in each.text.lower()]
        assert told == []

    def test_generated_answers_carry_what_was_measured(self, sample: SampleArena) -> None:
        names = set(generated(sample))
        assert len(names) == 5
        for response in sample.responses:
            measured = (response.tokens_in, response.tokens_out, response.latency_ms)
            assert all(value is not None for value in measured) == (response.competitor in names)

    def test_competitors_differ_in_quality(self, sample: SampleArena) -> None:
        assert pass_rate(sample, "Handwritten, careful") >= 0.9
        assert 0.3 <= pass_rate(sample, "Handwritten, careless") <= 0.7
        assert pass_rate(sample, "Handwritten, off-topic") < 0.15

    def test_verbose_answers_are_longer_than_terse_ones(self, sample: SampleArena) -> None:
        lengths = Counter[str]()
        for response in sample.responses:
            lengths[response.competitor] += len(response.text)
        assert lengths["SmolLM2 135M, verbose"] > 1.5 * lengths["SmolLM2 135M, terse"]

    def test_a_malformed_line_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "prompts.jsonl"
        row = {"id": "x", "turns": ["Hi"], "category": "facts", "language": "fr"}
        path.write_text(json.dumps(row | {"language": "en"}) + "\n" + json.dumps(row))
        with pytest.raises(SampleError, match=r"prompts\.jsonl, line 2: language 'fr'; allowed are en, de"):
            load_prompts(path)


class TestVerifiers:
    @pytest.mark.parametrize(("verifier", "text", "is_passed"), KIND_CASES)
    def test_each_kind(self, verifier: dict[str, Any], text: str, is_passed: bool) -> None:
        assert passes(verifier, text) is is_passed

    def test_an_unknown_kind_is_refused_with_the_allowed_ones(self) -> None:
        with pytest.raises(ValueError, match="unknown verifier kind 'vibes'; allowed are contains, exact, regex"):
            passes({"kind": "vibes"}, "")

    @pytest.mark.parametrize(
        ("verifier", "message"),
        [
            ({"kind": "numeric"}, "needs value"),
            ({"kind": "mcq", "answer": "A", "letters": 4}, "has no letters; allowed are answer"),
            ({"kind": "constraint"}, "needs one of all_lowercase"),
            ({"kind": "regex", "pattern": "(a+)+$"}, "repeats a repetition"),
            ({"kind": "regex", "pattern": "("}, "not a regular expression"),
            ({"kind": "regex", "pattern": "a" * 500}, "400 are allowed"),
        ],
    )
    def test_a_verifier_that_cannot_work_is_refused(self, verifier: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            passes(verifier, "")


class TestVotes:
    def test_the_same_seed_gives_the_same_votes(self, sample: SampleArena, votes: list[SimulatedVote]) -> None:
        assert draw_votes(sample, seed=1) == votes
        assert draw_votes(sample, seed=2) != votes

    def test_counts(self, votes: list[SimulatedVote]) -> None:
        assert len({(vote.prompt, vote.competitor_a, vote.competitor_b) for vote in votes}) == 900
        assert 1_500 <= len(votes) <= 1_700
        assert len({vote.voter for vote in votes}) == 24

    def test_a_voter_votes_once_on_a_battle(self, votes: list[SimulatedVote]) -> None:
        ballots = Counter((vote.prompt, frozenset({vote.competitor_a, vote.competitor_b}), vote.voter) for vote in votes)
        battles = Counter((vote.prompt, frozenset({vote.competitor_a, vote.competitor_b})) for vote in votes)
        assert set(ballots.values()) == {1}
        assert set(battles.values()) == {1, 2, 3}

    @pytest.mark.parametrize("seed", range(1, 6))
    def test_wins_connect_all_competitors_both_ways(self, sample: SampleArena, seed: int) -> None:
        names = [competitor.name for competitor in sample.competitors]
        wins = np.zeros((8, 8), dtype=int)
        for vote in draw_votes(sample, seed):
            a, b = names.index(vote.competitor_a), names.index(vote.competitor_b)
            wins[a, b] += vote.outcome == "a"
            wins[b, a] += vote.outcome == "b"
        assert connected_components(wins, directed=True, connection="strong")[0] == 1

    def test_the_careful_competitor_wins_most(self, votes: list[SimulatedVote]) -> None:
        n_wins = Counter(
            vote.competitor_a if vote.outcome == "a" else vote.competitor_b for vote in votes if vote.outcome in "ab"
        )
        assert n_wins.most_common(2)[0][0] == "Handwritten, careful"
        assert n_wins.most_common(2)[1][0] == "Handwritten, careless"

    def test_every_outcome_and_side_occurs(self, votes: list[SimulatedVote]) -> None:
        assert {vote.outcome for vote in votes} == {"a", "b", "tie", "both_bad"}
        assert {vote.shown_first for vote in votes} == {"a", "b"}
        assert all(vote.dwell_ms > 0 for vote in votes)

    def test_more_battles_than_there_are_is_refused(self, sample: SampleArena) -> None:
        with pytest.raises(ValueError, match="allow only 1680"):
            simulate_votes(sample.prompts, sample.responses, n_voters=3, n_battles=5_000, rng=np.random.default_rng(1))


class TestGeneration:
    def test_what_is_answered_is_not_asked_again(self, sample: SampleArena, tmp_path: Path) -> None:
        model, competitor, path = ScriptedModel(), sample.competitors[0], tmp_path / "out" / "a.jsonl"
        known = answer(model, competitor, sample.prompts[1])
        responses = list(answer_all(model, competitor, prompts=sample.prompts[:3], path=path, known=[known]))
        assert model.questions == [prompt.turns[0] for prompt in (sample.prompts[i] for i in (1, 0, 2))]
        assert [json.loads(line)["prompt"] for line in path.read_text().splitlines()] == [
            "sample-001",
            "sample-002",
            "sample-003",
        ]
        assert len(responses) == 2

    def test_a_stop_keeps_what_is_done(self, sample: SampleArena, tmp_path: Path) -> None:
        path = tmp_path / "a.jsonl"
        answers = answer_all(ScriptedModel(), sample.competitors[0], prompts=sample.prompts, path=path)
        next(answers)
        assert [json.loads(line)["text"] for line in path.read_text().splitlines()] == [sample.prompts[0].turns[0].upper()]

    def test_files_hold_no_empty_fields(self, sample: SampleArena, tmp_path: Path) -> None:
        response = replace(sample.responses[0], latency_ms=None)
        write_responses(tmp_path / "a.jsonl", [response])
        assert "latency_ms" not in json.loads((tmp_path / "a.jsonl").read_text())

    def test_the_question_follows_system_prompt_and_example(self, sample: SampleArena) -> None:
        terse = next(each for each in sample.competitors if each.slug == "smollm2-terse")
        prompt = SamplePrompt("x", ("Warum?",), "Du bist Lehrer.", "", "facts", "de", (), None)
        assert terse.settings is not None
        messages = build_messages(prompt, terse.settings)
        assert [message["role"] for message in messages] == ["system", "user", "assistant", "user"]
        assert messages[0]["content"] == terse.settings.system_prompt["de"] + "\n\nDu bist Lehrer."
        assert messages[-1]["content"] == "Warum?"

    def test_handwritten_competitors_are_not_generated(self, sample: SampleArena) -> None:
        with pytest.raises(ValueError, match="written by hand"):
            answer(ScriptedModel(), sample.competitors[-1], sample.prompts[0])

    def test_the_command_says_what_to_install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "xllamacpp", None)
        with pytest.raises(CommandError, match=r"pip install --no-deps -r requirements-local\.txt"):
            call_command("generate_sample_answers")

    def test_the_command_names_the_competitors_it_knows(self) -> None:
        with pytest.raises(CommandError, match="no generated competitor is called 'GPT'; allowed are 'SmolLM2 135M, greedy'"):
            call_command("generate_sample_answers", competitor="GPT")
