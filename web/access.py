"""Who may see what: nobody sees anything before signing in, and only admins what is not marked otherwise."""

from __future__ import annotations

import hmac
import secrets
import sqlite3
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from flask import abort, current_app, g, jsonify, redirect, request, url_for
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from appliance.store.file import StoreError, connect, writing
from appliance.users import accounts, sessions
from web import box
from web.language import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flask import Flask
    from werkzeug.wrappers import Response as AnyResponse

    from appliance.users.accounts import User
    from appliance.users.sessions import Session

View = TypeVar("View", bound="Callable[..., object]")

COOKIE = "deskbell"
FORM_COOKIE = "deskbell-form"  # stands for the session in forms before there is one
FIRST_RUN = "first_run"  # the pages that answer until there is an admin
LOOKED = 30.0  # seconds between two looks whether who listens is still signed in


def anyone(view: View) -> View:
    """Let people see this before they have signed in."""
    view.allowed = "anyone"  # type: ignore[attr-defined]
    return view


def operator(view: View) -> View:
    """Let operators see this, not only admins."""
    view.allowed = "operator"  # type: ignore[attr-defined]
    return view


def token() -> str:
    """Return the session's token, as the browser has it; "" where it has none."""
    return request.cookies.get(_named(COOKIE), "")


def by_itself(view: View) -> View:
    """Say that a page asks for this now and then by itself: it is no sign that somebody is there."""
    view.by_itself = True  # type: ignore[attr-defined]
    return view


def session() -> Session | None:
    """Return the session of this request."""
    if "session" not in g:
        said = token()
        g.session = sessions.find(box.store(), said, time.time()) if said else None
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
        g.form_token = request.cookies.get(_named(FORM_COOKIE)) or secrets.token_urlsafe(24)
    return str(g.form_token)


def csrf() -> Markup:
    """Return the hidden field for a form."""
    return Markup('<input type="hidden" name="csrf" value="{}">').format(csrf_token())


def sign_in(who: User, answer: AnyResponse, stay: bool = False) -> AnyResponse:
    """Begin a session, the old one's end, and give its token to the browser with this answer."""
    now = time.time()
    with writing(box.store()) as file:
        sessions.tidy(file, now)
        sessions.end(file, token())
        given = sessions.begin(file, who, now, stay)
    lasts = int(sessions.IDLE[who.role, True]) if stay else None
    answer.set_cookie(_named(COOKIE), given, max_age=lasts, **_safely())
    answer.delete_cookie(_named(FORM_COOKIE), **_safely())
    return answer


def sign_out(answer: AnyResponse) -> AnyResponse:
    """End the session, here and at the browser."""
    with writing(box.store()) as file:
        sessions.end(file, token())
    answer.delete_cookie(_named(COOKIE), **_safely())
    return answer


def while_signed_in(stream: Iterator[bytes]) -> Iterator[bytes]:
    """Return a stream that ends with the session; while somebody listens, the session is in use."""
    return _while_signed_in(stream, box.store_path(), token())  # the request is over when it is read


def _while_signed_in(stream: Iterator[bytes], store: Path, said: str) -> Iterator[bytes]:
    looked = time.monotonic()
    for message in stream:
        yield message
        if time.monotonic() - looked < LOOKED:
            continue
        looked = time.monotonic()
        with suppress(StoreError, sqlite3.Error), closing(connect(store)) as file:
            found = sessions.find(file, said, time.time())
            if found is None:
                return
            if time.time() - found.seen > sessions.TOUCHED:
                with writing(file):
                    sessions.touch(file, said, time.time())


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
    if not accounts.any_admin(box.store()):
        if request.blueprint == FIRST_RUN:  # which asks for the code that the box shows
            return None
        return _lead(url_for(f"{FIRST_RUN}.start"), "this desk is a new one: set it up first")
    view = current_app.view_functions.get(request.endpoint or "")
    allowed = getattr(view, "allowed", "admin")
    if allowed == "anyone":
        return None
    if session() is None:
        return _lead(url_for("login.start", next=_wanted()), "sign in first")
    if view is not None and allowed == "admin" and not is_admin():
        abort(403, _("Only an admin may do this."))
    if not getattr(view, "by_itself", False):
        _touch()
    return None


def _lead(place: str, why: str) -> AnyResponse | tuple[AnyResponse, int]:
    """Lead a person to another page, and tell a script why it gets nothing."""
    if wants_json() or request.headers.get("Sec-Fetch-Dest", "document") != "document":
        return jsonify(ok=False, error=why), 401
    return redirect(place, 303)


def _wanted() -> str | None:
    """Return where to go after signing in: the page that was asked for, or whose form was sent too late."""
    if request.method in ("GET", "HEAD"):
        here = request.full_path.rstrip("?")
    else:
        try:
            current_app.create_url_adapter(request).match(request.path, "GET")  # type: ignore[union-attr]
        except HTTPException:
            return None
        here = request.path
    return here if here != "/" else None


def _refuse_forged() -> None:
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    said = request.headers.get("X-CSRF-Token") or request.form.get("csrf", "")
    known = session() is not None or _named(FORM_COOKIE) in request.cookies
    if not known or not hmac.compare_digest(said.encode(errors="replace"), csrf_token().encode()):
        abort(400, _("This form is too old, or came from another site. Load the page anew and try again."))


def _touch() -> None:
    found = session()
    if found and abs(time.time() - found.seen) > sessions.TOUCHED:
        with suppress(sqlite3.OperationalError), writing(box.store()) as file:  # a full card: read on
            sessions.touch(file, token(), time.time())


def _give_form_cookie(answer: AnyResponse) -> AnyResponse:
    if "form_token" in g and _named(FORM_COOKIE) not in request.cookies:
        answer.set_cookie(_named(FORM_COOKIE), g.form_token, **_safely())
    return answer


def _named(cookie: str) -> str:
    """Return a cookie's name: with HTTPS one that no other host can set, and none without encryption."""
    return f"__Host-{cookie}" if request.is_secure else cookie


def _safely() -> dict[str, Any]:
    return {"httponly": True, "samesite": "Strict", "secure": request.is_secure, "path": "/"}


def local(target: str) -> str:
    """Return a path of this site that was asked for, "/" where it is none: nobody is led elsewhere."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return "/"
    right = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc
    return target if right and target.isprintable() and "\\" not in target else "/"
