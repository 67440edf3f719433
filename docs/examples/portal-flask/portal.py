"""A site that logs people in by OpenID Connect, with Flask and Authlib."""

import os
from urllib.parse import urlencode

from authlib.integrations.flask_client import OAuth, OAuthError
from flask import Flask, redirect, render_template, session

PORTAL_URL = os.environ["PORTAL_URL"].rstrip("/")  # where browsers reach this site
ISSUER = os.environ["OIDC_ISSUER"].rstrip("/")

app = Flask(__name__)
app.secret_key = os.environ["SESSION_SECRET"]
app.config.update(
    SESSION_COOKIE_NAME="flask_portal",
    SESSION_COOKIE_SAMESITE="Lax",
    SESSION_COOKIE_SECURE=PORTAL_URL.startswith("https:"),
)

provider = OAuth(app).register(
    "provider",
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_id=os.environ["OIDC_CLIENT_ID"],
    client_secret=os.environ["OIDC_CLIENT_SECRET"],
    client_kwargs={"scope": "openid profile", "code_challenge_method": "S256"},
)


@app.get("/")
def home():
    return render_template("home.html", user=session.get("user"))


@app.get("/login")
def login():
    return provider.authorize_redirect(f"{PORTAL_URL}/callback")


@app.get("/callback")
def callback():
    # Authlib compares `state`, redeems the code, and verifies the ID token and its nonce.
    token = provider.authorize_access_token()
    user = token["userinfo"]
    session.clear()
    session["user"] = {"sub": user["sub"], "name": user.get("name"), "identity": user.get("identity")}
    session["id_token"] = token["id_token"]
    return redirect("/")


@app.post("/logout")
def logout():
    # By POST: the session's cookie is SameSite=Lax, so that no other site can log people out.
    id_token = session.get("id_token")
    session.clear()
    end_session = provider.load_server_metadata().get("end_session_endpoint")
    if end_session is None or id_token is None:
        return redirect("/")
    query = {"id_token_hint": id_token, "post_logout_redirect_uri": f"{PORTAL_URL}/"}
    return redirect(f"{end_session}?{urlencode(query)}")


@app.errorhandler(OAuthError)
def refused(error):
    if error.error == "access_denied":
        return render_template("home.html", message="The login was declined or did not finish."), 403
    app.logger.warning("login failed: %s", error)
    return render_template("home.html", message="The login failed. Please try again."), 400


@app.errorhandler(OSError)
def unreachable(error):
    # Exceptions of `requests`, by which Authlib speaks to the provider, are of this class.
    app.logger.error("the provider cannot be reached: %s", error)
    return render_template("home.html", message="Logging in is not possible at the moment."), 503


@app.after_request
def protect(response):
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
    response.headers["Cache-Control"] = "no-store"
    return response
