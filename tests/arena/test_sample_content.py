"""The sample arena's content: its files, its verifiers, its simulated votes and the command that generates its answers."""

import json
import re
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
from arena.texts.rendering import render
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
    return simulate_votes(sample, n_voters=24, n_battles=900, rng=rng)


def pass_rate(sample: SampleArena, competitor: str) -> float:
    verifiers = {prompt.id: prompt.verifier for prompt in sample.prompts if prompt.verifier}
    texts = {each.prompt: each.text for each in sample.responses if each.competitor == competitor}
    return float(np.mean([passes(verifier, texts[prompt]) for prompt, verifier in verifiers.items()]))


def n_formulas(text: str) -> int:
    """Displayed ones, then those within a line, outside of code."""
    prose = re.sub(r"(?s)```.*?```|`[^`\n]*`", "", text)
    rest, n_displayed = re.subn(r"(?s)\$\$.+?\$\$", "", prose)
    return n_displayed + len(re.findall(r"\$[^$\n]+\$", rest))


def generated(sample: SampleArena) -> Iterator[str]:
    return (competitor.name for competitor in sample.competitors if competitor.is_generated)


class TestFiles:
    def test_thirty_prompts_a_category_in_two_languages(self, sample: SampleArena) -> None:
        assert Counter(prompt.category for prompt in sample.prompts) == {"knowledge": 30, "maths": 30, "coding": 30}
        for category in ("knowledge", "maths", "coding"):
            languages = Counter(prompt.language for prompt in sample.prompts if prompt.category == category)
            assert languages == {"en": 18, "de": 12}

    def test_some_prompts_have_two_turns_and_some_ask_for_formulas_tables_and_code(self, sample: SampleArena) -> None:
        assert sum(len(prompt.turns) == 2 for prompt in sample.prompts) == 12
        texts = [response.text for response in sample.responses if response.competitor == "Careful"]
        assert sum("$" in text for text in texts) >= 30
        assert sum("\n|" in text for text in texts) >= 12
        assert sum("```" in text for text in texts) >= 20

    def test_no_two_prompts_ask_the_same(self, sample: SampleArena) -> None:
        assert len({prompt.turns for prompt in sample.prompts}) == len(sample.prompts)

    def test_most_prompts_can_be_checked(self, sample: SampleArena) -> None:
        assert all(prompt.reference for prompt in sample.prompts)
        assert sum(prompt.verifier is not None for prompt in sample.prompts) > 0.75 * len(sample.prompts)

    def test_every_reference_passes_its_own_verifier(self, sample: SampleArena) -> None:
        failed = [each.id for each in sample.prompts if each.verifier and not passes(each.verifier, each.reference)]
        assert failed == []

    def test_every_turn_of_a_prompt_is_answered_once_by_each_of_eight_competitors(self, sample: SampleArena) -> None:
        answered = Counter((response.prompt, response.competitor) for response in sample.responses)
        names = [competitor.name for competitor in sample.competitors]
        assert len(names) == 8
        assert set(answered) == set(product((prompt.id for prompt in sample.prompts), names))
        assert set(answered.values()) == {1}
        n_turns = {prompt.id: len(prompt.turns) for prompt in sample.prompts}
        assert all(len(response.turns) == n_turns[response.prompt] for response in sample.responses)

    def test_answers_do_not_say_who_gave_them(self, sample: SampleArena) -> None:
        told = [each.prompt for each in sample.responses if "smollm" in each.text.lower() or "hugging" in each.text.lower()]
        assert told == []

    def test_no_two_written_answers_are_the_same(self, sample: SampleArena) -> None:
        texts = Counter(each.text for each in sample.responses if each.tokens_out is None)
        assert set(texts.values()) == {1}

    def test_every_formula_can_be_drawn(self, sample: SampleArena) -> None:
        """What cannot be drawn is shown as its source, in code."""
        for response in sample.responses:
            if response.tokens_out is None:
                assert all(render(turn).count("<math") == n_formulas(turn) for turn in response.turns), response

    def test_generated_answers_carry_what_was_measured(self, sample: SampleArena) -> None:
        names = set(generated(sample))
        assert names == {"SmolLM2 135M"}
        for response in sample.responses:
            measured = (response.tokens_in, response.tokens_out, response.latency_ms)
            assert all(value is not None for value in measured) == (response.competitor in names)

    def test_competitors_differ_in_quality(self, sample: SampleArena) -> None:
        assert all(pass_rate(sample, name) >= 0.95 for name in ("Careful", "Structured", "Terse", "Verbose"))
        assert 0.5 <= pass_rate(sample, "Outdated") <= 0.8
        assert all(pass_rate(sample, name) < 0.1 for name in ("Overconfident", "Evasive"))
        assert all(pass_rate(sample, name) < 0.4 for name in generated(sample))

    def test_competitors_differ_in_style(self, sample: SampleArena) -> None:
        lengths, tables = Counter[str](), Counter[str]()
        for response in sample.responses:
            lengths[response.competitor] += len(response.text)
            tables[response.competitor] += "\n|" in response.text
        assert lengths["Verbose"] > 2 * lengths["Careful"] > 4 * lengths["Terse"]
        assert tables["Structured"] > 2 * tables["Careful"]

    def test_a_malformed_line_is_named(self, tmp_path: Path) -> None:
        folder = tmp_path / "prompts"
        folder.mkdir()
        row = {"id": "x", "turns": ["Hi"], "language": "fr"}
        (folder / "knowledge.jsonl").write_text(json.dumps(row | {"language": "en"}) + "\n" + json.dumps(row))
        with pytest.raises(SampleError, match=r"knowledge\.jsonl, line 2: language 'fr'; allowed are en, de"):
            load_prompts(tmp_path)

    def test_an_answer_to_a_turn_that_is_missing_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "prompts").mkdir()
        row = {"id": "x", "turns": ["Hi", "And?"], "language": "en", "answers": {"Terse": ["Hello"]}}
        (tmp_path / "prompts" / "knowledge.jsonl").write_text(json.dumps(row))
        with pytest.raises(SampleError, match=r"line 1: 1 answers of 'Terse' to the 2 turns of 'x'"):
            load_prompts(tmp_path)


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
        assert 1_250 <= len(votes) <= 1_450
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

    def test_the_stronger_win_more(self, sample: SampleArena, votes: list[SimulatedVote]) -> None:
        won, played = Counter[str](), Counter[str]()
        for vote in votes:
            for name, outcome in ((vote.competitor_a, "a"), (vote.competitor_b, "b")):
                won[name] += vote.outcome == outcome
                played[name] += 1
        order = sorted(played, key=lambda name: -won[name] / played[name])
        assert order[0] == "Careful"
        assert order[1] == "Structured"
        assert order[-1] == "SmolLM2 135M"

    def test_what_stands_first_wins_more_often(self, sample: SampleArena) -> None:
        rng = np.random.default_rng(1)
        votes = simulate_votes(sample, n_voters=24, n_battles=2_520, rng=rng)
        decided = [vote for vote in votes if vote.outcome in "ab"]
        share = np.mean([vote.outcome == vote.shown_first for vote in decided])
        assert 0.51 < share < 0.56

    def test_every_outcome_and_side_occurs(self, votes: list[SimulatedVote]) -> None:
        assert {vote.outcome for vote in votes} == {"a", "b", "tie", "both_bad"}
        assert {vote.shown_first for vote in votes} == {"a", "b"}
        assert all(vote.dwell_ms > 0 for vote in votes)

    def test_more_battles_than_there_are_is_refused(self, sample: SampleArena) -> None:
        with pytest.raises(ValueError, match="allow only 2520"):
            simulate_votes(sample, n_voters=3, n_battles=5_000, rng=np.random.default_rng(1))


