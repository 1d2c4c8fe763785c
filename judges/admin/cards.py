"""Admin pages that define judges: the form of a card, a preview of its request on a real battle, and a trial call."""

from typing import TYPE_CHECKING, Any, get_args

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.access import curator_of
from arena.admin.archiving import ArchivingAdmin
from arena.admin.base import link
from arena.admin.json_fields import WrittenJSONField
from arena.archiving.refusals import archived_message
from arena.models import Arena, Run
from arena.row_numbers import row_number
from arena.runs.planning import CannotPlan, PlanStale
from arena.tasks import work_on_run
from arena.wording import sentence
from judges.card_parameters import SAYS, Parameters
from judges.cards import PARTS, called_judge, card_of, check_card, equal_card, new_version
from judges.models import Game, Judge
from judges.protocols import PROTOCOLS
from judges.protocols.plain_words import IN_A_SENTENCE, calls_in_words
from judges.runs.card_previews import drafted_trial, previews, start_trial, telling_battle, trial_of
from judges.template_slots import HOLDS
from judges.translated_sayings import translated_error
from judges.verdicts.verdict import Order

if TYPE_CHECKING:
    JudgeForm = forms.ModelForm[Judge]
else:
    JudgeForm = forms.ModelForm


def slots_help() -> SafeString:
    """A help text that lists every slot with its content, and the protocols that require it."""
    rows = [(name, _(holds), _needed_by(name)) for name, holds in HOLDS.items()]
    slots = format_html_join("", "<dt><code>{{{}}}</code></dt><dd>{}{}</dd>", rows)
    words = _(
        "Leave it empty for the protocol's own text. Slots are filled in, each between marker lines of its own; the form of "
        "the verdict is asked for below. A slot without a text takes its own line along, or its whole block where no other "
        "slot stands between the same blank lines."
    )
    return format_html('{}<dl class="told">{}</dl>', words, slots)


def _needed_by(name: str) -> str | SafeString:
    keys = [key for key, protocol in PROTOCOLS.items() if name in protocol.needed]
    if not keys:
        return ""
    if len(keys) == len(PROTOCOLS):
        return _("; needed")
    return format_html(_("; needed by {keys}"), keys=format_html_join(", ", "<code>{}</code>", ([key] for key in keys)))


def protocols_help() -> SafeString:
    """A help text that lists every protocol with a sentence and the calls that it makes."""
    rows = [(_(protocol.title), _(IN_A_SENTENCE[key]), _(calls_in_words(key))) for key, protocol in PROTOCOLS.items()]
    return format_html('<dl class="told">{}</dl>', format_html_join("", "<dt>{}</dt><dd>{} {}</dd>", rows))


def parameters_help() -> SafeString:
    """A help text that lists every parameter with its default."""
    slot = format_html("<code>{}</code>", "{criteria}")
    rows = [(name, format_html(_(says), criteria=slot), _in_json(getattr(Parameters(), name))) for name, says in SAYS.items()]
    standing = _("default")
    items = format_html_join("", f"<dt><code>{{}}</code></dt><dd>{{}}; {standing} <code>{{}}</code></dd>", rows)
    example = format_html("<code>{}</code>", '{"temperature": 0.7, "reference": "with"}')
    words = format_html(_("A JSON object with what differs from the defaults, such as {example}."), example=example)
    return format_html('{}<dl class="told">{}</dl>', words, items)


def _in_json(value: object) -> str:
    words = {None: "null", True: "true", False: "false"}
    return words[value] if value is None or isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else str(value)


