from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy


class AgonAdminSite(AdminSite):
    """Open to curators (`is_staff`), who sign in on the site's own page."""

    site_header = "Agon"
    site_title = gettext_lazy("Agon admin")
    index_title = gettext_lazy("Admin")
    enable_nav_sidebar = False  # lists need the width

    def index(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> TemplateResponse:
        from arena.evidence import flags  # the site is made before there are models
        from arena.models import Ballot

        n_flagged = flags.waiting(Ballot.objects.order_by()).count()
        return super().index(request, {"n_flagged": n_flagged} | (extra_context or {}))

    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        address = request.GET.get("next") or reverse("admin:index")
        if self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(address)