class TestGeneration:
    def test_what_is_answered_is_not_asked_again(self, sample: SampleArena, tmp_path: Path) -> None:
        model, competitor, path = ScriptedModel(), sample.competitors[-1], tmp_path / "out" / "a.jsonl"
        known = answer(model, competitor, sample.prompts[1])
        responses = list(answer_all(model, competitor, prompts=sample.prompts[:3], path=path, known=[known]))
        assert model.questions == [prompt.turns[0] for prompt in (sample.prompts[i] for i in (1, 0, 2))]
        assert [json.loads(line)["prompt"] for line in path.read_text().splitlines()] == [
            "knowledge-01",
            "knowledge-02",
            "knowledge-03",
        ]
        assert len(responses) == 2

    def test_a_stop_keeps_what_is_done(self, sample: SampleArena, tmp_path: Path) -> None:
        path = tmp_path / "a.jsonl"
        answers = answer_all(ScriptedModel(), sample.competitors[-1], prompts=sample.prompts, path=path)
        next(answers)
        assert [json.loads(line)["turns"] for line in path.read_text().splitlines()] == [[sample.prompts[0].turns[0].upper()]]

    def test_files_hold_no_empty_fields(self, sample: SampleArena, tmp_path: Path) -> None:
        response = replace(sample.responses[0], latency_ms=None)
        write_responses(tmp_path / "a.jsonl", [response])
        assert "latency_ms" not in json.loads((tmp_path / "a.jsonl").read_text())

    def test_the_question_follows_system_prompt_and_example(self, sample: SampleArena) -> None:
        settings = sample.competitors[-1].settings
        assert settings is not None
        terse = replace(settings, example={"de": ["Wozu?", "Zum Kochen."], "en": ["What for?", "For cooking."]})
        prompt = SamplePrompt("x", ("Warum?",), "Du bist Lehrer.", "", "knowledge", "de", (), None)
        messages = build_messages(prompt, terse)
        assert [message["role"] for message in messages] == ["system", "user", "assistant", "user"]
        assert messages[0]["content"] == terse.system_prompt["de"] + "\n\nDu bist Lehrer."
        assert messages[-1]["content"] == "Warum?"

    def test_a_second_turn_is_asked_after_the_answer_to_the_first(self, sample: SampleArena) -> None:
        model, prompt = ScriptedModel(), SamplePrompt("x", ("Who?", "And why?"), "", "", "knowledge", "en", (), None)
        response = answer(model, sample.competitors[-1], prompt)
        assert model.questions == ["Who?", "And why?"]
        assert (response.turns, response.tokens_out) == (("WHO?", "AND WHY?"), 14)
        settings = sample.competitors[-1].settings
        assert settings is not None
        told = [(message["role"], message["content"]) for message in build_messages(prompt, settings, ["Me."])]
        assert told[1:] == [("user", "Who?"), ("assistant", "Me."), ("user", "And why?")]

    def test_written_answers_are_not_generated(self, sample: SampleArena) -> None:
        with pytest.raises(ValueError, match="the answers of 'Careful' are written"):
            answer(ScriptedModel(), sample.competitors[0], sample.prompts[0])

    def test_the_command_says_what_to_install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "xllamacpp", None)
        with pytest.raises(CommandError, match=r"pip install --no-deps -r requirements-local\.txt"):
            call_command("generate_sample_answers")

    def test_the_command_names_the_competitors_it_knows(self) -> None:
        with pytest.raises(CommandError, match="no generated competitor is called 'GPT'; allowed are 'SmolLM2 135M'"):
            call_command("generate_sample_answers", competitor="GPT")
