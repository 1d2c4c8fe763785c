from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class AdminConfig(DjangoAdminConfig):
    """Django's admin under Agon's name."""

    default_site = "arena.config.admin_site.AgonAdminSite"
