from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.models.arenas import Arena
from arena.models.battles import Battle
from arena.models.imports import Import
from arena.models.prompts import Prompt
from arena.models.votes import Vote


class Event(models.Model):
    """One change of evidence. `before` and `after` say what counted: an outcome, or nothing.

    `position` is given later, by one sequencer, to events whose transactions have committed (`evidence.ledger`): what was read
    up to a position stays what it was, although on PostgreSQL a lower id can commit after a higher one.
    """

    class Kind(models.TextChoices):
        VOTE_CAST = "vote_cast", gettext_lazy("vote cast")
        VOTE_CHANGED = "vote_changed", gettext_lazy("vote changed")
        VOTE_SET_ASIDE = "vote_set_aside", gettext_lazy("vote set aside")
        VOTE_RESTORED = "vote_restored", gettext_lazy("vote restored")
        IMPORT_PUBLISHED = "import_published", gettext_lazy("rows imported")
        IMPORT_SET_ASIDE = "import_set_aside", gettext_lazy("import set aside")
        IMPORT_RESTORED = "import_restored", gettext_lazy("import restored")
        PROMPT_FILED = "prompt_filed", gettext_lazy("prompt filed under another category or language")
        PROMPT_TEXTED = "prompt_texted", gettext_lazy("prompt got the text that it came without")
        # Verdicts come by the thousand: one event stands for those that were written together, and they name it.
        GAMES_DECIDED = "games_decided", gettext_lazy("games of judges ended")
        GAMES_SET_ASIDE = "games_set_aside", gettext_lazy("games of judges set aside")
        GAMES_RESTORED = "games_restored", gettext_lazy("games of judges restored")
        GOLD_LABELLED = "gold_labelled", gettext_lazy("gold labels came or went")
        JUDGE_CHOSEN = "judge_chosen", gettext_lazy("judge included or excluded by a curator")
        ANSWERS_GIVEN = "answers_given", gettext_lazy("battles got the answers that they came without")

    position = models.BigIntegerField(null=True, unique=True, editable=False)
    arena = models.ForeignKey(Arena, on_delete=models.CASCADE, related_name="events", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind)
    vote = models.ForeignKey(Vote, null=True, on_delete=models.PROTECT, related_name="events")
    source = models.ForeignKey(Import, null=True, on_delete=models.PROTECT, related_name="events")
    prompt = models.ForeignKey(Prompt, null=True, on_delete=models.PROTECT, related_name="events")
    before = models.CharField(max_length=220, blank=True, default="")
    after = models.CharField(max_length=220, blank=True, default="")
    reason = models.CharField(max_length=200, blank=True, default="")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["arena", "position"]),
            models.Index(fields=["id"], condition=Q(position=None), name="event_without_position"),
        ]

    def __str__(self) -> str:
        return _("%(event)s at %(position)s") % {"event": self.get_kind_display(), "position": self.position}


class LateAnswers(models.Model):
    """A battle that came without answers, and the event by which it got them.

    At earlier positions of the ledger it has none: boards that look at answers are made again as they were.
    """

    battle = models.OneToOneField(Battle, on_delete=models.CASCADE, primary_key=True, related_name="late_answers")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="late_answers")

    def __str__(self) -> str:
        return _("answers of battle %(battle)s") % {"battle": self.battle_id}


class RemovedArena(models.Model):
    """An arena that was deleted. The positions of its events are never given again: boards of other arenas have read them."""

    slug = models.SlugField()
    name = models.CharField(max_length=120)
    last_position = models.BigIntegerField(help_text=gettext_lazy("The last position in use when it was removed."))
    removed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name
