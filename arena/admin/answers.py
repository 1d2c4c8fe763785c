"""Admin pages for viewing, correcting and archiving answers."""

from django.contrib import admin
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.admin.archiving import ArchivingAdmin
from arena.admin.base import ReadOnlyAdmin, link
from arena.models import Aside, Response
from arena.runs.budget import dollars
from arena.texts.rendering import visible_controls


@admin.register(Response)
class ResponseAdmin(ArchivingAdmin, ReadOnlyAdmin):
    list_display = ["number", "competitor", "prompt", "repeat", "finish", "n_characters", "tokens_out", "latency_ms"]
    list_filter = ["prompt__arena", "finish"]
    list_select_related = ["competitor", "prompt"]
    search_fields = ["pk__exact", "prompt__key__exact", "competitor__name__exact"]
    search_help_text = gettext_lazy("Number, key of the prompt or name of the model, whole.")
    exclude = ["html", "rendered_by", "cost"]
    readonly_fields = ["ending", "thinking", "shown_cost", "correction"]

    @admin.display(description=gettext_lazy("correction"))
    def correction(self, response: Response) -> SafeString | str:
        if response.superseded_by_id is not None:
            address = reverse("admin:arena_response_change", args=[response.superseded_by_id])
            return link(address, _("corrected by answer %(number)s") % {"number": response.superseded_by_id})
        return link(reverse("correct", args=[response.pk]), _("Correct it")) if not response.is_archived else "-"

    @admin.display(description=gettext_lazy("number"), ordering="pk")
    def number(self, response: Response) -> int:
        return response.pk

    @admin.display(description=gettext_lazy("cost"))
    def shown_cost(self, response: Response) -> str:
        return "-" if response.cost is None else dollars(response.cost)

    @admin.display(description=gettext_lazy("how it ended"))
    def ending(self, response: Response) -> str:
        return _beside(response).ending or response.get_finish_display()

    @admin.display(description=gettext_lazy("thought before it"))
    def thinking(self, response: Response) -> str:
        return visible_controls(_beside(response).thinking) or "-"


def _beside(response: Response) -> Aside:
    return Aside.objects.filter(pk=response.pk).first() or Aside()
