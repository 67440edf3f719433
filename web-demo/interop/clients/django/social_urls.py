import json

import home
from django.contrib.auth.views import LogoutView
from django.http import HttpResponse
from django.urls import include, path
from social_django.utils import load_strategy

home.FORMS = {"login": "/login/oidc/", "logout": "/logout/"}


def refresh(request):
    """Refreshes the token, as in https://python-social-auth.readthedocs.io/en/latest/use_cases.html."""
    social = request.user.social_auth.get(provider="oidc")
    before = social.extra_data["access_token"]
    social.refresh_token(load_strategy())
    return HttpResponse(f'<pre id="renewed">{json.dumps(social.extra_data["access_token"] != before)}</pre>')


urlpatterns = [
    path("", home.home),
    path("refresh", refresh),
    path("logout/", LogoutView.as_view()),
    path("", include("social_django.urls", namespace="social")),
]
