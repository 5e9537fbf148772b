"""The certificate of the pages: what it says, another one, or a new one of our own."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import Blueprint, current_app, redirect, render_template, request, url_for

from appliance.backup.box import CERTIFICATES
from web import box, tls
from web.language import N_, translated
from web.language import gettext as _

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

page = Blueprint("certificate", __name__)
Shown = str | tuple[str, int]
LARGEST = 65_536  # bytes of a chain, or of a key


@page.get("/certificate")
def start() -> Shown:
    """Show the certificate."""
    return _shown()


@page.post("/certificate")
def upload() -> Response | Shown:
    """Use a certificate from elsewhere."""
    chain, key = _file("chain"), _file("key")
    if not chain:
        return _shown(_("Choose the file with the certificate."))
    if max(len(chain), len(key)) > LARGEST:
        return _shown(_("The file is too large for a certificate: 64 kB at most."))
    try:
        pem = tls.checked(chain, key, request.form.get("passphrase", ""), datetime.now(UTC))
    except tls.TlsError as error:
        return _shown(translated(error.args[0]))
    return _use(pem, N_("certificate uploaded"))


@page.post("/certificate/new")
def make() -> Response:
    """Use a new one of our own, for the names and addresses that the box has now."""
    return _use(tls.make(tls.own_names(box.settings().page.names), datetime.now(UTC)), N_("certificate made"))


def _use(pem: bytes, what: str) -> Response:
    _credentials().replace(pem)
    box.audit(what, fingerprint=tls.read(pem).fingerprint)
    box.told(_("The certificate is used for every new connection from now on."))
    return redirect(url_for("certificate.start"), 303)


def _shown(wrong: str = "") -> Shown:
    found = None
    with suppress(OSError, ValueError):
        found = _credentials().certificate()
    now = datetime.now(UTC)
    left = (found.ends - now).days if found else 0
    page = box.settings().page
    shown = render_template(
        "certificate.html", found=found, left=left, holds=found and found.holds(now), page=page, wrong=wrong
    )
    return (shown, 422) if wrong else shown


def _credentials() -> tls.Credentials:
    found: tls.Credentials = current_app.extensions.setdefault(
        "credentials", tls.Credentials(box.state_folder() / CERTIFICATES)
    )
    return found


def _file(name: str) -> bytes:
    sent = request.files.get(name)
    return sent.read(LARGEST + 1) if sent else b""
