import hashlib
import json
import unicodedata
from collections.abc import Sequence
from typing import Any, cast

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from arena.models.archiving import Archivable, ArchivableQuerySet
from arena.models.arenas import Arena, PromptPool
from arena.models.imports import Import


class PromptStatus(models.TextChoices):
    DRAFT = "draft", gettext_lazy("draft")
    ACTIVE = "active", gettext_lazy("active")
    RETIRED = "retired", gettext_lazy("retired")


def content_hash(*parts: str) -> str:
    """Equal for texts that differ only in white space at the ends or in Unicode form; 32 hexadecimal digits."""
    normal = [unicodedata.normalize("NFKC", part).strip() for part in parts]
    return hashlib.blake2b(json.dumps(normal, ensure_ascii=False).encode(), digest_size=16).hexdigest()


def text_digest(turns: Sequence[str], system_prompt: str = "") -> str:
    r"""
    Equal for what is one prompt, whatever ids files give it: 32 hexadecimal digits; empty where nothing is asked.

    Texts are one that differ in white space at the ends, in line ends, or in the form of accents. Unlike `content_hash`
    this tells a superscript from a digit.

    Examples
    --------
    >>> text_digest(["Hi\r\nthere"]) == text_digest([" Hi\nthere\n"]), text_digest(["2²"]) == text_digest(["22"])
    (True, False)
    """
    normal = [unicodedata.normalize("NFC", part.replace("\r\n", "\n").replace("\r", "\n")).strip() for part in turns]
    if not any(normal):
        return ""
    system = unicodedata.normalize("NFC", system_prompt.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return hashlib.blake2b(json.dumps([system, *normal], ensure_ascii=False).encode(), digest_size=16).hexdigest()


class TextDigestField(models.CharField):  # type: ignore[type-arg]
    """Written with every row, by whatever way it comes: what the prompt's other columns say."""

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        prompt = cast("Prompt", model_instance)
        prompt.text_digest = digest = text_digest(list(map(str, prompt.turns)), prompt.system_prompt)
        return digest


class PromptQuerySet(ArchivableQuerySet["Prompt"]):
    def servable(self) -> "PromptQuerySet":
        return self.in_use().filter(status=PromptStatus.ACTIVE, pool__is_active=True)

    def in_pools(self, slugs: Sequence[str]) -> "PromptQuerySet":
        """Of these pools, or of all where none is named."""
        return self.filter(pool__slug__in=slugs) if slugs else self


class Prompt(Archivable):
    """What the competitors are asked: one or more turns of the user."""

    arena = models.ForeignKey(Arena, on_delete=models.CASCADE, related_name="prompts")
    pool = models.ForeignKey(PromptPool, on_delete=models.CASCADE, related_name="prompts")
    key = models.CharField(max_length=200, help_text=gettext_lazy("The name of this prompt in its file; unique in the arena."))
    turns = models.JSONField(default=list, help_text=gettext_lazy("What the user says, turn by turn."))
    system_prompt = models.TextField(blank=True, default="")
    reference = models.TextField(blank=True, default="", help_text=gettext_lazy("A right answer; never public."))
    category = models.CharField(
        max_length=200, blank=True, default="", help_text=gettext_lazy("A path, such as coding/python.")
    )
    language = models.CharField(max_length=16, blank=True, default="", help_text=gettext_lazy("Code such as en or de."))
    is_language_guessed = models.BooleanField(
        default=False, editable=False, help_text=gettext_lazy("Recognised from the text, not given by a file or a curator.")
    )
    tags = models.JSONField(default=list, blank=True)
    verifier = models.JSONField(
        null=True, blank=True, help_text=gettext_lazy("A check that a program can make of an answer; never public.")
    )
    status = models.CharField(max_length=10, choices=PromptStatus, default=PromptStatus.ACTIVE)
    content_hash = models.CharField(max_length=32, editable=False, db_index=True)
    text_digest = TextDigestField(max_length=32, editable=False, default="", blank=True)
    html = models.TextField(blank=True, default="", editable=False)
    rendered_by = models.CharField(max_length=40, blank=True, default="", editable=False)
    source = models.ForeignKey(
        Import, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="prompts", db_index=False,
        help_text=gettext_lazy("The file that brought it. Empty if it came otherwise."),
    )  # fmt: skip
    archived_with = models.ForeignKey(
        Import, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+", db_index=False,
        help_text=gettext_lazy("The import with which it was set aside, and is restored."),
    )  # fmt: skip
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PromptQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["arena", "key"], name="prompt_key_in_arena")]
        indexes = [
            models.Index(fields=["arena", "status", "category"]),
            models.Index(fields=["arena", "language"]),
            models.Index(fields=["arena", "text_digest"], name="prompt_of_one_text"),
            models.Index(fields=["archived_by"], condition=Q(archived_by__isnull=False), name="prompt_archived_by"),
            models.Index(fields=["source"], condition=Q(source__isnull=False), name="prompt_source"),
            models.Index(fields=["archived_with"], condition=Q(archived_with__isnull=False), name="prompt_archived_with"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def text(self) -> str:
        return "\n\n".join(self.turns)

    @property
    def title(self) -> str:
        """The first words, for lists."""
        first = " ".join(str(self.turns[0]).split()) if self.turns else ""
        return (first[:77] + "...") if len(first) > 80 else first or self.key

    @property
    def called(self) -> str:
        """For messages: its id; where it came without one, and has a hash in its place, its first words."""
        hashes = {text_digest(self.turns, self.system_prompt), self.hash_of(self.turns, self.system_prompt)}
        return self.title if self.key in hashes else self.key

    @staticmethod
    def hash_of(turns: Sequence[str], system_prompt: str = "") -> str:
        return content_hash(system_prompt, *turns)
