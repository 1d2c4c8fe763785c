"""Reads the files of the sample arena into frozen objects; anything malformed raises, naming the file and the line."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from arena.texts.verifiers import check_verifier

FOLDER = Path(__file__).resolve().parent
LANGUAGES = ("en", "de")
CATEGORIES = ("knowledge", "maths", "coding")
FINISH_STATES = ("stop", "length")


class SampleError(ValueError):
    """A file of the sample arena does not hold what it should."""


@dataclass(frozen=True)
class LocalModelSettings:
    """How the offline model is asked, and how its tokens are drawn.

    A system prompt for each language a prompt may have; where there are examples, a question and the kind of answer
    wanted, for each language too, sent before the prompt: a small model follows an example sooner than an order.
    """

    system_prompt: dict[str, str]
    example: dict[str, list[str]]
    temperature: float
    top_k: int
    top_p: float
    min_p: float
    repeat_penalty: float
    max_tokens: int
    seed: int


@dataclass(frozen=True)
class SamplePrompt:
    id: str
    turns: tuple[str, ...]
    system_prompt: str
    reference: str
    category: str
    language: str
    tags: tuple[str, ...]
    verifier: dict[str, Any] | None


@dataclass(frozen=True)
class SampleCompetitor:
    """A competitor; prices are US dollars per million tokens. Those written for the sample have neither price nor settings.

    Strengths are those that the simulated voters see, by category, in log-odds.
    """

    slug: str
    name: str
    organisation: str
    licence: str
    price_in: float | None
    price_out: float | None
    released_on: date
    description: str
    strengths: dict[str, float]
    settings: LocalModelSettings | None

    @property
    def is_generated(self) -> bool:
        return self.settings is not None


@dataclass(frozen=True)
class SampleResponse:
    """An answer to each turn of a prompt; tokens and latency, over all turns, are None where nothing was measured."""

    prompt: str
    competitor: str
    turns: tuple[str, ...]
    finish: str = "stop"
    tokens_in: int | None = None
    tokens_out: int | None = None
    latency_ms: int | None = None

    @property
    def text(self) -> str:
        return "\n\n".join(self.turns)


@dataclass(frozen=True)
class SampleArena:
    prompts: tuple[SamplePrompt, ...]
    competitors: tuple[SampleCompetitor, ...]
    responses: tuple[SampleResponse, ...]


def load_sample(folder: Path = FOLDER) -> SampleArena:
    """The whole sample arena; every response names a known prompt and a known competitor, each pair at most once."""
    competitors = load_competitors(folder / "competitors.json")
    written = [competitor.name for competitor in competitors if not competitor.is_generated]
    prompts: list[SamplePrompt] = []
    responses: list[SampleResponse] = []
    for prompt, answers in _written(folder, written):
        prompts.append(prompt)
        responses.extend(SampleResponse(prompt.id, name, turns) for name, turns in answers.items())
    for competitor in competitors:
        path = response_path(folder / "responses", competitor)
        if competitor.is_generated and path.exists():
            responses.extend(load_responses(path, competitor.name, prompts))
    return SampleArena(prompts=tuple(prompts), competitors=competitors, responses=tuple(responses))


def load_prompts(folder: Path = FOLDER) -> tuple[SamplePrompt, ...]:
    return tuple(prompt for prompt, _ in _written(folder, None))


def _written(folder: Path, names: list[str] | None) -> Iterator[tuple[SamplePrompt, dict[str, tuple[str, ...]]]]:
    """The prompts of each category with the answers written for them; `names` are those who must answer, if they matter."""
    ids: set[str] = set()
    for category in CATEGORIES:
        for place, row in _rows(folder / "prompts" / f"{category}.jsonl"):
            answers = {name: tuple(turns) for name, turns in row.pop("answers", {}).items()}
            prompt = _parse_prompt(place, row, category)
            if prompt.id in ids:
                raise SampleError(f"{place}: the prompt id {prompt.id!r} is there twice; give each prompt its own")
            if names is not None and sorted(answers) != sorted(names):
                raise SampleError(f"{place}: answers by {', '.join(answers)}; there must be one by each of {', '.join(names)}")
            for name, turns in answers.items():
                _check_turns(place, name, turns, prompt)
            ids.add(prompt.id)
            yield prompt, answers


def load_competitors(path: Path = FOLDER / "competitors.json") -> tuple[SampleCompetitor, ...]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise SampleError(f"{path.name}: not JSON ({error})") from error
    competitors: dict[str, SampleCompetitor] = {}
    for number, row in enumerate(rows, start=1):
        place = f"{path.name}, entry {number}"
        competitor = _parse_competitor(place, row)
        if competitor.name in competitors:
            raise SampleError(f"{place}: the name {competitor.name!r} is there twice; give each competitor its own")
        competitors[competitor.name] = competitor
    return tuple(competitors.values())


def load_responses(path: Path, competitor: str, prompts: Sequence[SamplePrompt]) -> tuple[SampleResponse, ...]:
    known = {prompt.id: prompt for prompt in prompts}
    responses: dict[str, SampleResponse] = {}
    for place, row in _rows(path):
        response = _parse_response(place, row)
        if response.competitor != competitor:
            raise SampleError(f"{place}: competitor {response.competitor!r} in the file of {competitor!r}")
        if response.prompt not in known:
            raise SampleError(f"{place}: no prompt has the id {response.prompt!r}; see the folder prompts")
        if response.prompt in responses:
            raise SampleError(f"{place}: {competitor!r} answers {response.prompt!r} twice; keep one answer")
        _check_turns(place, competitor, response.turns, known[response.prompt])
        responses[response.prompt] = response
    return tuple(responses.values())


def response_path(folder: Path, competitor: SampleCompetitor) -> Path:
    return folder / f"{competitor.slug}.jsonl"


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{path.name}, line {number}"
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise SampleError(f"{place}: not JSON ({error})") from error
        if not isinstance(row, dict):
            raise SampleError(f"{place}: expected an object, found {type(row).__name__}")
        yield place, row


def _parse_prompt(place: str, row: dict[str, Any], category: str) -> SamplePrompt:
    _check_keys(place, row, {"id", "turns", "language"}, {"system_prompt", "reference", "tags", "verifier"})
    if row["language"] not in LANGUAGES:
        raise SampleError(f"{place}: language {row['language']!r}; allowed are {', '.join(LANGUAGES)}")
    if not row["turns"] or not all(row["turns"]):
        raise SampleError(f"{place}: turns must hold at least one text, and no empty one")
    verifier = row.get("verifier")
    if verifier is not None:
        try:
            check_verifier(verifier)
        except ValueError as error:
            raise SampleError(f"{place}: {error}") from error
    return SamplePrompt(
        id=row["id"],
        turns=tuple(row["turns"]),
        system_prompt=row.get("system_prompt", ""),
        reference=row.get("reference", ""),
        category=category,
        language=row["language"],
        tags=tuple(row.get("tags", ())),
        verifier=verifier,
    )


def _check_turns(place: str, name: str, turns: tuple[str, ...], prompt: SamplePrompt) -> None:
    if len(turns) != len(prompt.turns):
        raise SampleError(f"{place}: {len(turns)} answers of {name!r} to the {len(prompt.turns)} turns of {prompt.id!r}")


def _parse_competitor(place: str, row: dict[str, Any]) -> SampleCompetitor:
    needed = {"slug", "name", "organisation", "licence", "price_in", "price_out", "released_on", "description", "strengths"}
    _check_keys(place, row, needed, {"settings"})
    if set(row["strengths"]) != set(CATEGORIES):
        raise SampleError(f"{place}: strengths needs a number for each of {', '.join(CATEGORIES)}")
    settings = _parse_settings(place, row["settings"]) if "settings" in row else None
    released_on = date.fromisoformat(row["released_on"])
    return SampleCompetitor(**{**row, "released_on": released_on, "settings": settings})


def _parse_settings(place: str, row: dict[str, Any]) -> LocalModelSettings:
    _check_keys(place, row, {field.name for field in fields(LocalModelSettings)}, set())
    if set(row["system_prompt"]) != set(LANGUAGES):
        raise SampleError(f"{place}: system_prompt needs one text for each of {', '.join(LANGUAGES)}")
    if row["example"] and set(row["example"]) != set(LANGUAGES):
        raise SampleError(f"{place}: example needs a question and an answer for each of {', '.join(LANGUAGES)}, or none")
    return LocalModelSettings(**row)


def _parse_response(place: str, row: dict[str, Any]) -> SampleResponse:
    _check_keys(place, row, {"prompt", "competitor", "turns", "finish"}, {"tokens_in", "tokens_out", "latency_ms"})
    if row["finish"] not in FINISH_STATES:
        raise SampleError(f"{place}: finish {row['finish']!r}; allowed are {', '.join(FINISH_STATES)}")
    if not isinstance(row["turns"], list) or not all(isinstance(turn, str) for turn in row["turns"]):
        raise SampleError(f"{place}: turns must be a list of strings")
    return SampleResponse(**{**row, "turns": tuple(row["turns"])})


def _check_keys(place: str, row: dict[str, Any], needed: set[str], optional: set[str]) -> None:
    missing, unknown = needed - set(row), set(row) - needed - optional
    if missing:
        raise SampleError(f"{place}: missing {', '.join(sorted(missing))}")
    if unknown:
        raise SampleError(f"{place}: unknown {', '.join(sorted(unknown))}; allowed are {', '.join(sorted(needed | optional))}")
