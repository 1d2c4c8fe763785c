"""Notes on imported judgements and labels; translated when read, as in `arena.importing.files.notes`."""

from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext_lazy, ngettext_lazy

from arena.importing.files.notes import FileNote, lazy_lines_of, note

MOST_NAMED = 10
MOST_LINES, MOST_COLUMNS = 5, 20

_PROMPTS = ngettext_lazy("%(n)s prompt", "%(n)s prompts", "n")
_ANSWERS = ngettext_lazy("%(n)s answer", "%(n)s answers", "n")
_COMPETITORS = ngettext_lazy("%(n)s model", "%(n)s models", "n")
_BATTLES = ngettext_lazy("%(n)s battle", "%(n)s battles", "n")


def of_columns(ignored: Sequence[str]) -> list[FileNote]:
    """Columns that are not read."""
    words = gettext_lazy("Columns that are not read: %(columns)s.")
    return [note(words, columns=", ".join(ignored[:MOST_COLUMNS]))] if ignored else []


def of_new(new: Mapping[str, int]) -> FileNote:
    """Prompts, answers and competitors that were made."""
    return note(
        gettext_lazy("New: %(prompts)s, %(answers)s, %(competitors)s."), prompts=note(_PROMPTS, n=new["prompt"]),
        answers=note(_ANSWERS, n=new["answer"]), competitors=note(_COMPETITORS, n=new["competitor"]),
    )  # fmt: skip


def of_repeated_pairs(groups: Sequence[str], n_pairs: int) -> FileNote:
    words = ngettext_lazy(
        "%(n)s pair is the same answers to the same prompt as others, so they are %(battles)s: %(groups)s.",
        "%(n)s pairs are the same answers to the same prompt as others, so they are %(battles)s: %(groups)s.",
        "n",
    )
    return note(words, n=n_pairs, battles=note(_BATTLES, n=len(groups)), groups=named(groups))


def of_contradictions(contradicted: Mapping[str, Sequence[str]]) -> FileNote:
    words = ngettext_lazy(
        "%(n)s battle has labels that contradict each other and counts in no figure: %(battles)s. Set the wrong labels aside "
        "in the admin, under Gold items.",
        "%(n)s battles have labels that contradict each other and count in no figure: %(battles)s. Set the wrong labels aside "
        "in the admin, under Gold items.",
        "n",
    )
    battles = named(f"{key} ({', '.join(labels)})" for key, labels in contradicted.items())
    return note(words, n=len(contradicted), battles=battles)


def of_empty_answers(keys: Sequence[str]) -> FileNote:
    words = ngettext_lazy(
        "%(n)s pair has an empty answer: %(keys)s. What is said of it counts; no voter is shown it, and no judge is asked.",
        "%(n)s pairs have an empty answer: %(keys)s. What is said of them counts; no voter is shown them, and no judge is "
        "asked.",
        "n",
    )
    return note(words, n=len(keys), keys=named(keys))


def of_empty_judged(lines: Sequence[int]) -> FileNote:
    words = ngettext_lazy(
        "%(n)s row has an empty answer (%(lines)s). It counts; no voter is shown it, and no other judge is asked.",
        "%(n)s rows have an empty answer (%(lines)s). They count; no voter is shown them, and no other judge is asked.",
        "n",
    )
    return note(words, n=len(lines), lines=lazy_lines_of(lines, most=MOST_LINES))


def of_sets(names: Iterable[str]) -> FileNote:
    return note(gettext_lazy("Gold sets of the file: %(names)s."), names=named(names))


def of_serving_set(name: str) -> FileNote:
    words = gettext_lazy("These are labels of the gold set %(name)s, which serves this file too; no other set was created.")
    return note(words, name=name)


def of_labelled_answers(n: int) -> FileNote:
    words = ngettext_lazy("%(n)s answer with a label of its own.", "%(n)s answers with a label of their own.", "n")
    return note(words, n=n)


