"""Django's error pages for requests that may be too broken for it.

Django's own prepare a form's token first and read the form for it: where that form was the error, they fail once more.
Our pages find their token without it.
"""

from inspect import unwrap

from django.views import defaults

bad_request = unwrap(defaults.bad_request)
permission_denied = unwrap(defaults.permission_denied)
page_not_found = unwrap(defaults.page_not_found)
