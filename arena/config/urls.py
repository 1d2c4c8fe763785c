from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

from arena.config import languages
from arena.config.signing_in import ChangePassword, SignIn

urlpatterns = [
    path("", include("ranking.urls")),
    path("", include("judges.urls")),
    path("", include("arena.urls")),
    path("api/v1/", include("arena.config.api")),
    path("admin/", admin.site.urls),
    path("language/", languages.switch, name="set_language"),
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("password/", ChangePassword.as_view(), name="password_change"),
    path("password/done/", auth.PasswordChangeDoneView.as_view(), name="password_change_done"),
]

handler400 = "arena.config.errors.error_pages.bad_request"
handler403 = "arena.config.errors.error_pages.permission_denied"
handler404 = "arena.config.errors.error_pages.page_not_found"
handler500 = "arena.config.errors.error_pages.server_error"
