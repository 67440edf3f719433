import json
from urllib.parse import urlencode

import home
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import include, path

home.FORMS = {"logout": "/oidc/logout/"}


def refresh(request):
    """Ends the time of the ID token, so that the middleware renews it before it shows this page again."""
    before = request.session.pop("before", None)
    if before is None:
        request.session.update({"before": request.session["oidc_id_token"], "oidc_id_token_expiration": 0})
        return redirect("/refresh")
    return HttpResponse(f'<pre id="renewed">{json.dumps(request.session["oidc_id_token"] != before)}</pre>')


def provider_logout(request):
    """Returns the address to log out at the provider."""
    hint = {"id_token_hint": request.session["oidc_id_token"], "post_logout_redirect_uri": f"{settings.ORIGIN}/"}
    return f"{settings.ISSUER}/oauth2/logout?{urlencode(hint)}"


urlpatterns = [
    path("", home.home),
    path("refresh", refresh),
    path("oidc/", include("mozilla_django_oidc.urls")),
]
