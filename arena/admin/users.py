"""Accounts, described by their roles on this site: who votes, who curates, who makes endpoints."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    UserAdmin = DjangoUserAdmin[User]
else:
    UserAdmin = DjangoUserAdmin

WORDS = {
    "is_active": (
        gettext_lazy("Active"),
        gettext_lazy("May sign in. Take this away instead of deleting the account: what it voted stays."),
    ),
    "is_staff": (
        gettext_lazy("Curator"),
        gettext_lazy(
            "Curates every arena: imports, prompts, judges, runs on the endpoints that there are. Sees what is not public."
        ),
    ),
    "is_superuser": (
        gettext_lazy("Superuser"),
        gettext_lazy("Makes endpoints, which cost money, and accounts. To open the admin a superuser must be a curator, too."),
    ),
}
HOW_TO_ENTER = gettext_lazy(
    "Every account may vote where an arena is open to signed-in accounts. Where Agon runs, the command "
    "“manage.py enter_link NAME” prints a link by which its owner signs in once and sets a password; without one, set it here. "
    "New people are invited under Account, Invitations."
)
DJANGOS_OWN = gettext_lazy("Groups and permissions of Django; the pages of arenas, judges and boards do not ask for them")

admin.site.unregister(User)


@admin.register(User)
class AccountAdmin(UserAdmin):
    list_display = ["username", "email", "is_active", "is_staff", "is_superuser", "last_login"]
    list_filter = ["is_active", "is_staff", "is_superuser"]
    fieldsets = [
        (None, {"fields": ["username", "password"], "description": HOW_TO_ENTER}),
        (gettext_lazy("What it may do"), {"fields": ["is_active", "is_staff", "is_superuser"]}),
        (gettext_lazy("Who it is"), {"fields": ["first_name", "last_name", "email"]}),
        (DJANGOS_OWN, {"classes": ["collapse"], "fields": ["groups", "user_permissions"]}),
        (gettext_lazy("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    readonly_fields = ["last_login", "date_joined"]
    add_fieldsets = [
        (None, {"classes": ["wide"], "fields": ["username", "usable_password", "password1", "password2"],
                "description": HOW_TO_ENTER}),
    ]  # fmt: skip

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name in WORDS:
            field.label, field.help_text = WORDS[db_field.name]
        return field
