"""Where people sign in at Microsoft, and Graph's contacts, as far as their documentation describes them.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
https://learn.microsoft.com/graph/api/contact-delta, https://learn.microsoft.com/graph/delta-query-overview
https://learn.microsoft.com/graph/throttling
"""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.directory.sources.servers import Asked, Web

if TYPE_CHECKING:
    from pathlib import Path

Answered = tuple[int, dict[str, str], bytes]

CLIENT, TENANT = "11111111-2222-3333-4444-555555555555", "example.com"


class Microsoft(Web):
    """Both of them on one server; what is asked for is kept in `asked`."""

    def __init__(self, tls: Path) -> None:
        super().__init__(self._answer, tls)
        self.approved = True  # somebody has typed the code
        self.denied = False
        self.token, self.refreshing = "access-1", "refresh-1"
        self.lives = 3600  # seconds, of an access token
        self.page = 2  # contacts
        self.busy = 0  # so many requests are answered with 429
        self.forgotten = False  # the delta link is too old
        self.partly = False  # of what has changed, only that is told
        self.break_after = 1 << 30  # pages
        self.contacts: dict[str, dict[str, Any]] = {}
        self.photos: dict[str, bytes] = {}
        self._log: list[str] = []  # keys, as they change
        self._pages = 0

    def put(self, key: str, **properties: Any) -> None:
        """Write a contact."""
        texts = "surname givenName companyName department officeLocation jobTitle"
        empty: dict[str, Any] = dict.fromkeys(texts.split())
        empty |= dict.fromkeys(("personalNotes", "businessHomePage", "mobilePhone", "displayName"))
        empty |= {"businessPhones": [], "homePhones": [], "emailAddresses": [], "imAddresses": []}
        self._log.append(key)
        tag = {"@odata.etag": f'W/"{len(self._log)}"'}
        self.contacts[key] = empty | self.contacts.get(key, {}) | properties | {"id": key} | tag

    def delete(self, key: str) -> None:
        """Delete a contact."""
        del self.contacts[key]
        self._log.append(key)

    def _answer(self, asked: Asked) -> Answered:
        path = urlsplit(asked.path)
        if path.path == f"/{TENANT}/v2.0/.well-known/openid-configuration":
            here = f"{self.url}/{TENANT}/oauth2/v2.0"
            return _json(
                {
                    "issuer": f"{self.url}/{TENANT}/v2.0",
                    "authorization_endpoint": f"{here}/authorize",
                    "token_endpoint": f"{here}/token",
                    "device_authorization_endpoint": f"{here}/devicecode",
                }
            )
        if path.path.startswith(f"/{TENANT}/oauth2/v2.0/"):
            said = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
            return self._sign_in(path.path.rpartition("/")[2], said)
        if asked.headers.get("Authorization") != f"Bearer {self.token}":
            return _json({"error": {"code": "InvalidAuthenticationToken"}}, 401)
        if self.busy:
            self.busy -= 1
            return 429, {"Retry-After": "0"}, b""
        return self._graph(path.path.removeprefix("/v1.0/me/contacts"), parse_qs(path.query))

    def _sign_in(self, what: str, said: dict[str, str]) -> Answered:
        assert said["client_id"] == CLIENT
        if what == "devicecode":
            where = f"{self.url}/device"
            text = f"To sign in, open {where} and enter the code ABCD1234."
            code: dict[str, Any] = {
                "device_code": "the-device",
                "user_code": "ABCD1234",
                "verification_uri": where,
            }
            return _json(code | {"expires_in": 900, "interval": 0, "message": text})
        if said["grant_type"].endswith("device_code"):
            if self.denied:
                text = "AADSTS70016: the user has refused\r\nTrace ID: 1"
                return _json({"error": "authorization_declined", "error_description": text}, 400)
            if not self.approved:
                self.approved = True
                return _json({"error": "authorization_pending"}, 400)
        elif said.get("refresh_token") != self.refreshing:
            return _json({"error": "invalid_grant", "error_description": "AADSTS70008: expired"}, 400)
        return _json(self._tokens())

    def _tokens(self) -> dict[str, Any]:
        now = int(time.time())
        claims: dict[str, Any] = {
            "aud": CLIENT,
            "iss": f"{self.url}/{TENANT}/v2.0",
            "sub": "ada",
            "oid": "ada",
            "tid": TENANT,
        }
        claims |= {"preferred_username": "ada@example.com", "iat": now, "nbf": now, "exp": now + 3600}
        return {
            "token_type": "Bearer",
            "scope": "Contacts.Read",
            "expires_in": self.lives,
            "access_token": self.token,
            "refresh_token": self.refreshing,
            "id_token": f"{_part({'alg': 'none'})}.{_part(claims)}.",
            "client_info": _part({"uid": "ada", "utid": TENANT}),
        }

    def _graph(self, place: str, query: dict[str, list[str]]) -> Answered:
        key = unquote(place.removeprefix("/").partition("/")[0])
        if place == "/delta":
            return self._delta(query)
        if place.endswith("/photo/$value") and key in self.photos:
            return 200, {"Content-Type": "image/jpeg"}, self.photos[key]
        if key in self.contacts and "/photo" not in place:
            return _json(self.contacts[key])
        return _json({"error": {"code": "ErrorItemNotFound"}}, 404)

    def _delta(self, query: dict[str, list[str]]) -> Answered:
        since, skip = (int(query.get(name, ["0"])[0]) for name in ("$deltatoken", "$skiptoken"))
        if since and self.forgotten:
            self.forgotten = False
            return _json({"error": {"code": "SyncStateNotFound"}}, 410)
        self._pages += 1
        if self._pages > self.break_after:
            return _json({"error": {"code": "generalException"}}, 500)
        keys = list(dict.fromkeys(self._log[since:]))
        rows = [self._row(key, since) for key in keys if since or key in self.contacts]
        page: dict[str, Any] = {"value": rows[skip : skip + self.page]}
        if skip + self.page < len(rows):
            more = f"$deltatoken={since}&$skiptoken={skip + self.page}"
            page["@odata.nextLink"] = f"{self.url}/v1.0/me/contacts/delta?{more}"
        else:
            page["@odata.deltaLink"] = f"{self.url}/v1.0/me/contacts/delta?$deltatoken={len(self._log)}"
        return _json(page)

    def _row(self, key: str, since: int) -> dict[str, Any]:
        if key not in self.contacts:
            return {"id": key, "@removed": {"reason": "deleted"}}
        contact = self.contacts[key]
        return {"id": key, "mobilePhone": contact["mobilePhone"]} if since and self.partly else contact


def _json(data: dict[str, Any], status: int = 200) -> Answered:
    return status, {"Content-Type": "application/json"}, json.dumps(data).encode()


def _part(data: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")