class CardForm(JudgeForm):
    """The form for the card of a language-model judge; an empty template means the protocol's own."""

    protocol = forms.ChoiceField(
        label=gettext_lazy("Protocol"), choices=[(key, gettext_lazy(protocol.title)) for key, protocol in PROTOCOLS.items()]
    )

    class Meta:
        model = Judge
        fields = ["name", *PARTS, "family"]
        field_classes = {"parameters": WrittenJSONField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, help_text in (
            ("protocol", protocols_help),
            ("template", slots_help),
            ("parameters", parameters_help),
        ):
            if name in self.fields:
                self.fields[name].help_text = help_text()

    def clean(self) -> dict[str, Any]:
        card: dict[str, Any] = super().clean() or self.cleaned_data
        if not card.get("endpoint"):
            raise ValidationError({"endpoint": _("Choose an endpoint; superusers make them.")})
        if not self.errors:
            self._check(card)
        return card

    def _check(self, card: dict[str, Any]) -> None:
        if "protocol" in self.changed_data and "template" not in self.changed_data:
            card["template"] = ""  # another protocol's template would not fit
        try:
            check_card(**{part: card[part] for part in PARTS})
        except (ValueError, TypeError) as error:
            raise ValidationError(translated_error(error)) from error
        if self.instance._state.adding and (here := Judge.objects.filter(name=card["name"]).first()) is not None:
            if here.is_archived:
                raise ValidationError({"name": sentence(archived_message(here))})
            raise ValidationError({"name": _("A judge of this name exists: edit it, or choose another name.")})
        if card["name"]:  # a preview needs none
            self._check_that_it_is_new(card)

    def _check_that_it_is_new(self, card: dict[str, Any]) -> None:
        new_card = card_of(card["endpoint"], card["protocol"], template=card["template"], parameters=card["parameters"])
        if (other := equal_card(card["name"], new_card)) is not None:
            message = _("The judge %(judge)s has the same card already: use that judge, or change something here.")
            raise ValidationError(message % {"judge": other})


SAVED_AS = "_card_saved_as"  # attribute of a request: the message about its save


class PreviewForm(forms.Form):
    """The form that chooses a battle for the preview."""

    battle = forms.IntegerField(label=gettext_lazy("Battle, by its number"), min_value=1, max_value=2**63 - 1, required=False)
    order = forms.ChoiceField(
        label=gettext_lazy("First shown, or graded"),
        required=False,
        initial="ab",
        choices=[("ab", gettext_lazy("answer a")), ("ba", gettext_lazy("answer b"))],
    )

    def battle_and_order(self) -> tuple[int | None, Order]:
        if not self.is_valid():
            return None, "ab"
        order = self.cleaned_data["order"]
        return self.cleaned_data["battle"], order if order in get_args(Order.__value__) else "ab"


@admin.register(Judge)
class JudgeAdmin(ArchivingAdmin):
    """Saving never changes a card: it makes a new version, and the old one keeps its games."""

    form = CardForm
    counts = {"n_games": (Game, "judge")}
    list_display = ["name", "version", "is_current", "kind", "protocol", "model", "endpoint", "n_games", "created_at"]
    list_filter = ["kind", "protocol", ("superseded_by", admin.EmptyFieldListFilter)]
    list_select_related = ["endpoint"]
    search_fields = ["name", "model"]
    fixed = ["name"]
    fieldsets = [
        (None, {"fields": ["name", "family"]}),
        (
            gettext_lazy("Its card: a change makes a new version"),
            {"fields": ["endpoint", "protocol", "template", "parameters"]},
        ),
    ]
    change_form_template = "admin/judge_card.html"

    def get_urls(self) -> list[Any]:
        mine = [
            path("preview/", self.admin_site.admin_view(self.preview), name="judges_judge_preview"),
            path("<row:pk>/try/", self.admin_site.admin_view(self.try_it), name="judges_judge_try"),
        ]
        return [*mine, *super().get_urls()]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Programs, imported judges and old versions are read-only."""
        is_fixed = obj is not None and (not obj.is_called or obj.superseded_by_id is not None)
        return not is_fixed and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Judge, form: Any, change: bool) -> None:
        card = {part: form.cleaned_data[part] for part in PARTS}
        before = Judge.objects.get(pk=obj.pk) if change else None
        if before is not None:
            saved = new_version(before, **card, family=form.cleaned_data["family"])
        else:
            saved = called_judge(**card, name=obj.name, family=form.cleaned_data["family"])
        # The page continues with the current version.
        obj.pk = saved.pk
        obj._state.adding = False
        obj.refresh_from_db()
        setattr(request, SAVED_AS, _saved_as(saved, before))

    def message_user(self, request: HttpRequest, message: Any, *args: Any, **options: Any) -> None:
        """Show our message alone after a save: Django's own would repeat that it was saved, without the version."""
        saved_as = request.__dict__.pop(SAVED_AS, None)
        super().message_user(request, message if saved_as is None else saved_as, *args, **options)

    @admin.display(description=gettext_lazy("current"), boolean=True)
    def is_current(self, judge: Judge) -> bool:
        return judge.superseded_by_id is None

    @admin.display(description=gettext_lazy("games"), ordering="n_games")
    def n_games(self, judge: Any) -> SafeString:
        return link(f"{reverse('admin:judges_game_changelist')}?judge__id__exact={judge.pk}", judge.n_games)

    # --- what it would ask ----------------------------------------------------------------------------------------------

    def preview(self, request: HttpRequest) -> HttpResponse:
        """Preview the card in the form, whether saved or not. Nothing is stored and nothing is sent."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return redirect("admin:judges_judge_changelist")
        form = CardForm(request.POST)
        form.fields["name"].required = False
        choice = PreviewForm(request.POST if "order" in request.POST else {})
        context: dict[str, Any] = {
            "card": form,
            "choice": choice,
            "parts": {part: request.POST.get(part, "") for part in PARTS},
        }
        if form.is_valid():
            judge = card_of(
                form.cleaned_data["endpoint"], form.cleaned_data["protocol"], template=form.cleaned_data["template"],
                parameters=form.cleaned_data["parameters"],
            )  # fmt: skip
            judge.name = request.POST.get("name") or _("This card")
            context |= self._shown(judge, choice)
        return self._page(request, "admin/judge_preview.html", title=_("What this card would ask"), **context)

    def _shown(self, judge: Judge, choice: PreviewForm) -> dict[str, Any]:
        number, order = choice.battle_and_order()
        battle = number or telling_battle(judge)
        seen = previews(judge, battle, order) if battle else []
        arena = Arena.objects.filter(battles=battle).first() if battle else None
        return {"judge": judge, "battle": battle, "arena": arena, "order": order, "previews": seen}

    # --- one trial call -------------------------------------------------------------------------------------------------

    def try_it(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what the saved card would ask, with the button that asks it once; then the result."""
        judge = get_object_or_404(Judge.objects.select_related("endpoint"), pk=pk, kind=Judge.Kind.CALLED, superseded_by=None)
        if not self.has_change_permission(request, judge):
            raise PermissionDenied
        if run := request.GET.get("run", ""):
            trial = trial_of(_trial_run(judge, run))
            return self._page(
                request, "admin/judge_trial.html", title=_("Trial of %(judge)s") % {"judge": judge}, judge=judge, trial=trial
            )
        choice = PreviewForm(request.GET if "battle" in request.GET else {})
        shown = self._shown(judge, choice)
        if request.method == "POST":
            return self._started(request, judge, request.POST.get("battle", ""), request.POST.get("told", ""))
        draft = None
        if shown["previews"] and shown["previews"][0].request is not None:
            draft = self._drafted(request, judge, shown["battle"])
        context = {"judge": judge, "choice": choice, "draft": draft, "is_trial": True, **shown}
        return self._page(request, "admin/judge_preview.html", title=_("Try %(judge)s") % {"judge": judge}, **context)

    def _drafted(self, request: HttpRequest, judge: Judge, battle: int) -> Any:
        try:
            return drafted_trial(judge, battle)
        except CannotPlan as reason:
            self.message_user(request, sentence(reason), level="ERROR")
            return None

    def _started(self, request: HttpRequest, judge: Judge, battle: str, confirmed_cost: str) -> HttpResponse:
        here = reverse("admin:judges_judge_try", args=[judge.pk])
        number, cost = row_number(battle), row_number(confirmed_cost)
        if number is None or cost is None or not previews(judge, number)[0].request:
            self.message_user(request, _("Nothing was sent: choose a battle first."), level="ERROR")
            return redirect(here)
        draft = self._drafted(request, judge, number)
        if draft is None or draft.estimate.cost > cost:
            message = _("Nothing was sent, because the estimate has risen since you confirmed it. Review the new estimate.")
            self.message_user(request, message, level="ERROR")
            return redirect(f"{here}?battle={battle}")
        if not draft.games:
            self.message_user(request, _("Nothing was sent: this battle has its verdict, or is under way."), level="WARNING")
            return redirect(f"{here}?battle={battle}")
        try:
            run = start_trial(draft, cap=cost, created_by=curator_of(request))
        except PlanStale as reason:
            self.message_user(request, _("Nothing was sent: %(reason)s.") % {"reason": reason}, level="ERROR")
            return redirect(f"{here}?battle={battle}")
        work_on_run.delay(run.pk)
        return redirect(f"{here}?run={run.pk}")

    def _page(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        return TemplateResponse(request, template, self.admin_site.each_context(request) | {"opts": self.opts} | context)


def _saved_as(saved: Judge, before: Judge | None) -> str:
    """The message after a save: a new judge, a new version, or none."""
    if before is None:
        return _("The judge %(judge)s was made.") % {"judge": saved.name}
    if saved.pk == before.pk:
        return _("The card of %(judge)s was not changed: no new version was made.") % {"judge": saved.name}
    if saved.version > before.version:
        message = _("The judge %(judge)s has a new card, version %(version)d. Version %(before)d keeps its games.")
    else:
        message = _("Version %(version)d of the judge %(judge)s says the same: it is the current card again.")
    return message % {"judge": saved.name, "version": saved.version, "before": before.version}


def _trial_run(judge: Judge, number: str) -> Run:
    run = Run.objects.select_related("arena").filter(pk=row_number(number) or 0, plan__trial=True).first()
    if run is None or judge.identity not in run.plan["judges"]:
        raise Http404(_("no such trial of this judge"))
    return run
