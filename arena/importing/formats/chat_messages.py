"""Chats as OpenAI's messages, ShareGPT's conversations and their kin: prompts, and the answers of a model that is named."""

from pathlib import Path
from types import MappingProxyType

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from arena.importing.files import fields
from arena.importing.files.looks import OF_OBJECTS
from arena.importing.files.notes import FileNote, note
from arena.importing.files.problems import RowProblem
from arena.importing.files.reading import Row
from arena.importing.files.rows import PromptRow, ResponseRow, without_thinking
from arena.importing.formats.conversations import Conversation, conversation, whole_question
from arena.importing.formats.format import Format
from arena.importing.formats.prompt_files import IDS, category_path, language_of

MESSAGES = ("conversations", "conversation", "chat")
OWN_IDS = (*IDS, "conversation_id", "conversation_hash")
CHAT_LINK = "https://platform.openai.com/docs/api-reference/chat"


class ChatPrompts(Format[PromptRow]):
    name = "chat"
    title = gettext_lazy("messages of OpenAI or ShareGPT: role and content, or from and value")
    link = CHAT_LINK
    shapes = OF_OBJECTS
    needed = ("messages",)
    read = frozenset({*needed, "id", "category", "language"})
    other_words = MappingProxyType({"messages": MESSAGES, "id": OWN_IDS})

    def __init__(self, path: Path) -> None:
        self._n_answered = 0

    def row(self, line: int, row: Row) -> PromptRow:
        chat = conversation(row, "messages")
        self._n_answered += bool(chat.answered)
        asked = asked_row(line, chat, fields.optional_identifier(row, "id"), "messages")
        category = category_path(fields.text(row, "category", default=""))
        return asked._replace(category=category, language=language_of(row))

    def notes(self) -> list[FileNote]:
        return [note(_ANSWERED, n=self._n_answered)] if self._n_answered else []


class ChatAnswers(Format[ResponseRow]):
    name = "chat"
    title = gettext_lazy("messages of OpenAI or ShareGPT, with the model that answered")
    link = CHAT_LINK
    shapes = OF_OBJECTS
    needed = ("messages", "model")
    read = frozenset({*needed, "id"})
    other_words = MappingProxyType({"messages": MESSAGES, "id": OWN_IDS, "model": ("competitor", "model_name", "generator")})

    def row(self, line: int, row: Row) -> ResponseRow:
        chat = conversation(row, "messages")
        key = fields.optional_identifier(row, "id")
        asked = asked_row(line, chat.up_to_answers(len(chat.answered)), key, "messages")
        if not chat.answered:
            raise RowProblem("messages", row.get("messages"), _("at least one message of the role assistant is needed"))
        turns = chat.answered if len(chat.answered) > 1 else ()
        answer = "\n\n".join(chat.answered)
        return without_thinking(
            ResponseRow(line, key, fields.name(row, "model"), answer, turns, asked=asked, brings_prompt=True)
        )  # fmt: skip


class OpenAiEvals(Format[PromptRow]):
    name = "openai-evals"
    title = gettext_lazy("OpenAI evals: input, ideal")
    link = "https://github.com/openai/evals/blob/main/docs/build-eval.md"
    shapes = OF_OBJECTS
    needed = ("input", "ideal")
    read = frozenset({*needed, "id"})

    def row(self, line: int, row: Row) -> PromptRow:
        key = fields.optional_identifier(row, "id")
        if isinstance(row.get("input"), str):
            chat = Conversation("", (fields.text(row, "input"),), ())
        else:
            chat = whole_question(row, "input")
        return asked_row(line, chat, key, "input")._replace(reference="\n\n".join(fields.texts(row, "ideal")))


class WildBench(Format[PromptRow]):
    name = "wildbench"
    title = gettext_lazy("WildBench: session_id, conversation_input, primary_tag")
    link = "https://huggingface.co/datasets/allenai/WildBench"
    shapes = OF_OBJECTS
    needed = ("session_id", "conversation_input")
    read = frozenset({*needed, "references", "primary_tag", "secondary_tags"})
    other_words = MappingProxyType({"session_id": ("id",)})

    def row(self, line: int, row: Row) -> PromptRow:
        asked = asked_row(
            line, whole_question(row, "conversation_input"), fields.identifier(row, "session_id"), "conversation_input"
        )
        references = row.get("references")
        given = [references] if isinstance(references, str) else [*references.values()] if isinstance(references, dict) else []
        texts = [fields.text({"references": each}, "references", default="") for each in given]
        return asked._replace(
            reference="\n\n".join(text for text in texts if text),
            category=category_path(fields.text(row, "primary_tag", default="").replace("/", "-")),
            tags=tuple(fields.as_name("secondary_tags", tag) for tag in fields.texts(row, "secondary_tags")),
        )


_ANSWERED = ngettext_lazy(
    "%(n)s row also holds answers: import the file as answers to keep them, where it names the model.",
    "%(n)s rows also hold answers: import the file as answers to keep them, where it names the model.",
    "n",
)


def asked_row(line: int, chat: Conversation, key: str, column: str) -> PromptRow:
    """The user's turns; with pictures, which cannot be shown here, a draft."""
    if not chat.asked or not all(turn.strip() for turn in chat.asked):
        what = _("the user's turns in %(column)s") % {"column": column}
        raise RowProblem(what, " ".join(chat.asked), _("a non-empty text is needed"))
    return PromptRow(line, key, chat.asked, chat.system_prompt, status="draft" if chat.n_pictures else "")
