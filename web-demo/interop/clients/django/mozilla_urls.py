from urllib.parse import urlencode

import home
from django.conf import settings
from django.urls import include, path

home.FORMS = {"logout": "/oidc/logout/"}


def provider_logout(request):
    """Returns the address to log out at the provider."""
    hint = {"id_token_hint": request.session["oidc_id_token"], "post_logout_redirect_uri": f"{settings.ORIGIN}/"}
    return f"{settings.ISSUER}/oauth2/logout?{urlencode(hint)}"


urlpatterns = [path("", home.home), path("oidc/", include("mozilla_django_oidc.urls"))]
