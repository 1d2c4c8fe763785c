from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy

from arena.config import curation


class AgonAdminSite(AdminSite):
    """Open to curators (`is_staff`), who sign in on the site's own page."""

    site_header = "Agon"
    site_title = gettext_lazy("Agon admin")
    index_title = gettext_lazy("Curate")
    enable_nav_sidebar = False  # lists need the width

    def index(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> TemplateResponse:
        groups = curation.list_groups(self.get_app_list(request))
        context = {"page": "curate", "waiting": curation.waiting_work(request), "groups": groups}
        return super().index(request, context | (extra_context or {}))

    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        address = request.GET.get("next") or reverse("admin:index")
        if self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(address)
