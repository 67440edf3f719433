"""An app's backend: its people, the phone page that scans and confirms, and token introspection for the gateway."""

import hmac
import json
import os
import secrets
import time
from pathlib import Path

import requests
from flask import Flask, Response, redirect, render_template, request, session
from werkzeug.security import check_password_hash

GATEWAY = os.environ["GATEWAY_URL"].rstrip("/")
GATEWAY_ID = "saoma"  # the gateway's id at /introspect, and the audience of its answers
GATEWAY_SECRET = os.environ["INTROSPECTION_SECRET"]
PEOPLE = json.loads(Path(os.environ["PEOPLE_FILE"]).read_text(encoding="utf-8"))
LOGIN_SECONDS = 3600

app = Flask(__name__)
app.secret_key = os.environ["SESSION_SECRET"]
app.config.update(
    SESSION_COOKIE_NAME="app",
    SESSION_COOKIE_SAMESITE="Strict",  # no other site can confirm a login in a person's name
    SESSION_COOKIE_SECURE=os.environ.get("HTTPS") == "1",
)

# Who holds which access token, until when, at which address. Several processes would share a database instead.
logins = {}


@app.post("/introspect")
def introspect():
    # The gateway asks whose token a phone has sent (RFC 7662).
    caller = request.authorization
    sent = f"{caller.username}:{caller.password}" if caller else ""
    if not hmac.compare_digest(sent.encode(), f"{GATEWAY_ID}:{GATEWAY_SECRET}".encode()):
        return Response(status=401, headers={"WWW-Authenticate": "Basic"})
    login = logins.get(request.form.get("token"))
    if login is None or login["exp"] < time.time():
        return {"active": False}
    person = PEOPLE[login["user"]]
    return {
        "active": True,
        "aud": GATEWAY_ID,
        "exp": login["exp"],
        "sub": person["id"],
        "name": person["name"],
        "identities": [{"id": "personal", "kind": "personal", "name": person["name"]}, *person.get("units", [])],
        "phone_address": login["address"],
    }


def gateway(path, body=None):
    """Sends one of the three requests with the person's token, and returns status and answer."""
    headers = {"Authorization": f"Bearer {session['token']}"}
    answer = requests.post(GATEWAY + path, json=body, headers=headers, timeout=10)
    return answer.status_code, answer.json()


@app.get("/")
def home():
    return render_template("app.html", is_logged_in=session.get("token") in logins)


@app.post("/login")
def login():
    user, password = request.form.get("user", ""), request.form.get("password", "")
    person = PEOPLE.get(user)
    if person is None or not check_password_hash(person["password_hash"], password):
        return render_template("app.html", message="Unknown name or password."), 403
    session["token"] = secrets.token_urlsafe(32)
    logins[session["token"]] = {"user": user, "exp": int(time.time()) + LOGIN_SECONDS, "address": request.remote_addr}
    return redirect("/")


@app.post("/scan")
def scan():
    if session.get("token") not in logins:
        return redirect("/")
    code = request.form.get("code", "").strip()
    # The text of a QR code is an address; what people type are eight letters.
    status, answer = gateway("/v1/scans", {"qr": code} if ":" in code else {"user_code": code})
    if status != 200:
        return render_template("app.html", is_logged_in=True, message=answer["detail"]), status
    return render_template("confirm.html", login=answer)


@app.post("/decide/<login_id>")
def decide(login_id):
    if session.get("token") not in logins or not login_id.isalnum():
        return redirect("/")
    if request.form.get("decision") == "confirm":
        # A television or a terminal has no browser of its own to name: the person compares its code instead.
        choice = {"identity": request.form.get("identity", ""), "same_user_code": "same_user_code" in request.form}
        status, answer = gateway(f"/v1/logins/{login_id}/confirm", choice)
    else:
        status, answer = gateway(f"/v1/logins/{login_id}/reject")
    if answer.get("error") == "not_agreed":
        # The computer asks first whether this is its user: the person confirms again after the yes there.
        return render_template("confirm.html", login=json.loads(request.form["login"]), message=answer["detail"])
    message = f"The login is {answer['status']}." if status == 200 else answer["detail"]
    return render_template("app.html", is_logged_in=True, message=message), status


@app.errorhandler(requests.RequestException)
def unreachable(error):
    app.logger.error("the gateway cannot be reached: %s", error)
    return render_template("app.html", is_logged_in=True, message="Not possible at the moment. Please try again."), 503


@app.after_request
def protect(response):
    policy = "default-src 'none'; script-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    response.headers["Content-Security-Policy"] = policy
    response.headers["Cache-Control"] = "no-store"
    return response
