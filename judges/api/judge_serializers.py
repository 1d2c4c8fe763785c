"""Serializers of audits. All numbers come from the stored audit; nothing is computed here."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from arena import access
from arena.texts.csv_cells import figure
from judges.audits.presentation import as_stored, headline_of, sections_of
from judges.judge_choices import choice_of
from judges.models import Judge, JudgeAudit, JudgeChoice
from judges.verdicts.combiner_texts import COMBINER_TEXTS
from judges.verdicts.marked_verdicts import MARKED

type Stored = Mapping[str, Any]

KEY = "By which programs know the figure, whatever it is called; empty in audits that are not made again yet."


def _text(help_text: str, **options: Any) -> Any:
    return serializers.CharField(read_only=True, help_text=help_text, **options)


class FigureField(serializers.FloatField):
    """The number rounded, without the noise of its last digits."""

    def to_representation(self, value: Any) -> Any:
        return figure(float(value))


def _number(help_text: str, **options: Any) -> Any:
    return FigureField(read_only=True, allow_null=True, help_text=help_text, **options)


@extend_schema_field(serializers.ListField(child=serializers.CharField()))
class NoteCodesField(serializers.Field[Any, Any, list[str], Stored]):
    """The codes of a figure's notes."""

    def __init__(self) -> None:
        super().__init__(source="notes", read_only=True, help_text="What each part of `note` is about, for programs.")

    def to_representation(self, value: Any) -> list[str]:
        return [note["code"] for note in value]


class HeadlineSerializer(serializers.Serializer[Stored]):
    """How far a judge agrees with people or gold labels, over all labelled battles and all its games."""

    name = _text("With whom: people, gold labels, or both.")
    value = _number("Mean share of replies that name the label; null where nothing can be said.")
    low = _number("Lower end of the 95 % interval.")
    high = _number("Upper end of the 95 % interval.")
    n = serializers.IntegerField(read_only=True, min_value=0, help_text="Labelled battles.")
    note = _text("What a reader must know, or why there is no value.")
    key = _text(KEY)
    note_codes = NoteCodesField()


class JudgeSerializer(serializers.ModelSerializer[JudgeAudit]):
    """One version of a judge in one arena, as its newest audit there found it."""

    id = serializers.IntegerField(source="judge_id", read_only=True, help_text="Number of this version of the judge.")
    arena = serializers.CharField(source="arena.slug", read_only=True, help_text="Slug of the arena.")
    name = serializers.CharField(source="judge.name", read_only=True)
    version = serializers.IntegerField(source="judge.version", read_only=True, help_text="A changed judge is a new version.")
    is_current = serializers.SerializerMethodField(help_text="Whether no newer version has taken its place.")
    identity = _text("SHA-256 of everything that determines its verdicts.", source="judge.identity")
    kind = serializers.ChoiceField(source="judge.kind", choices=Judge.Kind.choices, read_only=True)
    protocol = _text("Key of the protocol, or of the offline judge.", source="judge.protocol")
    model = _text("The model's name as its provider spells it; empty for programs.", source="judge.model")
    family = _text("Organisation of the model; empty where it is not known.", source="judge.family")
    archived_at = serializers.DateTimeField(
        source="judge.archived_at", read_only=True, allow_null=True, help_text="When it was retired; null while it is in use."
    )
    archived_because = _text("Why it was retired.", source="judge.archived_because")
    agreement = serializers.SerializerMethodField()
    cost = serializers.SerializerMethodField(help_text="Dollars spent on its games in this arena.")

    class Meta:
        model = JudgeAudit
        fields = [
            "id", "arena", "name", "version", "is_current", "identity", "kind", "protocol", "model", "family",
            "archived_at", "archived_because", "is_usable", "is_measured", "agreement", "n_games", "cost", "made_at",
        ]  # fmt: skip
        read_only_fields = fields
        extra_kwargs = {
            "is_usable": {"help_text": "Whether its verdicts should count; `reasons` of the judge say why not."},
            "is_measured": {"help_text": "Whether there is enough to say so."},
            "n_games": {"help_text": "Games that are over, failed ones too."},
            "made_at": {"help_text": "When these numbers were made."},
        }

    @extend_schema_field(HeadlineSerializer(allow_null=True))
    def get_agreement(self, audit: JudgeAudit) -> Any:
        headline = headline_of(audit)
        return None if headline is None else HeadlineSerializer(headline).data

    def get_is_current(self, audit: JudgeAudit) -> bool:
        return audit.judge.superseded_by_id is None

    def get_cost(self, audit: JudgeAudit) -> float:
        return audit.cost / 1_000_000


