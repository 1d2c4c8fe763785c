"""Preference pairs in the layouts that training and its benchmarks read: DPO and KTO as TRL has them, RewardBench, HelpSteer2.

Besides its layout, each row says whose opinions it rests on, how sure they are, and where its texts come from.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import count
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy, pgettext_lazy

from arena.evidence.same_texts import prompts_of_one_text
from arena.exporting.access import Reader
from arena.exporting.battles import readable_battles, withheld_battles
from arena.exporting.preferences import (
    PairTally,
    Preference,
    TwoAnswers,
    both_bad,
    in_use,
    labels_of,
    preferences_of,
    tallies_of_people,
    with_two_answers,
)
from arena.exporting.prompts import readable_prompts
from arena.exporting.tables import ARCHIVED, Chosen, ExportTable, FileColumn, Holds, Option, Row, walk
from arena.models import Archivable, Arena, Battle, Competitor, Prompt, Response
from arena.outcomes import Outcome
from arena.texts.csv_cells import figure
from judges.exporting.judges_preferences import judges_that_count, tallies_of_judges

PROMPTS_AT_ONCE = 50
BETTER, MUCH_BETTER = 2, 3  # on HelpSteer2's scale from -3 to 3; "slightly better", its 1, does not exist here

OPTIONS = (
    Option(
        "source", gettext_lazy("Whose word"),
        gettext_lazy("Whose opinions these are; of judges those that count, so no program that is a baseline."),
        words={"people": gettext_lazy("people"), "judges": gettext_lazy("judges")}, default="people",
    ),
    Option(
        "least_votes", gettext_lazy("Least votes"), gettext_lazy("The least number of votes, or judges, on the two answers."),
        default=1,
    ),
    Option(
        "both_orders", gettext_lazy("Judges in both orders"),
        gettext_lazy("Whether a judge counts only if it says the same in both orders."),
        words={"yes": gettext_lazy("have to agree"), "no": gettext_lazy("the majority of its games")}, default="yes",
    ),
    Option(
        "per_prompt", gettext_lazy("Most per prompt"),
        gettext_lazy("The most pairs per prompt, which is one text whatever its ids; the surest ones are taken."),
        default=1_000_000,
    ),
    Option(
        "contested", gettext_lazy("Contested pairs"), gettext_lazy("What to do with pairs on which somebody chose the "
        "other answer."),
        words={"leave_out": gettext_lazy("left out"), "mark": pgettext_lazy("pairs", "marked")}, default="leave_out",
    ),
    ARCHIVED,
)  # fmt: skip
BAD_ONES = Option(
    "both_bad", gettext_lazy("Both bad"), gettext_lazy("What to do with two answers that most call bad."),
    words={"leave_out": gettext_lazy("left out"), "undesirable": gettext_lazy("both undesirable")}, default="leave_out",
)  # fmt: skip
SURENESS = (
    FileColumn("source", Holds.TEXT, gettext_lazy("people or judges.")),
    FileColumn("judges", Holds.TEXTS, gettext_lazy("The judges, if opinions are judges'.")),
    FileColumn("margin", Holds.NUMBER, gettext_lazy("The share for it less the share against it, above 0 and up to 1.")),
    FileColumn("n_votes", Holds.INTEGER, gettext_lazy("How many votes, or judges, it is based on.")),
    FileColumn("is_contested", Holds.TRUTH, gettext_lazy("Whether anybody chose the other answer.")),
)
ORIGIN = (
    FileColumn("arena", Holds.TEXT, gettext_lazy("The arena’s short name.")),
    FileColumn("prompt_id", Holds.TEXT, gettext_lazy("The prompt’s id.")),
    FileColumn("category", Holds.TEXT, gettext_lazy("The prompt’s category.")),
    FileColumn("language", Holds.TEXT, gettext_lazy("The prompt’s language.")),
    FileColumn(
        "archived_at", Holds.TIME,
        gettext_lazy("When its prompt, an answer or a model was archived, or an answer corrected; empty where all are in use."),
    ),
)  # fmt: skip
PAIR_ORIGIN = (
    *SURENESS, *ORIGIN,
    FileColumn("chosen_repeat", Holds.INTEGER, gettext_lazy("Which of the model’s answers was chosen.")),
    FileColumn("rejected_repeat", Holds.INTEGER, gettext_lazy("Which of the model’s answers was rejected.")),
    FileColumn("chosen_finish", Holds.TEXT, gettext_lazy("stop, or length where the chosen one was cut at the token limit.")),
    FileColumn(
        "rejected_finish", Holds.TEXT, gettext_lazy("stop, or length where the rejected one was cut at the token limit.")
    ),
    FileColumn("chosen_licence", Holds.TEXT, gettext_lazy("Licence of the model that was chosen, where it was given.")),
    FileColumn("rejected_licence", Holds.TEXT, gettext_lazy("Licence of the model that was rejected, where it was given.")),
)  # fmt: skip
CHOSEN_MODEL = FileColumn("chosen_model", Holds.TEXT, gettext_lazy("The model that was chosen."))
REJECTED_MODEL = FileColumn("rejected_model", Holds.TEXT, gettext_lazy("The model that was rejected."))
ASKED = FileColumn("prompt", Holds.TEXT, gettext_lazy("What the user says."))
SYSTEM_PROMPT = FileColumn("system_prompt", Holds.TEXT, gettext_lazy("The system prompt that the models were given."))


@dataclass(frozen=True, slots=True)
class Part:
    """A batch of prompts: opinions on their answers, and the texts."""

    tallies: Mapping[TwoAnswers, PairTally]
    prompts: Mapping[int, Prompt]
    responses: Mapping[int, Response]
    models: Mapping[int, Competitor]
    same: Mapping[int, int]
    """Prompts whose text another one of the batch has, and that one."""

    def archived_at(self, *answers: int) -> datetime | None:
        """When the first of the prompt, these answers and their models was."""
        rows: list[Archivable] = [self.responses[answer] for answer in answers]
        rows += [self.model_of(answer) for answer in answers] + [self.prompts[self.responses[answers[0]].prompt_id]]
        return min((row.archived_at for row in rows if row.archived_at), default=None)

    def model_of(self, answer: int) -> Competitor:
        return self.models[self.responses[answer].competitor_id]


class PreferenceTable(ExportTable):
    """Prompts in batches: opinions on the answers, and their texts."""

    options: Sequence[Option] = OPTIONS
    only_one_turn = False

    def count(self, reader: Reader, arena: Arena) -> None:
        """Known only when they are made."""
        return

    def n_withheld(self, reader: Reader, arena: Arena, chosen: Chosen) -> int:
        withheld = partial(withheld_battles, reader, arena)
        if not withheld().exists():
            return 0
        of_those = Prompt.objects.filter(pk__in=withheld().values("prompt"))
        return sum(1 for part in self._parts(arena, chosen, lambda: of_those, withheld) for _row in self.of_part(part, chosen))

    def rows(self, reader: Reader, arena: Arena, chosen: Chosen) -> Iterator[Row]:
        numbers = count(1)
        prompts, battles = partial(readable_prompts, reader, arena), partial(readable_battles, reader, arena)
        for part in self._parts(arena, chosen, prompts, battles):
            for row in self.of_part(part, chosen):
                yield row | {"arena": arena.slug, "source": chosen["source"], "id": next(numbers)}

    def of_part(self, part: Part, chosen: Chosen) -> Iterator[Row]:
        for preference in _preferences(part, chosen):
            yield _pair_origin(part, preference) | self.of_pair(part, preference)

    def of_pair(self, part: Part, preference: Preference) -> Row:
        raise NotImplementedError

    def _parts(
        self, arena: Arena, chosen: Chosen, readable: "Callable[[], QuerySet[Prompt]]", fought: "Callable[[], QuerySet[Battle]]"
    ) -> Iterator[Part]:
        """All prompts of a text come together, so that they count as one."""
        models = {model.pk: model for model in Competitor.objects.filter(arena=arena)}
        is_all = chosen["archived"] == "all"

        def wanted() -> "QuerySet[Prompt]":
            return readable() if is_all else readable().filter(archived_at=None)

        same = prompts_of_one_text(wanted())
        others = defaultdict(list)
        for prompt, first in same.items():
            others[first].append(prompt)
        for prompts in walk(lambda: _to_read(wanted()), PROMPTS_AT_ONCE):
            firsts = [prompt for prompt in prompts if prompt.pk not in same]
            alike = _to_read(wanted()).filter(pk__in=[pk for first in firsts for pk in others[first.pk]])
            asked = {each.pk: each for each in (*firsts, *alike) if len(each.turns) == 1 or not self.only_one_turn}
            battles = with_two_answers(fought().filter(prompt__in=asked))
            tallies = _tallies(arena, chosen, battles if is_all else in_use(battles))
            named = {answer for answers in tallies for answer in (answers.a, answers.b)}
            yield Part(tallies, asked, Response.objects.defer("html").in_bulk(named), models, same)


class DpoTable(PreferenceTable):
    key = "pairs-dpo"
    title = gettext_lazy("Preference pairs for DPO")
    description = gettext_lazy("A prompt, the answer that was chosen and the one that was rejected, as TRL reads them.")
    columns = (
        FileColumn("prompt", Holds.MESSAGES, gettext_lazy("The prompt: the system text and the first turn.")),
        FileColumn("chosen", Holds.MESSAGES, gettext_lazy("The answer that was chosen; of several turns all that follows.")),
        FileColumn("rejected", Holds.MESSAGES, gettext_lazy("The answer that was rejected, in the same way.")),
        CHOSEN_MODEL, REJECTED_MODEL, *PAIR_ORIGIN,
    )  # fmt: skip

    def of_pair(self, part: Part, preference: Preference) -> Row:
        prompt = part.prompts[preference.answers.prompt]
        return {
            "prompt": opening(prompt), "chosen": continued(prompt, part.responses[preference.chosen]),
            "rejected": continued(prompt, part.responses[preference.rejected]),
        }  # fmt: skip


class KtoTable(PreferenceTable):
    key = "pairs-kto"
    title = gettext_lazy("Single preferences for KTO")
    description = gettext_lazy("Answers with a label: desirable where they were chosen, undesirable where they were rejected.")
    options = (*OPTIONS, BAD_ONES)
    columns = (
        FileColumn("prompt", Holds.MESSAGES, gettext_lazy("The prompt: the system text and the first turn.")),
        FileColumn("completion", Holds.MESSAGES, gettext_lazy("The answer; of several turns all that follows.")),
        FileColumn("label", Holds.TRUTH, gettext_lazy("Whether it is desirable.")),
        FileColumn("model", Holds.TEXT, gettext_lazy("The model that gave it.")),
        FileColumn("repeat", Holds.INTEGER, gettext_lazy("Which of the model’s answers it is.")),
        FileColumn("finish", Holds.TEXT, gettext_lazy("stop, or length where it was cut at the token limit.")),
        FileColumn("licence", Holds.TEXT, gettext_lazy("Licence of the model, where it was given.")),
        *SURENESS, *ORIGIN,
    )  # fmt: skip

    def of_part(self, part: Part, chosen: Chosen) -> Iterator[Row]:
        preferences = _preferences(part, chosen)
        bad = both_bad(part.tallies, least_votes=chosen["least_votes"]) if chosen["both_bad"] == "undesirable" else []
        speaking = _speaking([*(each.answers for each in preferences), *bad])
        for answer, labels in sorted(labels_of(preferences, bad).items()):
            is_contested = labels[True] > 0 and labels[False] > 0
            if labels[True] == labels[False] or (is_contested and chosen["contested"] == "leave_out"):
                continue  # chosen here and rejected there
            tallies = [part.tallies[answers] for answers in speaking[answer]]
            response, model = part.responses[answer], part.model_of(answer)
            prompt = part.prompts[response.prompt_id]
            yield _origin(prompt) | {
                "prompt": opening(prompt), "completion": continued(prompt, response), "label": labels[True] > labels[False],
                "archived_at": part.archived_at(answer),
                "model": model.name, "repeat": response.repeat, "finish": response.finish, "licence": model.licence or None,
                "judges": sorted({judge for each in tallies for judge in each.judges}),
                "margin": figure(abs(labels[True] - labels[False]) / labels.total()),
                "n_votes": sum(each.n for each in tallies),
                "is_contested": is_contested or any(each.is_contested for each in preferences if answer in each.answers[1:]),
            }  # fmt: skip


class RewardBenchTable(PreferenceTable):
    key = "pairs-rewardbench"
    title = gettext_lazy("Preference pairs as RewardBench has them")
    description = gettext_lazy(
        "A prompt, the chosen and the rejected answer as texts, for reward models. Prompts of one turn alone."
    )
    only_one_turn = True
    columns = (
        ASKED,
        FileColumn("chosen", Holds.TEXT, gettext_lazy("The answer that was chosen.")),
        CHOSEN_MODEL,
        FileColumn("rejected", Holds.TEXT, gettext_lazy("The answer that was rejected.")),
        REJECTED_MODEL,
        FileColumn("subset", Holds.TEXT, gettext_lazy("The prompt’s category; without one, the arena.")),
        FileColumn("id", Holds.INTEGER, gettext_lazy("1, 2, 3 and so on, in this file.")),
        SYSTEM_PROMPT,
        *PAIR_ORIGIN,
    )  # fmt: skip

    def of_pair(self, part: Part, preference: Preference) -> Row:
        prompt = part.prompts[preference.answers.prompt]
        return {
            "prompt": prompt.turns[0], "chosen": part.responses[preference.chosen].text,
            "rejected": part.responses[preference.rejected].text, "subset": prompt.category or prompt.arena.slug,
            "system_prompt": prompt.system_prompt or None,
        }  # fmt: skip


class HelpSteer2Table(PreferenceTable):
    key = "pairs-helpsteer2"
    title = gettext_lazy("Preference pairs as HelpSteer2 has them")
    description = gettext_lazy(
        "A prompt, two answers and by how much one is better, for reward models. Prompts of one turn alone."
    )
    only_one_turn = True
    columns = (
        FileColumn("split", Holds.TEXT, gettext_lazy("Always train.")),
        ASKED,
        FileColumn("response_1", Holds.TEXT, gettext_lazy("Answer a.")),
        FileColumn("response_2", Holds.TEXT, gettext_lazy("Answer b.")),
        FileColumn(
            "preference_strength", Holds.INTEGER,
            gettext_lazy("-3 or -2 where answer 1 is much better or better, 2 or 3 where answer 2 is."),
        ),
        SYSTEM_PROMPT,
        CHOSEN_MODEL, REJECTED_MODEL, *PAIR_ORIGIN,
    )  # fmt: skip

    def of_pair(self, part: Part, preference: Preference) -> Row:
        prompt, strength = part.prompts[preference.answers.prompt], MUCH_BETTER if preference.is_much_better else BETTER
        return {
            "split": "train", "prompt": prompt.turns[0], "response_1": part.responses[preference.answers.a].text,
            "response_2": part.responses[preference.answers.b].text, "system_prompt": prompt.system_prompt or None,
            "preference_strength": -strength if preference.winner == Outcome.A else strength,
        }  # fmt: skip


# --- what rows are made of -----------------------------------------------------------------------------------------------


def _to_read(prompts: "QuerySet[Prompt]") -> "QuerySet[Prompt]":
    return prompts.select_related("arena").defer("html", "reference", "verifier")


def _tallies(arena: Arena, chosen: Chosen, battles: "QuerySet[Battle]") -> Mapping[TwoAnswers, PairTally]:
    if chosen["source"] == "people":
        return tallies_of_people(battles)
    return tallies_of_judges(battles, judges_that_count(arena), both_orders=chosen["both_orders"] == "yes")


def opening(prompt: Prompt) -> list[dict[str, str]]:
    """The part that all answers to a prompt share."""
    system = [_message("system", prompt.system_prompt)] if prompt.system_prompt else []
    return [*system, _message("user", prompt.turns[0])]


def continued(prompt: Prompt, response: Response) -> list[dict[str, str]]:
    """The rest: the answer and, if there are several turns, the user's turns in between."""
    answers = response.turns or [response.text]
    if len(answers) != len(prompt.turns):  # told in one piece
        answers = [response.text]
    following = [_message("assistant", answers[0])]
    for asked, answered in zip(prompt.turns[1:], answers[1:], strict=False):
        following += [_message("user", asked), _message("assistant", answered)]
    return following


