"""What prompts of an arena can be filtered by."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Func, IntegerField

from arena.models import Arena, Prompt, PromptStatus
from ranking.boards.slices import least_prompts
from ranking.filters import Filters

MOST_OFFERED = 60


class Length(Func):
    """Of a JSON list."""

    function = "json_array_length"
    output_field = IntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **kwargs: Any) -> Any:
        return self.as_sql(compiler, connection, function="jsonb_array_length", **kwargs)


@dataclass(frozen=True, slots=True)
class Options:
    """How many prompts, drafts aside, there are by each value; categories with all the paths above them."""

    categories: Counter[str]
    languages: Counter[str]
    tags: Counter[str]
    pools: Counter[str]  # by their slugs
    turns: Counter[int]
    pool_names: dict[str, str]
    least: int

    def offered(self, n_prompts: Counter[str], chosen: Iterable[str] = ()) -> list[str]:
        """Those with enough prompts for a board, where there is something to choose; what is chosen stays among them."""
        enough = {value for value, n in n_prompts.most_common(MOST_OFFERED) if n >= self.least}
        there_is_a_choice = len(enough) > 1 or any(n_prompts[value] < sum(n_prompts.values()) for value in enough)
        return sorted(enough.union(chosen) if there_is_a_choice else set(chosen))

    @property
    def offers_turns(self) -> bool:
        return sum(n > 0 for n in self.turns.values()) > 1

    def unknown(self, filters: Filters) -> str:
        """The name of a filter that asks for something that no prompt has; "" if there is none."""
        asked = {
            "category": (filters.categories, self.categories), "over": (filters.weights, self.categories),
            "language": (filters.languages, self.languages), "tag": (filters.tags, self.tags),
            "pool": (filters.pools, self.pools),
        }  # fmt: skip
        return next((name for name, (wanted, known) in asked.items() if any(value not in known for value in wanted)), "")


def options_of(arena: Arena) -> Options:
    options = Options(Counter(), Counter(), Counter(), Counter(), Counter(), {}, least_prompts(arena))
    prompts = Prompt.objects.filter(arena=arena).exclude(status=PromptStatus.DRAFT).order_by()
    columns = ("category", "language", "pool__slug", "pool__name", "tags", "n_turns")
    kinds = prompts.annotate(n_turns=Length("turns")).values_list(*columns)
    for category, language, pool, pool_name, tags, n_turns, n in kinds.annotate(n=Count("pk")):
        parts = category.split("/") if category else []
        for i in range(len(parts)):
            options.categories["/".join(parts[: i + 1])] += n
        if language:
            options.languages[language] += n
        options.pools[pool] += n
        options.pool_names[pool] = pool_name
        options.turns[n_turns] += n
        for tag in set(map(str, tags)):
            options.tags[tag] += n
    return options