class BehindSerializer(serializers.Serializer[Stored]):
    """A set of battles behind a figure."""

    set = _text("Key of the set.")
    words = _text("What its battles have in common.")
    n = serializers.IntegerField(read_only=True, min_value=0, help_text="How many battles there are.")
    url = serializers.CharField(
        read_only=True,
        allow_null=True,
        help_text="Page that lists the newest of them; null for who may not read them.",
    )


class FigureSerializer(serializers.Serializer[Stored]):
    """One figure, with its unit and basis. If it has no value, `note` says why."""

    section = _text("Part of the audit, as on its page.")
    name = serializers.CharField(read_only=True)
    value = _number("Null where there is none, or where it has no end.")
    low = _number("Lower end of the 95 % interval; null where it is open.")
    high = _number("Upper end of the 95 % interval; null where it is open.")
    is_unbounded = serializers.BooleanField(read_only=True, help_text="Whether the data set no limit to the value.")
    n = serializers.IntegerField(read_only=True, min_value=0, help_text="How many it stands on.")
    unit = _text("What n counts, such as battles or games.")
    se = _number("Standard error.")
    p = _number("Of the test, where there is one.")
    formula = serializers.CharField(read_only=True)
    method = _text("Of the interval.")
    note = serializers.CharField(read_only=True)
    battles = BehindSerializer(many=True, read_only=True, help_text="The sets of battles that it rests on.")
    key = _text(KEY)
    of = _text("Name of the gold set that it is about; empty where it is about none.")
    note_codes = NoteCodesField()


class StandingSerializer(serializers.Serializer[Stored]):
    """One competitor on the board that one rule makes."""

    competitor = _text("Name of the competitor.")
    rank = serializers.IntegerField(
        read_only=True, allow_null=True, min_value=1, help_text="Place by rating; null where there is none."
    )
    rating = _number("Points: 1000 is the mean of those rated.")
    low = _number("Lower end of the 95 % interval.")
    high = _number("Upper end of the 95 % interval.")


class RuleBoardSerializer(serializers.Serializer[Stored]):
    """The board that the judge's games make under one rule."""

    rule = serializers.ChoiceField(
        choices=list(COMBINER_TEXTS), read_only=True, help_text="How the games on a battle become one outcome."
    )
    n_decided = serializers.IntegerField(read_only=True, min_value=0, help_text="Battles that get an outcome by this rule.")
    n_undecided = serializers.IntegerField(read_only=True, min_value=0, help_text="The other battles with a game.")
    tau = _number("Kendall's tau-b with the board of `games`.")
    reason = _text("Why there is no board; empty where there is one.")
    standings = StandingSerializer(many=True, read_only=True)
    unrated = serializers.DictField(
        child=serializers.CharField(), read_only=True, help_text="Reason by competitor without a rating."
    )


class ReplySerializer(serializers.Serializer[Stored]):
    """A model, with the parameters sent, that answered games of the judge."""

    model = _text("The model string that came back.")
    parameters = serializers.DictField(read_only=True, help_text="As sent, without those that the endpoint refuses.")
    n_games = serializers.IntegerField(read_only=True, min_value=0)
    first = serializers.DateTimeField(read_only=True)
    last = serializers.DateTimeField(read_only=True)


class AnsweredSerializer(serializers.Serializer[Stored]):
    """What came back when the judge was asked; empty for programs and stored verdicts."""

    replies = ReplySerializer(many=True, read_only=True)
    refused = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="Parameters of the card that the endpoint does not take."
    )