def of_other_labels(n: int) -> FileNote:
    words = ngettext_lazy(
        "%(n)s answer has another label in this set already, which stays.",
        "%(n)s answers have other labels in this set already, which stay.",
        "n",
    )
    return note(words, n=n)


def of_unknown_prompts(n: int) -> FileNote:
    words = ngettext_lazy(
        "%(n)s row names a prompt or an answer that is not in the arena: left out.",
        "%(n)s rows name a prompt or an answer that is not in the arena: left out.",
        "n",
    )
    return note(words, n=n)


def of_undecided_pairs(n: int) -> FileNote:
    words = ngettext_lazy(
        "%(n)s pair without a majority among the annotators: no label.",
        "%(n)s pairs without a majority among the annotators: no label.",
        "n",
    )
    return note(words, n=n)


def of_id_for_prompt(place: object, prompt: str) -> FileNote:
    words = gettext_lazy("%(place)s: the prompt is %(prompt)s, the id of a prompt here; its text is needed.")
    return note(words, place=place, prompt=repr(prompt))


def of_name_for_answer(place: object, side: str, name: str) -> FileNote:
    words = gettext_lazy("%(place)s: answer %(side)s is %(name)s, the name of a model; its answer is needed.")
    return note(words, place=place, side=side, name=repr(name))


def of_more_ids(n: int) -> FileNote:
    words = ngettext_lazy(
        "%(n)s more text of this file is an id or a name.", "%(n)s more texts of this file are an id or a name.", "n"
    )
    return note(words, n=n)


def of_contradicting_replies(lines: Sequence[int], label: str, reply: str) -> FileNote:
    words = ngettext_lazy(
        "%(n)s judgement has a reply that says something else than the label (%(lines)s; such as %(label)s beside "
        "%(reply)s): the label counts, and the reply is kept.",
        "%(n)s judgements have a reply that says something else than the label (%(lines)s; such as %(label)s beside "
        "%(reply)s): the label counts, and the reply is kept.",
        "n",
    )
    return note(words, n=len(lines), lines=lazy_lines_of(lines, most=MOST_LINES), label=label, reply=reply)


def of_letters() -> FileNote:
    return note(gettext_lazy("A letter in a reply is read as the place of the answer: A was shown first, B second."))


def of_rows_without_battle(lines: Sequence[int]) -> FileNote:
    words = ngettext_lazy(
        "%(n)s row names no battle of the arena: left out (%(lines)s).",
        "%(n)s rows name no battle of the arena: left out (%(lines)s).",
        "n",
    )
    return note(words, n=len(lines), lines=lazy_lines_of(lines, most=MOST_LINES))


def of_lone_answers(lines: Sequence[int]) -> FileNote:
    words = ngettext_lazy(
        "%(n)s answer is the only answer to its prompt that was graded, and an answer alone makes no battle: left out "
        "(%(lines)s).",
        "%(n)s answers are the only answers to their prompts that were graded, and an answer alone makes no battle: left out "
        "(%(lines)s).",
        "n",
    )
    return note(words, n=len(lines), lines=lazy_lines_of(lines, most=MOST_LINES))


def of_other_verdicts(n: int) -> FileNote:
    words = ngettext_lazy(
        "%(n)s game of this judge is here with another verdict, which stays: give another name where it is another judge, or "
        "number them by repeat.",
        "%(n)s games of this judge are here with another verdict, which stays: give another name where it is another judge, or "
        "number them by repeat.",
        "n",
    )
    return note(words, n=n)


def of_repeated_games(n: int) -> FileNote:
    words = ngettext_lazy(
        "%(n)s game stands in the file a second time, word for word: one game each.",
        "%(n)s games stand in the file a second time, word for word: one game each.",
        "n",
    )
    return note(words, n=n)


def named(names: Iterable[str]) -> object:
    """The first of them."""
    every = list(names)
    first, n_more = "; ".join(every[:MOST_NAMED]), len(every) - MOST_NAMED
    return note(gettext_lazy("%(names)s and %(n)s more"), names=first, n=n_more) if n_more > 0 else first
