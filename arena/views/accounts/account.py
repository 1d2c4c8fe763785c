"""The page of one's own account: the tokens by which programs sign in for it."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from arena import access
from arena.models import ApiToken
from arena.models.names import check_name
from arena.row_numbers import row_number
from arena.tokens import DAYS, LONGEST_NAME, make_token, revoke, scopes_for
from arena.views.accounts.shown_once import ShownOnce
from arena.views.context import page_context
from arena.wording import number

FOR_EVER = "never"
MOST_TOKENS = 50
SECRET = ShownOnce("agon_token_just_made", "account")


class TokenForm(forms.Form):
    """A new token of one account; it can be given no more rights than the account has."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=LONGEST_NAME,
        validators=[check_name],
        help_text=gettext_lazy("What it is for: a program, a machine."),
    )
    scopes = forms.MultipleChoiceField(label=gettext_lazy("What it may do"), widget=forms.CheckboxSelectMultiple)
    arenas: Any = forms.ModelMultipleChoiceField(
        None, label=gettext_lazy("Arenas"), required=False, to_field_name="slug", widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen: all arenas that you may see, future ones too."),
    )  # fmt: skip
    days = forms.ChoiceField(label=gettext_lazy("It expires"), initial="90")

    def __init__(self, data: Any = None, *, user: User) -> None:
        super().__init__(data)
        self._user = user
        scopes: Any = self.fields["scopes"]
        scopes.choices = [(scope.value, scope.label) for scope in scopes_for(user)]
        if len(scopes.choices) == 1:
            scopes.initial = [scopes.choices[0][0]]
        arenas: Any = self.fields["arenas"]
        arenas.queryset = access.listed_arenas_for(user)
        days: Any = self.fields["days"]
        days.choices = [*((str(each), _in_days(each)) for each in DAYS), (FOR_EVER, _("never"))]

    def make(self) -> str:
        """The secret of the new token."""
        chosen, days = self.cleaned_data, self.cleaned_data["days"]
        expires_at = None if days == FOR_EVER else timezone.now() + timedelta(days=int(days))
        arenas = list(chosen["arenas"]) or None
        return make_token(self._user, name=chosen["name"], scopes=chosen["scopes"], arenas=arenas, expires_at=expires_at)[1]


def _in_days(days: int) -> str:
    return ngettext("in %(n)s day", "in %(n)s days", days) % {"n": number(days)}


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """A new secret is shown once, on the page after its form; reloading that page creates nothing."""
    user: Any = request.user
    if request.method != "POST":
        return _shown_once(request, user)
    if "revoke" in request.POST:
        return _revoked(request, user)
    form = TokenForm(request.POST, user=user)
    if not form.is_valid():
        return _page(request, user, form, status=422)
    if _tokens(user).filter(revoked_at=None).count() >= MOST_TOKENS:
        message = _("You have %(n)s tokens. Revoke some that are no longer used.") % {"n": number(MOST_TOKENS)}
        form.add_error(None, message)
        return _page(request, user, form, status=422)
    response = redirect("account")
    SECRET.send(response, user, secret=form.make(), made=form.cleaned_data["name"])
    return response


def _shown_once(request: HttpRequest, user: User) -> HttpResponse:
    response = _page(request, user, TokenForm(user=user), **SECRET.read(request, user))
    SECRET.forget(request, response)
    return response


def _revoked(request: HttpRequest, user: User) -> HttpResponse:
    written = request.POST["revoke"]
    token = get_object_or_404(_tokens(user), pk=row_number(written))
    revoke(token, timezone.now())
    messages.success(request, _("%(name)s is revoked and will be refused from now on.") % {"name": token.name})
    return redirect("account")


def _tokens(user: User) -> Any:
    return ApiToken.objects.filter(user=user)


def _page(request: HttpRequest, user: User, form: TokenForm, *, status: int = 200, **more: Any) -> HttpResponse:
    tokens = _tokens(user).filter(revoked_at=None).prefetch_related("arenas")
    context = page_context(request, "account", form=form, tokens=tokens, now=timezone.now(), **more)
    return render(request, "registration/account.html", context, status=status)