class EndsSerializer(serializers.Serializer[Stored]):
    """How the games with one competitor ended."""

    competitor = _text("Name of the competitor.")
    n_games = serializers.IntegerField(read_only=True, min_value=0)
    counts = serializers.DictField(child=serializers.IntegerField(min_value=0), read_only=True, help_text="End state: games.")


class MarkedSerializer(serializers.Serializer[Stored]):
    """Verdicts on answers that seem to speak to their judge, and what the figures do with them."""

    n = serializers.IntegerField(read_only=True, min_value=0, help_text="How many of its verdicts those are.")
    n_verdicts = serializers.IntegerField(read_only=True, min_value=0, help_text="All its verdicts.")
    done = serializers.ChoiceField(choices=list(MARKED), read_only=True, help_text="leave_out: in no figure but coverage.")


class CoverageSerializer(serializers.Serializer[Stored]):
    """How many games have a verdict. Only the states ok and rule carry one."""

    value = _number("Share of the games with a verdict.", source="overall.value")
    low = _number("Lower end of the 95 % interval.", source="overall.low")
    high = _number("Upper end of the 95 % interval.", source="overall.high")
    n = serializers.IntegerField(source="overall.n", read_only=True, min_value=0, help_text="Games.")
    badge = _text("What a reader must know; empty where there is nothing.")
    marked = MarkedSerializer(read_only=True, allow_null=True, help_text="Null in audits that were made before it was counted.")
    by_competitor = EndsSerializer(many=True, read_only=True)


class ChoiceSerializer(serializers.ModelSerializer[JudgeChoice]):
    """A curator's choice about a judge, which overrides the rule."""

    at = serializers.DateTimeField(source="event.created_at", read_only=True)

    class Meta:
        model = JudgeChoice
        fields = ["says", "reason", "at"]
        read_only_fields = fields


class JudgeFiguresSerializer(JudgeSerializer):
    """A judge with all that is known of it in one arena."""

    rule = _text("How its games become one decision a battle.")
    reasons = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="Why its verdicts should not count, or what is not known."
    )
    choice = serializers.SerializerMethodField(help_text="Whether a curator included or excluded it here; null if nobody did.")
    read_to = serializers.IntegerField(read_only=True, help_text="Ledger position up to which evidence was read.")
    seed = serializers.IntegerField(read_only=True, help_text="Of the bootstraps.")
    coverage = CoverageSerializer(read_only=True)
    boards = RuleBoardSerializer(many=True, read_only=True)
    answered = serializers.SerializerMethodField()
    figures = serializers.SerializerMethodField()

    class Meta(JudgeSerializer.Meta):
        fields = [
            *JudgeSerializer.Meta.fields,
            "rule",
            "reasons",
            "choice",
            "read_to",
            "seed",
            "coverage",
            "boards",
            "answered",
            "figures",
        ]
        read_only_fields = fields

    @extend_schema_field(ChoiceSerializer(allow_null=True))
    def get_choice(self, audit: JudgeAudit) -> Any:
        choice = choice_of(audit.judge_id, audit.arena_id)
        return None if choice is None else ChoiceSerializer(choice).data

    @extend_schema_field(AnsweredSerializer)
    def get_answered(self, audit: JudgeAudit) -> Any:
        return AnsweredSerializer({"replies": [], "refused": []} | audit.answered).data

    @extend_schema_field(FigureSerializer(many=True))
    def get_figures(self, audit: JudgeAudit) -> Any:
        request = self.context["request"]
        page = request.build_absolute_uri(reverse("judge-battles", args=[audit.arena.slug, audit.judge_id]))
        is_open, is_curator = access.sees_content(request.user, audit.arena), access.is_curator(request.user)
        return [
            FigureSerializer(
                {
                    "section": section.title,
                    "battles": [
                        {
                            "set": each.key,
                            "words": each.words,
                            "n": each.n,
                            "url": f"{page}?set={each.key}" if is_open and (is_curator or not each.is_for_curators) else None,
                        }
                        for each in behind
                    ],
                    **as_stored(figure),
                }
            ).data
            for section in sections_of(audit)
            for figure, behind in section.figures
        ]
