"""python-social-auth in Django, as in https://python-social-auth.readthedocs.io/en/latest/backends/oidc.html."""

from base_settings import *  # noqa: F403
from base_settings import CLIENT_ID, CLIENT_SECRET, INSTALLED_APPS, ISSUER, MIDDLEWARE

INSTALLED_APPS = [*INSTALLED_APPS, "social_django"]
MIDDLEWARE = [*MIDDLEWARE, "social_django.middleware.SocialAuthExceptionMiddleware"]
AUTHENTICATION_BACKENDS = [
    "social_core.backends.open_id_connect.OpenIdConnectAuth",
    "django.contrib.auth.backends.ModelBackend",
]
SOCIAL_AUTH_OIDC_OIDC_ENDPOINT = ISSUER
SOCIAL_AUTH_OIDC_KEY = CLIENT_ID
SOCIAL_AUTH_OIDC_SECRET = CLIENT_SECRET
# For refresh tokens; the scopes of a login are asked for by default.
SOCIAL_AUTH_OIDC_SCOPE = ["offline_access"]
SOCIAL_AUTH_LOGIN_ERROR_URL = "/"
SOCIAL_AUTH_RAISE_EXCEPTIONS = False
