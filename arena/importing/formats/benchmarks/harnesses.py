"""Samples of lm-evaluation-harness, which are of one model without its name.

Who imports the file says whose answers they are (`--competitor`).
"""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.importing.files import fields
from arena.importing.files.looks import OF_OBJECTS
from arena.importing.files.problems import MISSING, RowProblem
from arena.importing.files.reading import Row
from arena.importing.files.rows import PromptRow, ResponseRow, without_thinking
from arena.importing.formats.format import Format


class LmEvalSamples(Format[ResponseRow]):
    name = "lm-eval"
    title = gettext_lazy("samples of lm-evaluation-harness: doc_id, arguments, resps; the model is given as an option")
    link = "https://github.com/EleutherAI/lm-evaluation-harness/blob/main/docs/interface.md"
    shapes = OF_OBJECTS
    needed = ("arguments", "resps")
    signature = ("doc_id", "arguments", "resps")
    read = frozenset(needed)
    has_rows_of_several = True

    def rows(self, line: int, row: Row) -> Iterator[ResponseRow]:
        model = competitor_option(self.options)
        asked = PromptRow(line, "", (_question(row),))
        for repeat, text in enumerate(_texts(row)):
            answer = ResponseRow(line, "", model, text, repeat=repeat or None, asked=asked, brings_prompt=True)
            yield without_thinking(answer)


def competitor_option(options: Any) -> str:
    """Raises RowProblem if the competitor was not named."""
    if not options.get("competitor"):
        remedy = _("the file does not name the model: name the competitor beside it (--competitor NAME)")
        raise RowProblem("competitor", MISSING, remedy)
    return fields.name(options, "competitor")


def _question(row: Row) -> str:
    """The first argument of the first request: in newer files under gen_args_0 and arg_0."""
    arguments = row.get("arguments")
    for _step in range(3):
        if isinstance(arguments, dict):
            arguments = arguments.get("gen_args_0", arguments.get("arg_0"))
        elif isinstance(arguments, list) and arguments:
            arguments = arguments[0]
    if not isinstance(arguments, str) or not arguments.strip():
        raise RowProblem("arguments", row.get("arguments"), _("the text that was asked is needed, as gen_args_0 or in a list"))
    return fields.text({"arguments": arguments}, "arguments")


def _texts(row: Row) -> list[str]:
    resps = row.get("resps")
    answers = resps[0] if isinstance(resps, list) and resps and isinstance(resps[0], list) else resps
    if not isinstance(answers, list) or not answers or not all(isinstance(each, str) for each in answers):
        raise RowProblem("resps", resps, _("a list with a list of texts is needed: likelihoods are not answers"))
    return [fields.text({"resps": each}, "resps") for each in answers]