def _message(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def _preferences(part: Part, chosen: Chosen) -> list[Preference]:
    return preferences_of(
        part.tallies, least_votes=chosen["least_votes"], with_contested=chosen["contested"] == "mark",
        most_a_prompt=chosen["per_prompt"], same=part.same,
    )  # fmt: skip


def _speaking(pairs: Sequence[TwoAnswers]) -> dict[int, list[TwoAnswers]]:
    by_answer: dict[int, list[TwoAnswers]] = {}
    for answers in pairs:
        for answer in (answers.a, answers.b):
            by_answer.setdefault(answer, []).append(answers)
    return by_answer


def _origin(prompt: Prompt) -> Row:
    return {"prompt_id": prompt.key, "category": prompt.category or None, "language": prompt.language or None}


def _pair_origin(part: Part, preference: Preference) -> Row:
    of_sides: dict[str, Any] = {}
    for side, answer in (("chosen", preference.chosen), ("rejected", preference.rejected)):
        model = part.model_of(answer)
        of_sides |= {
            f"{side}_model": model.name,
            f"{side}_repeat": part.responses[answer].repeat,
            f"{side}_finish": part.responses[answer].finish,
            f"{side}_licence": model.licence or None,
        }
    return of_sides | _origin(part.prompts[preference.answers.prompt]) | {
        "judges": list(preference.tally.judges), "margin": figure(preference.margin), "n_votes": preference.tally.n,
        "is_contested": preference.is_contested, "archived_at": part.archived_at(preference.chosen, preference.rejected),
    }  # fmt: skip
