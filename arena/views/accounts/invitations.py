"""Invitations in the browser: sign-in links for new voters and curators, each shown once; a list of the open ones."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from arena import access
from arena.models import AdminLink, Voting
from arena.operations.invitations import invite, open_invitations
from arena.operations.one_time_login import LINK_HOURS, roles_to_give
from arena.views.accounts.shown_once import ShownOnce
from arena.views.context import page_context
from arena.views.private_pages import only_curators

Role = AdminLink.Role
WHAT_IT_MAY = {
    Role.VOTER: gettext_lazy("votes where an arena is open to signed-in accounts"),
    Role.CURATOR: gettext_lazy("also imports data, starts runs, and sees what is not public, in every arena"),
}
LINK = ShownOnce("agon_invitation_just_made", "invitations")


class InvitationForm(forms.Form):
    """A new account; it can be given no more rights than the inviter may give."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=150,
        help_text=gettext_lazy("Of the account: letters, digits, and @ . + - _"),
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip
    role = forms.ChoiceField(label=gettext_lazy("Role"), widget=forms.RadioSelect, initial=Role.VOTER)
    arena: Any = forms.ModelChoiceField(
        None, label=gettext_lazy("Vote first in"), required=False, to_field_name="slug", empty_label=gettext_lazy("no arena"),
        help_text=gettext_lazy("Its page for votes opens first. This gives no rights: an arena's settings say who may vote."),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, user: Any) -> None:
        super().__init__(data)
        self._user = user
        role: Any = self.fields["role"]
        role.choices = [(each.value, WHAT_IT_MAY[each]) for each in roles_to_give(user)]
        arena: Any = self.fields["arena"]
        arena.queryset = access.listed_arenas_for(user).filter(voting__in=[Voting.ANYONE, Voting.ACCOUNTS]).order_by("name")

    def make(self) -> str:
        """The path of the link; empty if the account cannot be made, which the form then says."""
        chosen = self.cleaned_data
        try:
            return invite(chosen["name"], chosen["role"], by=self._user, arena=chosen["arena"], now=timezone.now())
        except ValidationError as wrong:
            self.add_error("name", wrong.messages)
            return ""


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("path")
def invitations(request: HttpRequest) -> HttpResponse:
    only_curators(request, "invitations")
    if request.method != "POST":
        response = _page(request, InvitationForm(user=request.user), **LINK.read(request, access.curator_of(request)))
        LINK.forget(request, response)
        return response
    if "revoke" in request.POST:
        return _revoked(request)
    form = InvitationForm(request.POST, user=request.user)
    path = form.make() if form.is_valid() else ""
    if not path:
        return _page(request, form, status=422)
    response = redirect("invitations")
    LINK.send(response, access.curator_of(request), link=path, made=form.cleaned_data["name"])
    return response


def _revoked(request: HttpRequest) -> HttpResponse:
    written = request.POST["revoke"]
    number = int(written) if written.isascii() and written.isdecimal() and len(written) < 19 else 0
    now = timezone.now()
    link = get_object_or_404(open_invitations(access.curator_of(request), now), pk=number)
    AdminLink.objects.filter(pk=link.pk, spent_at=None).update(revoked_at=now)
    messages.success(request, _("The link for %(name)s no longer works.") % {"name": link.user})
    return redirect("invitations")


@sensitive_variables("shown", "link")
def _page(request: HttpRequest, form: InvitationForm, *, status: int = 200, link: str = "", **shown: Any) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form, "invitations": open_invitations(access.curator_of(request), timezone.now()), "hours": LINK_HOURS,
        "link": request.build_absolute_uri(link) if link else "",
    }  # fmt: skip
    return render(request, "arena/invitations.html", page_context(request, "account", **context, **shown), status=status)
