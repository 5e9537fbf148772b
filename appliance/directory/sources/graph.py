"""The contacts of one account of Microsoft 365, by Microsoft Graph.

Somebody signs in once, with a code on another device (OAuth 2.0 device authorization, RFC 8628, by msal);
the tokens are kept beside the store in a file that nobody else may read. After the first reading Graph
tells what has changed (https://learn.microsoft.com/graph/api/contact-delta); where it has forgotten where
that was (410), all is read again.
"""

from __future__ import annotations

import json
import logging
import os
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import msal  # type: ignore[import-untyped]
from requests.exceptions import RequestException

from appliance.directory.person import Number, Person
from appliance.directory.sources.base import SourceError, portrait
from appliance.directory.sources.fetch import Fetcher, Session, innermost, same_host
from appliance.store.sharing import create

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from appliance.directory.person import Picture
    from appliance.directory.sources.base import Harvest
    from appliance.directory.sources.fetch import Answer
    from appliance.settings import SourceOptions

logging.getLogger("msal").setLevel(logging.WARNING)  # below, it writes down codes to sign in with

API = "https://graph.microsoft.com/v1.0"
AUTHORITY = "https://login.microsoftonline.com"
SCOPES = ["Contacts.Read"]
PAGE = 200
MOST_PAGES = 20_000
LARGEST_PICTURE = 4 << 20  # bytes

TEXTS = {
    "last": "surname",
    "first": "givenName",
    "company": "companyName",
    "department": "department",
    "office": "officeLocation",
    "title": "jobTitle",
    "notes": "personalNotes",
    "web": "businessHomePage",
}
NUMBERS = {"businessPhones": "work", "mobilePhone": "mobile", "homePhones": "home"}
_OTHERS = ("displayName", "emailAddresses", "imAddresses")
PROPERTIES = (*TEXTS.values(), *NUMBERS, *_OTHERS)


class Graph:
    """The contacts of the account that has signed in."""

    def __init__(self, name: str, options: SourceOptions, folder: Path) -> None:
        """Nothing is asked yet; `folder` is where the account's tokens are."""
        self._options = options
        self._account = Account(name, options, folder)
        self._api = (options.url or API).rstrip("/")

    def read(self, into: Harvest) -> str:
        """Read what has changed since the mark, which is Graph's own link."""
        fetcher = Fetcher(self._options, into.left)
        if into.mark:
            answer = self._ask(fetcher, into.mark, (200, 410))
            if answer.status == 200:
                return self._pages(fetcher, answer, into)
        asked = urlencode({"$select": ",".join(PROPERTIES)}, safe="$,")
        present: set[str] = set()
        first = self._ask(fetcher, f"{self._api}/me/contacts/delta?{asked}")
        mark = self._pages(fetcher, first, into, present)
        into.gone_but(present)
        return mark

    def _pages(self, fetcher: Fetcher, answer: Answer, into: Harvest, present: set[str] | None = None) -> str:
        """Read page after page; return the link to what will have changed."""
        for _ in range(MOST_PAGES):
            page = _json(answer)
            for contact in page.get("value", ()):
                key = str(contact["id"])
                if "@removed" in contact:
                    into.gone.add(key)
                    continue
                into.gone.discard(key)
                if present is not None:
                    present.add(key)
                into.add(self._person(fetcher, contact))
            if link := page.get("@odata.deltaLink"):
                return same_host(self._api, str(link))
            if not (link := page.get("@odata.nextLink")):
                raise SourceError("it sends half an answer: a page without a link to the next")
            answer = self._ask(fetcher, same_host(self._api, str(link)))
        raise SourceError(f"it has more than {MOST_PAGES} pages")

    def _person(self, fetcher: Fetcher, contact: dict[str, Any]) -> Person:
        """Return a contact as a person; of a changed one Graph may tell only what has changed, so ask."""
        place = f"{self._api}/me/contacts/{quote(str(contact['id']), safe='')}"
        if not set(PROPERTIES) <= contact.keys():
            contact = _json(self._ask(fetcher, place)) | {"id": contact["id"]}
        texts: dict[str, Any] = {field: str(contact.get(name) or "") for field, name in TEXTS.items()}
        if not (texts["last"] or texts["first"] or texts["company"]):
            texts["last"] = str(contact.get("displayName") or "")
        mails = [str(each.get("address") or "") for each in contact.get("emailAddresses") or ()]
        return Person(
            **texts,
            email=next(filter(None, mails), ""),
            xmpp=next(iter(contact.get("imAddresses") or ()), "") or "",
            numbers=tuple(_numbers(contact)),
            picture=self._picture(fetcher, place) if self._options.pictures else None,
            source_key=str(contact["id"]),
            source_version=str(contact.get("@odata.etag") or ""),
        )

    def _picture(self, fetcher: Fetcher, place: str) -> Picture | None:
        answer = self._ask(fetcher, f"{place}/photo/$value", (200, 404), LARGEST_PICTURE)
        return portrait(answer.body) if answer.status == 200 else None

    def _ask(
        self, fetcher: Fetcher, url: str, welcome: tuple[int, ...] = (200,), largest: int = 16 << 20
    ) -> Answer:
        headers = {
            "Authorization": f"Bearer {self._account.token()}",
            "Accept": "application/json",
            "Prefer": f'odata.maxpagesize={PAGE}, IdType="ImmutableId"',
        }
        return fetcher.ask("GET", url, headers=headers, welcome=welcome, largest=largest)


