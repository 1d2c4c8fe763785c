"""Leaderboards to define and to publish; snapshots to look at."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.admin.base import CuratorAdmin, InArenaFilter, ReadOnlyAdmin, ReadOnlyInline, link
from judges.models import Judge
from ranking.definitions import HOW_IT_IS_FITTED, WHAT_COUNTS, check_alone, checked_category, checked_language, save_board
from ranking.models import Entry, Leaderboard, Snapshot, written_jury

if TYPE_CHECKING:
    BoardForm = forms.ModelForm[Leaderboard]
else:
    BoardForm = forms.ModelForm


class LeaderboardForm(BoardForm):
    """A jury is chosen by name and stored by id; categories and languages are those of prompts."""

    language = forms.CharField(
        label=gettext_lazy("Language"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("Only prompts in this language: its code or its name."),
    )
    jury = forms.MultipleChoiceField(
        label=gettext_lazy("Jury"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("The judges that count. None chosen: all judges with games, except baselines and retired ones."),
    )  # fmt: skip

    class Meta:
        model = Leaderboard
        fields = "__all__"  # the fieldsets say which

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = Q(pk__in=self.instance.jury.split())
        judges = Judge.objects.filter(Q(archived_at=None) | named).order_by("name", "-version")
        self.fields["jury"].choices = [(str(judge.pk), _called(judge)) for judge in judges]  # type: ignore[attr-defined]
        self.initial["jury"] = self.instance.jury.split()

    def clean_category(self) -> str:
        return checked_category(self._arena(), self.cleaned_data["category"], before=self.instance.category)

    def clean_language(self) -> str:
        return checked_language(self._arena(), self.cleaned_data["language"], before=self.instance.language)

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if not self.errors:
            try:
                check_alone(self.instance)
            except ValidationError as wrong:
                self.add_error(None, wrong)

    def _arena(self) -> Any:
        """The form's arena comes first, so that it is read by now."""
        return self.cleaned_data.get("arena") or (self.instance.arena if self.instance.arena_id else None)

    def clean_jury(self) -> str:
        return written_jury(map(int, self.cleaned_data["jury"]))


def _called(judge: Judge) -> str:
    older = _("an older version") if judge.superseded_by_id else ""
    retired = _("retired") if judge.is_archived else ""
    return f"{judge} ({', '.join(filter(None, [judge.kind_in_words, judge.protocol, judge.model, older, retired]))})"


@admin.register(Leaderboard)
class LeaderboardAdmin(CuratorAdmin):
    form = LeaderboardForm
    list_display = [
        "name",
        "arena",
        "sources",
        "method",
        "category",
        "language",
        "is_default",
        "is_live",
        "newest",
        "updated",
        "failed",
    ]
    list_filter = ["arena", "sources", "method", "is_live", "is_default", "is_asked"]
    list_select_related = ["arena"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    fixed = ["arena", "slug"]
    change_form_template = "admin/leaderboard.html"
    actions = ["publish_now"]
    fieldsets = [
        (None, {"fields": ["arena", "name", "slug"]}),
        (gettext_lazy("What counts"), {"fields": WHAT_COUNTS}),
        (gettext_lazy("How it is fitted"), {"fields": HOW_IT_IS_FITTED}),
        (gettext_lazy("Present state"), {"fields": ["is_live", "is_default"]}),
        (gettext_lazy("The newest fit"), {"fields": ["read_to", "last_fit_seconds", "not_before", "error"]}),
    ]
    readonly_fields = ["read_to", "last_fit_seconds", "not_before", "error"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        newest = Snapshot.objects.filter(leaderboard=OuterRef("pk")).order_by("-pk")
        boards: QuerySet[Any] = super().get_queryset(request)
        shown: QuerySet[Any] = boards.annotate(
            newest=Subquery(newest.values("key")[:1]), updated=Subquery(newest.values("created_at")[:1])
        )
        return shown

    @admin.display(description=gettext_lazy("newest snapshot"))
    def newest(self, board: Any) -> SafeString | None:
        return link(reverse("snapshot", args=[board.newest]), board.newest) if board.newest else None

    @admin.display(description=gettext_lazy("made"), ordering="updated")
    def updated(self, board: Any) -> Any:
        return board.updated

    @admin.display(description=gettext_lazy("fit failed"), boolean=True)
    def failed(self, board: Leaderboard) -> bool:
        return bool(board.error)

    def view_on_site(self, board: Leaderboard) -> str:
        address = reverse("leaderboard", args=[board.arena.slug])
        return address if board.is_default else f"{address}?board={board.slug}"

    @admin.action(description=gettext_lazy("Publish now"))
    def publish_now(self, request: HttpRequest, queryset: QuerySet[Leaderboard]) -> None:
        for board in queryset:
            self._publish(request, board)

    def _publish(self, request: HttpRequest, board: Leaderboard) -> None:
        from ranking.tasks import refit_board  # brings the fitting library with it, which no page waits for

        refit_board.delay(board.pk)
        message = _("%(board)s is being fitted: its snapshot will be there in a moment.") % {"board": board.name}
        self.message_user(request, message)

    def save_model(self, request: HttpRequest, obj: Leaderboard, form: Any, change: bool) -> None:
        if save_board(obj, form.changed_data) or "_publish" in request.POST:
            self._publish(request, obj)

    def response_change(self, request: HttpRequest, obj: Leaderboard) -> HttpResponse:
        response = super().response_change(request, obj)
        return HttpResponseRedirect(request.get_full_path()) if "_publish" in request.POST else response


class EntryInline(ReadOnlyInline):
    model = Entry
    fields = [
        "competitor", "rating", "se", "low", "high", "rank", "rank_low", "rank_high", "win_rate", "n_votes", "n_prompts",
        "unrated_because",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        shown = super().get_queryset(request).values("pk")
        return Entry.objects.filter(pk__in=shown).select_related("competitor").by_place()


@admin.register(Snapshot)
class SnapshotAdmin(ReadOnlyAdmin):
    list_display = [
        "key",
        "leaderboard",
        "n_votes",
        "n_prompts",
        "n_set_aside",
        "watermark",
        "code_version",
        "is_kept",
        "created_at",
    ]
    list_filter = [("leaderboard", InArenaFilter)]
    list_select_related = ["leaderboard", "kept"]
    search_fields = ["key"]
    inlines = [EntryInline]

    @admin.display(description=gettext_lazy("kept for good"), boolean=True)
    def is_kept(self, snapshot: Snapshot) -> bool:
        return hasattr(snapshot, "kept")
