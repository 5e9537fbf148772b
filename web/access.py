"""Who may see what: nobody sees anything before signing in, and only admins what is not marked otherwise."""

from __future__ import annotations

import hmac
import secrets
import time
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from flask import abort, current_app, g, jsonify, redirect, request, url_for
from markupsafe import Markup

from appliance.store.file import writing
from appliance.users import accounts, sessions
from web import box

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from werkzeug.wrappers import Response as AnyResponse

    from appliance.users.accounts import User
    from appliance.users.sessions import Session

View = TypeVar("View", bound="Callable[..., object]")

COOKIE = "deskbell"
FORM_COOKIE = "deskbell-form"  # stands for the session in forms before there is one
DAY = 86400


def anyone(view: View) -> View:
    """Let people see this before they have signed in."""
    view.allowed = "anyone"  # type: ignore[attr-defined]
    return view


def operator(view: View) -> View:
    """Let operators see this, not only admins."""
    view.allowed = "operator"  # type: ignore[attr-defined]
    return view


def session() -> Session | None:
    """Return the session of this request."""
    if "session" not in g:
        token = request.cookies.get(COOKIE, "")
        g.session = sessions.find(box.store(), token, time.time()) if token else None
    found: Session | None = g.session
    return found


def user_or_none() -> User | None:
    """Return who is signed in."""
    found = session()
    return found.user if found else None


def user() -> User:
    """Return who is signed in; 401 where nobody is."""
    found = user_or_none()
    if found is None:
        abort(401)
    return found


def is_admin() -> bool:
    """Return whether an admin is signed in."""
    found = user_or_none()
    return found is not None and found.role == "admin"


def may(endpoint: str) -> bool:
    """Return whether who is signed in may see this endpoint, and it exists."""
    view = current_app.view_functions.get(endpoint)
    if view is None:
        return False
    allowed = getattr(view, "allowed", "admin")
    return allowed == "anyone" or is_admin() or (allowed == "operator" and user_or_none() is not None)


def csrf_token() -> str:
    """Return what every form must bring back."""
    found = session()
    if found:
        return found.csrf
    if "form_token" not in g:
        g.form_token = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
    return str(g.form_token)


def csrf() -> Markup:
    """Return the hidden field for a form."""
    return Markup('<input type="hidden" name="csrf" value="{}">').format(csrf_token())


def sign_in(who: User, answer: AnyResponse, stay: bool = False) -> AnyResponse:
    """Begin a session and give its token to the browser with this answer."""
    now = time.time()
    with writing(box.store()) as file:
        token = sessions.begin(file, who, now, stay)
    answer.set_cookie(COOKIE, token, max_age=30 * DAY if stay else None, **_cookie())  # type: ignore[arg-type]
    answer.delete_cookie(FORM_COOKIE)
    return answer


def sign_out(answer: AnyResponse) -> AnyResponse:
    """End the session, here and at the browser."""
    with writing(box.store()) as file:
        sessions.end(file, request.cookies.get(COOKIE, ""))
    answer.delete_cookie(COOKIE)
    return answer


def wants_json() -> bool:
    """Return whether a script asks, and not a person who follows a link."""
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json" or (
        request.is_json
    )


def protect(app: Flask) -> None:
    """Ask every request who it is from, and every change where it comes from."""
    app.before_request(_refuse_strangers)
    app.before_request(_refuse_forged)
    app.after_request(_give_form_cookie)
    app.jinja_env.globals.update(csrf=csrf, csrf_token=csrf_token, may=may, user=user_or_none)


def _refuse_strangers() -> AnyResponse | tuple[AnyResponse, int] | None:
    if request.endpoint == "static":
        return None
    view = current_app.view_functions.get(request.endpoint or "")
    allowed = getattr(view, "allowed", "admin")
    if allowed == "anyone":
        return None
    if not accounts.any_admin(box.store()) and "first_run.start" in current_app.view_functions:
        return redirect(url_for("first_run.start"), 303)
    if session() is None:
        if wants_json() or request.method not in ("GET", "HEAD"):
            return jsonify(ok=False, error="sign in first"), 401
        here = request.full_path.rstrip("?")
        return redirect(url_for("login.start", next=here if here != "/" else None), 303)
    if view is not None and allowed == "admin" and not is_admin():
        abort(403)
    _touch()
    return None


def _refuse_forged() -> None:
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    said = request.headers.get("X-CSRF-Token") or request.form.get("csrf", "")
    known = session() is not None or FORM_COOKIE in request.cookies
    if not known or not hmac.compare_digest(said.encode(), csrf_token().encode()):
        abort(400, "This form is too old, or came from another site. Load the page anew and try again.")


def _touch() -> None:
    found = session()
    if found and time.time() - found.seen > 60:
        with writing(box.store()) as file:
            sessions.touch(file, request.cookies[COOKIE], time.time())


def _give_form_cookie(answer: AnyResponse) -> AnyResponse:
    if "form_token" in g and FORM_COOKIE not in request.cookies:
        answer.set_cookie(FORM_COOKIE, g.form_token, **_cookie())  # type: ignore[arg-type]
    return answer


def _cookie() -> dict[str, object]:
    return {"httponly": True, "samesite": "Strict", "secure": request.is_secure}


def local(target: str) -> str:
    """Return a path of this site that was asked for, "/" where it is none: nobody is led elsewhere."""
    parts = urlsplit(target)
    right = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc
    return target if right and not any(sign in target for sign in "\\\r\n\t") else "/"
