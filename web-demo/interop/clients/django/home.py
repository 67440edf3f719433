"""The only page of the sites in Django."""

import json

from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.utils.html import escape


def home(request):
    """Shows who is logged in, and forms for the requests that must be sent by POST."""
    user = request.user
    known = {"username": user.username, "email": user.email} if user.is_authenticated else None
    error = request.GET.get("error") or " ".join(map(str, get_messages(request))) or None
    forms = [
        f'<form method="post" action="{action}" id="{name}">'
        f'<input type="hidden" name="csrfmiddlewaretoken" value="{get_token(request)}"></form>'
        for name, action in FORMS.items()
    ]
    parts = [
        f'<pre id="{name}">{escape(json.dumps(value))}</pre>' for name, value in (("user", known), ("error", error))
    ]
    return HttpResponse("\n".join(["<!doctype html>", "<title>A site</title>", *parts, *forms]))


# Path of each form, by its name: `urls` fills it.
FORMS = {}
