import home
from django.urls import include, path

home.FORMS = {"login": "/accounts/oidc/saoma/login/", "logout": "/accounts/logout/"}
urlpatterns = [path("", home.home), path("accounts/", include("allauth.urls"))]
