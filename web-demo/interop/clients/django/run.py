"""Makes the database of the site that `DJANGO_SETTINGS_MODULE` names, and serves it."""

import os

import django
from django.core.management import call_command

django.setup()
call_command("migrate", verbosity=0)
port = os.environ["ORIGIN"].rsplit(":", 1)[1]
call_command("runserver", f"127.0.0.1:{port}", use_reloader=False)
