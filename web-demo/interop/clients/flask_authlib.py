"""Authlib in Flask, as in https://docs.authlib.org/en/latest/client/flask.html."""

import json
import os

from authlib.integrations.flask_client import OAuth, OAuthError
from flask import Flask, redirect, render_template_string, request, session, url_for

ISSUER, ORIGIN = os.environ["ISSUER"], os.environ["ORIGIN"]

app = Flask(__name__)
app.secret_key = "a secret of the session"

oauth = OAuth(app)
oauth.register(
    name="saoma",
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile email offline_access"},
)
oauth.register(
    name="saoma_with_pkce",
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"},
)

PAGE = """<!doctype html><title>A site</title>
<pre id="user">{{ user }}</pre><pre id="error">{{ error }}</pre><pre id="renewed">{{ renewed }}</pre>"""


def page(user=None, error=None, renewed=None):
    parts = {"user": user, "error": error, "renewed": renewed}
    return render_template_string(PAGE, **{name: json.dumps(value) for name, value in parts.items()})


@app.route("/")
def home():
    return page(user=session.get("user"))


@app.route("/login")
def login():
    session["with"] = "saoma_with_pkce" if request.args.get("pkce") else "saoma"
    more = {"response_mode": "form_post"} if request.args.get("form_post") else {}
    return oauth.create_client(session["with"]).authorize_redirect(url_for("auth", _external=True), **more)


@app.route("/auth", methods=["GET", "POST"])
def auth():
    # Authlib reads an error out of the query alone.
    if "error" in request.form:
        raise OAuthError(request.form["error"], request.form.get("error_description"))
    token = oauth.create_client(session.get("with", "saoma")).authorize_access_token()
    session["user"] = token["userinfo"]
    session["tokens"] = {name: token.get(name) for name in ("access_token", "refresh_token", "id_token", "token_type")}
    return redirect("/")


@app.errorhandler(OAuthError)
def refused(error):
    return page(error={"error": error.error, "description": error.description})


@app.route("/refresh")
def refresh():
    before = session["tokens"]
    token = oauth.saoma.fetch_access_token(grant_type="refresh_token", refresh_token=before["refresh_token"])
    session["tokens"] = {**before, **token}
    user = oauth.saoma.userinfo(token=token)
    return page(user=user, renewed=token["access_token"] != before["access_token"])


@app.route("/logout")
def logout():
    tokens = session.pop("tokens")
    session.pop("user")
    return oauth.saoma.logout_redirect(post_logout_redirect_uri=f"{ORIGIN}/", id_token_hint=tokens["id_token"])


if __name__ == "__main__":
    app.run(port=int(ORIGIN.rsplit(":", 1)[1]))