class Account:
    """Who has signed in for a source, and their tokens."""

    def __init__(self, name: str, options: SourceOptions, folder: Path) -> None:
        """Nothing is asked yet."""
        self._name, self._options = name, options
        self._file = folder / f"{name}.token"
        self._kept: msal.PublicClientApplication | None = None
        self._cache = msal.SerializableTokenCache()

    def token(self) -> str:
        """Return an access token that is good for a while; SourceError where somebody has to sign in."""
        application = self._application()
        accounts = application.get_accounts()
        result = (
            self._said(lambda: application.acquire_token_silent(SCOPES, accounts[0])) if accounts else None
        )
        self._keep()
        if not result or "access_token" not in result:
            raise SourceError(f"nobody is signed in: deskbell directory sign-in {self._name}")
        return str(result["access_token"])

    def sign_in(self, tell: Callable[[str], object]) -> str:
        """Tell a person what to type where, wait until they have, and return who they are."""
        application = self._application()
        flow = self._said(lambda: application.initiate_device_flow(SCOPES))
        if "user_code" not in flow:
            raise SourceError(f"nobody can sign in: {_described(flow)}")
        tell(flow["message"])
        result = self._said(lambda: application.acquire_token_by_device_flow(flow))
        if "access_token" not in result:
            raise SourceError(f"nobody has signed in: {_described(result)}")
        for account in application.get_accounts()[1:]:  # one source, one account
            application.remove_account(account)
        self._keep()
        return str(result.get("id_token_claims", {}).get("preferred_username") or "somebody")

    def _application(self) -> msal.PublicClientApplication:
        if not self._kept:
            if self._file.exists():
                self._cache.deserialize(self._file.read_text())
            authority = f"{self._options.authority or AUTHORITY}/{self._options.tenant}"
            self._kept = self._said(
                lambda: msal.PublicClientApplication(
                    self._options.client_id,
                    authority=authority,
                    token_cache=self._cache,
                    instance_discovery=False,  # the settings say who is asked, nobody else
                    http_client=Session(self._options),
                )
            )
        return self._kept

    def _said(self, ask: Callable[[], Any]) -> Any:  # noqa: ANN401 - msal has no types
        """Return what msal does; SourceError where the server cannot be reached, or is none."""
        try:
            return ask()
        except (RequestException, ValueError) as error:
            raise SourceError(f"where people sign in cannot be reached: {innermost(error)}") from error

    def _keep(self) -> None:
        """Write the tokens so that nobody else can read them, and never half of them."""
        if self._cache.has_state_changed:
            new = self._file.with_suffix(".new")
            new.unlink(missing_ok=True)
            with os.fdopen(create(new), "w") as file:
                file.write(self._cache.serialize())
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._file)
            self._cache.has_state_changed = False


def _numbers(contact: dict[str, Any]) -> list[Number]:
    found = []
    for name, kind in NUMBERS.items():
        value = contact.get(name) or ()
        found += [Number(str(each), kind) for each in ([value] if isinstance(value, str) else value) if each]
    return found


def _json(answer: Answer) -> dict[str, Any]:
    try:
        read = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"it sends no readable JSON: {error}") from error
    if not isinstance(read, dict):
        raise SourceError("it sends JSON that is no answer")
    return read


def _described(result: dict[str, Any]) -> str:
    """Return what Microsoft says in the first line: the others are numbers for its support."""
    return re.split(r"[\r\n]", str(result.get("error_description") or result.get("error") or "no reason"))[0]
