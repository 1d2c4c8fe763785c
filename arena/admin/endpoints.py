"""Endpoints, which only superusers see and make, and the call that tests one."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from arena.admin.archiving import ArchivingAdmin
from arena.admin.endpoint_forms import EndpointForm
from arena.models import Call, Endpoint, Run
from arena.runs.budget import dollars
from arena.runs.endpoint_checks import held_up_by, trouble_with
from arena.runs.endpoint_trials import REQUEST, EndpointTrial, TooDear, most, try_out
from arena.wording import counted


@admin.register(Endpoint)
class EndpointAdmin(ArchivingAdmin):
    """For superusers: an endpoint costs money and may use a key. A row holds the name of the key's variable, not the key."""

    form = EndpointForm
    change_form_template = "admin/endpoint.html"
    list_display = ["name", "wire", "model", "base_url", "key_name", "prices", "is_proven", "held_up"]
    list_filter = ["wire", "is_proven"]
    search_fields = ["name", "model", "base_url"]
    fieldsets = [
        (None, {"fields": ["name", "wire", "base_url", "model", "key_name"]}),
        (gettext_lazy("What it costs"), {"fields": ["price_in", "price_out"]}),
        (
            gettext_lazy("How fast it may be asked, where that is known"),
            {"fields": ["requests_per_minute", "tokens_per_minute", "max_concurrency", "timeout_seconds"]},
        ),
        (
            gettext_lazy("What was learnt; forgotten when it is edited"),
            {"fields": ["refused_parameters", "is_proven", "paused_because"]},
        ),
    ]
    readonly_fields = ["refused_parameters", "is_proven"]

    @admin.display(description=gettext_lazy("dollars per million tokens, in / out"))
    def prices(self, endpoint: Endpoint) -> str:
        return f"{dollars(endpoint.price_in)} / {dollars(endpoint.price_out)}"

    @admin.display(description=gettext_lazy("cannot be called"))
    def held_up(self, endpoint: Endpoint) -> str:
        return held_up_by(endpoint)

    def get_urls(self) -> list[Any]:
        mine = [path("<row:pk>/test/", self.admin_site.admin_view(self.test), name="arena_endpoint_test")]
        return [*mine, *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Endpoint, form: Any, change: bool) -> None:
        if change and set(Endpoint.LEARNT_FROM) & set(form.changed_data):
            obj.forget()
        elif "paused_because" in form.changed_data:
            obj.is_pause_learnt = False  # a pause set by a person, which only a person ends
        super().save_model(request, obj, form, change)
        if change and set(Endpoint.LEARNT_FROM) & set(form.changed_data):
            self._warn_of_waiting(request, obj)

    def _warn_of_waiting(self, request: HttpRequest, endpoint: Endpoint) -> None:
        """Warn about runs that were planned before the endpoint was changed."""
        going = [Run.State.RUNNING, Run.State.PAUSED]
        waiting = Call.objects.waiting().filter(endpoint=endpoint, run__state__in=going).order_by()
        n_runs, n_calls = waiting.values("run").distinct().count(), waiting.count()
        if n_calls:
            waits = ngettext(
                "%(runs)s, %(calls)s waits on this endpoint.", "%(runs)s, %(calls)s wait on this endpoint.", n_calls
            ) % {"runs": counted(n_runs, "run", "runs"), "calls": counted(n_calls, "call", "calls")}
            advice = _(
                "Where judges were made for another model or address, their runs pause before the next call and say what to "
                "do; other runs go on with the endpoint as it is now."
            )
            messages.warning(request, f"{waits} {advice}")

    def test(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what one call would cost, with the button that sends it; then its result."""
        endpoint = get_object_or_404(Endpoint, pk=pk)
        if not _is_superuser(request):
            raise PermissionDenied
        if request.method != "POST":
            return self._page(request, endpoint)
        shown_cost = request.POST.get("told", "")
        try:
            trial = try_out(endpoint, told=int(shown_cost) if shown_cost.isdecimal() and len(shown_cost) < 19 else -1)
        except TooDear as reason:
            messages.error(request, _("Nothing was sent: %(reason)s.") % {"reason": reason})
            return redirect("admin:arena_endpoint_test", pk)
        self.log_change(request, endpoint, "Tested by one call.")
        return self._page(request, endpoint, trial)

    def _page(self, request: HttpRequest, endpoint: Endpoint, trial: EndpointTrial | None = None) -> TemplateResponse:
        context = self.admin_site.each_context(request) | {
            "opts": self.opts, "title": _("Test of %(name)s") % {"name": endpoint.name}, "endpoint": endpoint, "trial": trial,
            "most": most(endpoint), "trouble": trouble_with(endpoint), "asked": REQUEST,
        }  # fmt: skip
        return TemplateResponse(request, "admin/endpoint_test.html", context)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _is_superuser(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return _is_superuser(request) and super().has_change_permission(request, obj)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)
