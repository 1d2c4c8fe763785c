"""Battles as rows, and the columns that every row about a battle has."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext_lazy

from arena import access
from arena.exporting.access import Reader
from arena.exporting.names import battle_namer, competitor_names
from arena.exporting.tables import Chosen, ExportTable, FileColumn, Holds, Row, counted, walk
from arena.models import Arena, Battle, Import, Vote
from arena.models.found_rows import state_of_source
from arena.texts.csv_cells import figure

AT_ONCE = 1_000
BATTLE_COLUMNS = (
    FileColumn(
        "battle",
        Holds.TEXT,
        gettext_lazy("The battle's id: eight digits for this arena of this site, and its number as in REST."),
    ),
    FileColumn("prompt_id", Holds.TEXT, gettext_lazy("The id of the prompt; empty where it is not known.")),
    FileColumn("model_a", Holds.TEXT, gettext_lazy("The model that gave answer a.")),
    FileColumn("model_b", Holds.TEXT, gettext_lazy("The model that gave answer b.")),
    FileColumn(
        "repeat_a", Holds.INTEGER, gettext_lazy("Which of that model’s answers to the prompt; empty where either is not here.")
    ),
    FileColumn(
        "repeat_b", Holds.INTEGER, gettext_lazy("Which of that model’s answers to the prompt; empty where either is not here.")
    ),
)
COUNTING_COLUMNS = (
    FileColumn("is_counted", Holds.TRUTH, gettext_lazy("Whether it counts; false where it was set aside.")),
    FileColumn("set_aside_reason", Holds.TEXT, gettext_lazy("Why it does not count.")),
)
"""Of what may be set aside: votes and games."""
COLUMNS = (
    *BATTLE_COLUMNS,
    FileColumn("n_a", Holds.INTEGER, gettext_lazy("Votes that count for answer a.")),
    FileColumn("n_b", Holds.INTEGER, gettext_lazy("Votes that count for answer b.")),
    FileColumn("n_tie", Holds.INTEGER, gettext_lazy("Votes that count for both as equally good.")),
    FileColumn("n_both_bad", Holds.INTEGER, gettext_lazy("Votes that count for both as bad.")),
    FileColumn("n_set_aside", Holds.INTEGER, gettext_lazy("Votes that do not count.")),
    FileColumn(
        "propensity",
        Holds.NUMBER,
        gettext_lazy("The probability with which the pair was drawn when it was first served."),
        for_curators=True,
    ),
    FileColumn("created_at", Holds.TIME, gettext_lazy("When it was made, or had happened.")),
)
READ = ("pk", "competitor_a_id", "competitor_b_id", "propensity", "created_at")
OF_ANSWER = ("repeat", "archived_at")


class BattleTable(ExportTable):
    key = "battles"
    title = gettext_lazy("Battles")
    description = gettext_lazy(
        "Which two answers met on which prompt, with the votes by outcome. Prompts that voters are comparing now are left out."
    )
    columns = COLUMNS
    goes_in_as = "import_battles"

    def count(self, reader: Reader, arena: Arena) -> int:
        return counted(readable_battles(reader, arena))

    def n_withheld(self, reader: Reader, arena: Arena, chosen: Chosen) -> int:
        return withheld_battles(reader, arena).count()

    def rows(self, reader: Reader, arena: Arena, chosen: Chosen) -> Iterator[Row]:
        namer = BattleNames(arena)
        for battles in walk(lambda: with_names(readable_battles(reader, arena)), AT_ONCE):
            votes = _votes_on(battles)
            for battle in battles:
                by_outcome = votes[battle.pk]
                yield namer.row(battle) | {
                    "n_a": by_outcome["a"], "n_b": by_outcome["b"], "n_tie": by_outcome["tie"],
                    "n_both_bad": by_outcome["both_bad"], "n_set_aside": by_outcome["set_aside"],
                    "propensity": figure(battle.propensity), "created_at": battle.created_at,
                }  # fmt: skip


def readable_battles(reader: Reader, arena: Arena) -> "QuerySet[Battle]":
    return access.battles_for(reader.visitor, arena, reader.voter_in(arena))


def withheld_battles(reader: Reader, arena: Arena) -> "QuerySet[Battle]":
    """Those that this reader may read once no pair is open on their prompts."""
    return access.battles_in_play(reader.visitor, arena, reader.voter_in(arena))


def with_names(battles: "QuerySet[Battle]") -> "QuerySet[Battle]":
    """With what `BattleNames` reads, and no texts."""
    of_answers = {f"{name}_{side}": F(f"response_{side}__{name}") for side in ("a", "b") for name in OF_ANSWER}
    return battles.only(*READ).annotate(prompt_key=F("prompt__key"), **of_answers)


class BattleNames:
    """The columns about a battle: the same in every file of an arena."""

    def __init__(self, arena: Arena) -> None:
        self.name_of, self._names = battle_namer(arena), competitor_names(arena)

    def row(self, battle: Battle) -> Row:
        """Of one out of `with_names`."""
        values = vars(battle)
        # where one was corrected or archived, another text may stand in its place
        are_in_use = values["archived_at_a"] is None and values["archived_at_b"] is None
        return {
            "battle": self.name_of(battle.pk), "prompt_id": values["prompt_key"],
            "model_a": self._names[battle.competitor_a_id], "model_b": self._names[battle.competitor_b_id],
            "repeat_a": values["repeat_a"] if are_in_use else None, "repeat_b": values["repeat_b"] if are_in_use else None,
        }  # fmt: skip


def loaded_votes(battles: "Sequence[Battle] | QuerySet[Battle]") -> "QuerySet[Vote]":
    """All votes cast or imported on these, except those of an import that is still being loaded or has failed."""
    whole = Q(source=None) | Q(source__state__in=[Import.State.PUBLISHED, Import.State.SET_ASIDE])
    votes = Vote.objects.filter(whole)
    if isinstance(battles, QuerySet):
        return votes.filter(battle__in=battles.order_by().values("pk"))
    return votes.filter(battle__in=[battle.pk for battle in battles])


def _votes_on(battles: Sequence[Battle]) -> dict[int, dict[str, int]]:
    counts: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    rows = (
        loaded_votes(battles)
        .order_by()
        .annotate(state=state_of_source("vote"))
        .values_list("battle_id", "outcome", "is_counted", "state")
        .annotate(n=Count("pk"))
    )
    for battle, outcome, is_counted, state, n in rows:
        counts[battle][outcome if is_counted and state != Import.State.SET_ASIDE else "set_aside"] += n
    return counts
