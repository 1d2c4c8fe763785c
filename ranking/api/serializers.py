"""Snapshots -> JSON and CSV."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from arena.texts.csv_cells import figure
from ranking.models import Entry, Leaderboard, Snapshot


@dataclass(frozen=True, slots=True)
class Board:
    """A leaderboard as one snapshot shows it, or before its first one."""

    leaderboard: Leaderboard
    snapshot: Snapshot | None
    entries: Sequence[Entry] = ()

    @classmethod
    def of(cls, leaderboard: Leaderboard, snapshot: Snapshot | None) -> "Board":
        if snapshot is None:
            return cls(leaderboard, None)
        return cls(leaderboard, snapshot, list(snapshot.entries.select_related("competitor").by_place()))

    @property
    def method(self) -> str:
        return self.snapshot.method if self.snapshot else self.leaderboard.method

    @property
    def category(self) -> str:
        return self._as_fitted("category", self.leaderboard.category)

    @property
    def language(self) -> str:
        return self._as_fitted("language", self.leaderboard.language)

    def _as_fitted(self, parameter: str, now: str) -> str:
        """The board may have been defined otherwise when the snapshot was made."""
        return str(self.snapshot.parameters.get(parameter, now)) if self.snapshot else now


class LeaderboardSerializer(serializers.ModelSerializer[Leaderboard]):
    """One line of the list of leaderboards; `newest` is annotated by the view."""

    arena = serializers.CharField(source="arena.slug", read_only=True, help_text="Slug of the arena.")
    snapshot = serializers.CharField(
        read_only=True, allow_null=True, help_text="Key of the newest snapshot; null before the first one."
    )
    updated = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="When the newest snapshot was made; null before the first one."
    )

    class Meta:
        model = Leaderboard
        fields = [
            "slug", "name", "arena", "sources", "counts_external", "method", "covariates", "clusters", "intervals", "level",
            "category", "language", "filters", "is_default", "is_live", "snapshot", "updated",
        ]  # fmt: skip
        read_only_fields = fields


class DefinitionSerializer(serializers.ModelSerializer[Leaderboard]):
    """What a leaderboard is defined as now; its newest snapshot may still say what it was before."""

    arena = serializers.CharField(source="arena.slug", read_only=True, help_text="Slug of the arena.")
    jury = serializers.ListField(
        source="jurors", child=serializers.IntegerField(), read_only=True, help_text="Numbers of judges; none: all with games."
    )
    covariates = serializers.SerializerMethodField(help_text="What a style-controlled board controls for.")

    class Meta:
        model = Leaderboard
        fields = [
            "slug", "name", "arena", "sources", "counts_external", "combiner", "jury", "own_answers", "marked", "category",
            "language", "filters", "method", "covariates", "clusters", "intervals", "level", "seed", "is_live", "is_default",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_covariates(self, board: Leaderboard) -> list[str]:
        return board.covariates.split()


class SnapshotSerializer(serializers.ModelSerializer[Snapshot]):
    """One line of a board's list of snapshots."""

    snapshot = serializers.CharField(source="key", read_only=True, help_text="Key of the snapshot.")

    class Meta:
        model = Snapshot
        fields = [
            "snapshot", "method", "watermark", "evidence_hash", "content_hash", "code_version", "n_votes", "n_prompts",
            "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class ShareField(serializers.FloatField):
    """A share of 1, to 12 significant digits, as exports have it. Points keep all their digits: `rebuild.py` compares them."""

    def to_representation(self, value: Any) -> Any:
        return figure(float(value))


def _share(help_text: str) -> Any:
    return ShareField(read_only=True, allow_null=True, help_text=f"{help_text} To 12 significant digits.")


class EntrySerializer(serializers.ModelSerializer[Entry]):
    """One competitor. Without a rating the numbers are null and `unrated_because` says why."""

    competitor = serializers.CharField(source="competitor.name", read_only=True, help_text="Name of the competitor.")
    p_best = _share("Chance of being the best of those with a place; null on snapshots of older versions.")
    win_rate = _share("Expected against an average opponent, by the fit.")
    raw_win_rate = _share("Of its own battles, a tie counting half.")
    trust = _share("On a prediction-powered board: how far the rating follows judges beyond votes, 0 to 1.")

    class Meta:
        model = Entry
        fields = [
            "competitor", "rating", "se", "low", "high", "rank", "rank_low", "rank_high", "p_best", "win_rate", "raw_win_rate",
            "n_votes", "n_prompts", "trust", "people_half_width", "unrated_because",
        ]  # fmt: skip
        read_only_fields = fields
        extra_kwargs = {
            "se": {"help_text": "Standard error of the rating, in points."},
            "low": {"help_text": "Lower end of the interval."},
            "high": {"help_text": "Upper end of the interval."},
            "rank": {"help_text": "Place by rating; null where the evidence gives none, and then no interval either."},
            "rank_low": {"help_text": "Best place that the evidence allows, for all competitors at once."},
            "rank_high": {"help_text": "Worst place that the evidence allows, for all competitors at once."},
            "n_votes": {"help_text": "Votes behind this line."},
            "n_prompts": {"help_text": "Prompts behind this line."},
            "people_half_width": {"help_text": "On such a board: half the interval of people's votes alone, in points."},
        }


def _of_snapshot(field: type[serializers.Field[Any, Any, Any, Any]], source: str, help_text: str) -> Any:
    """A field that is null before the first snapshot."""
    return field(source=f"snapshot.{source}", read_only=True, allow_null=True, help_text=help_text)


class BoardSerializer(serializers.Serializer[Board]):
    """A leaderboard as one snapshot shows it. Before the first snapshot every fitted value is null, and `entries` is empty."""

    slug = serializers.CharField(source="leaderboard.slug", read_only=True, help_text="Slug of the leaderboard.")
    name = serializers.CharField(source="leaderboard.name", read_only=True)
    arena = serializers.CharField(source="leaderboard.arena.slug", read_only=True, help_text="Slug of the arena.")
    category = serializers.CharField(read_only=True, help_text="Empty for all of them.")
    language = serializers.CharField(read_only=True, help_text="Empty for all of them.")
    snapshot = _of_snapshot(serializers.CharField, "key", "Key of the snapshot: under it these numbers never change.")
    permalink = serializers.SerializerMethodField(help_text="Page of the snapshot.")
    created_at = _of_snapshot(serializers.DateTimeField, "created_at", "When it was fitted.")
    method = serializers.CharField(read_only=True, help_text="How it is fitted.")
    parameters = serializers.SerializerMethodField(help_text="The settings with which it was fitted.")
    seed = _of_snapshot(serializers.IntegerField, "seed", "Of the random draws behind the rank ranges.")
    watermark = _of_snapshot(serializers.IntegerField, "watermark", "Ledger position up to which evidence was read.")
    evidence_hash = _of_snapshot(serializers.CharField, "evidence_hash", "Hash of the evidence, by its rows on this site.")
    content_hash = _of_snapshot(
        serializers.CharField, "content_hash", "Hash of the evidence by names and texts; null on snapshots of older versions."
    )
    code_version = _of_snapshot(serializers.CharField, "code_version", "Version of the code that fitted it.")
    interval_kind = _of_snapshot(serializers.CharField, "interval_kind", "What the intervals are based on.")
    n_votes = _of_snapshot(serializers.IntegerField, "n_votes", "Votes that count.")
    n_voters = _of_snapshot(serializers.IntegerField, "n_voters", "People who gave them.")
    n_prompts = _of_snapshot(serializers.IntegerField, "n_prompts", "Prompts of these votes.")
    n_set_aside = _of_snapshot(serializers.IntegerField, "n_set_aside", "Votes set aside, which count nowhere.")
    notes = serializers.SerializerMethodField(help_text="Notes for readers.")
    components = serializers.SerializerMethodField(help_text="Names in groups that no results connect, best group first.")
    competitors = serializers.SerializerMethodField(help_text="Names in the order of the fit, which `rebuild.py` uses.")
    entries = EntrySerializer(many=True, read_only=True)

    def get_permalink(self, board: Board) -> str | None:
        if board.snapshot is None:
            return None
        return reverse("snapshot", args=[board.snapshot.key], request=self.context.get("request"))

    @extend_schema_field({"type": "object", "nullable": True, "additionalProperties": {}})
    def get_parameters(self, board: Board) -> dict[str, object] | None:
        return board.snapshot.parameters if board.snapshot else None

    def get_notes(self, board: Board) -> list[str]:
        return board.snapshot.notes if board.snapshot else []

    def get_competitors(self, board: Board) -> list[str]:
        return [entry.competitor.name for entry in sorted(board.entries, key=attrgetter("competitor_id"))]

    def get_components(self, board: Board) -> list[list[str]]:
        return board.snapshot.components if board.snapshot else []
