"""The steps in which a new run is put together: one short form each.

What the other steps hold is carried along in hidden inputs, so they work without a script and going back loses nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from arena.models import Arena
from arena.views.starting.run_forms import ESTIMATE, RunForm


@dataclass(frozen=True, slots=True)
class ListedStep:
    """A step as the page lists it."""

    number: int
    title: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class CarriedValue:
    """A hidden input."""

    name: str
    value: Any


def afresh[F: RunForm](form: F, arena: Arena) -> F:
    """The same values in a form that complains of nothing: its later steps were not asked yet."""
    values = {name: form[name].value() for name in form.fields}
    return type(form)(arena=arena, initial=values)  # type: ignore[call-arg]  # every kind of run has an arena


def next_step(form: RunForm, step: str, *, is_back: bool) -> str:
    """Where to go from a step; it stays where one of its own fields is wrong. What names no step is the whole form."""
    steps = form.steps()
    keys = [each.key for each in steps]
    if step not in keys:
        return ESTIMATE
    place = keys.index(step)
    if is_back:
        return keys[max(place - 1, 0)]
    if set(steps[place].fields) & set(form.errors):
        return step
    return keys[min(place + 1, len(keys) - 1)]


def step_to_show(form: RunForm) -> str:
    """The first step with an error; what concerns the plan as a whole has a step of its own choice."""
    steps = form.steps()
    if not form.is_bound:
        return steps[0].key
    wrong = next((each.key for each in steps if set(each.fields) & set(form.errors)), None)
    return wrong or form.shows_whole


def steps_context(form: RunForm, step: str) -> dict[str, Any]:
    """For the template: the list of steps, the fields of this one, and the values that it carries along."""
    steps = form.steps()
    shown = next((each.fields for each in steps if each.key == step), [])
    return {
        "step": step,
        "is_first_step": step == steps[0].key,
        "is_last_step": step == steps[-2].key,
        "steps": [ListedStep(number, str(each.title), each.key == step) for number, each in enumerate(steps, 2)],
        "shown_fields": [form[name] for name in shown],
        "carried": [value for name in form.fields if name not in shown for value in _carried(form, name)],
    }


def _carried(form: RunForm, name: str) -> Iterator[CarriedValue]:
    value = form[name].value()
    if isinstance(value, list | tuple):
        yield from (CarriedValue(name, each) for each in value)
    elif value is True:
        yield CarriedValue(name, "on")
    elif value not in (None, "", False):
        yield CarriedValue(name, value)
