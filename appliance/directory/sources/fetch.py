"""HTTP as a source speaks it: certificates checked, no host but the one in the settings, all of it bounded.

requests follows a redirect with another method, and to any host; here PROPFIND stays PROPFIND (RFC 9110
15.4.9) and a password never leaves for where nobody meant it to go.
"""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.auth import HTTPBasicAuth
from requests.exceptions import ConnectionError as ConnectingError
from requests.exceptions import RequestException, SSLError

from appliance.directory.sources.base import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from appliance.settings import SourceOptions

CONNECT, READ = 10.0, 60.0  # seconds
LARGEST = 64 << 20  # bytes of one answer
REDIRECTS = 5
TRIES = 5  # while a server says that it is too busy
LONGEST_PAUSE = 300.0  # seconds that a server may ask us to wait


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered, and at which URL after its redirects."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Session(requests.Session):
    """Trusts the certificates that the settings name, else the system's; waits only so long for an answer."""

    def __init__(self, options: SourceOptions) -> None:
        """Connect when something is asked."""
        super().__init__()
        self.trust_env = False  # no ~/.netrc, no other certificates than these
        self.headers["Accept-Encoding"] = "identity"  # nothing that unpacks to more than it is
        paths = ssl.get_default_verify_paths()
        self.verify = options.ca_file or paths.cafile or paths.capath or paths.openssl_capath

    def request(self, *asked: Any, **more: Any) -> requests.Response:  # noqa: ANN401 - as requests has it
        """Send a request."""
        return super().request(*asked, **({"timeout": (CONNECT, READ)} | more))


class Fetcher:
    """Asks one server; `left` returns how many seconds are left for all of it, or raises SourceError."""

    def __init__(self, options: SourceOptions, left: Callable[[], float]) -> None:
        """Send the user and the password where the settings have a user."""
        self._left = left
        self._session = Session(options)
        if options.user:
            self._session.auth = HTTPBasicAuth(options.user.encode(), options.password.encode())

    def ask(
        self,
        method: str,
        url: str,
        body: str = "",
        headers: Mapping[str, str] | None = None,
        welcome: tuple[int, ...] = (200, 207),
        largest: int = LARGEST,
    ) -> Answer:
        """Send a request; return an answer whose status is a welcome one, else SourceError says what was."""
        for _ in range(REDIRECTS):
            answer = self._patient(method, url, body, headers or {}, largest)
            if answer.status in welcome:
                return answer
            if answer.status not in (301, 302, 303, 307, 308):
                raise SourceError(_refusal(answer))
            url = same_host(url, answer.headers.get("Location", ""))
        raise SourceError(f"{url} refers to itself again and again")

    def _patient(self, method: str, url: str, body: str, headers: Mapping[str, str], largest: int) -> Answer:
        """Ask, and again after the pause that a busy server names (RFC 6585 4, RFC 9110 10.2.3)."""
        for _ in range(TRIES):
            answer = self._once(method, url, body, headers, largest)
            if answer.status not in (429, 503) or "Retry-After" not in answer.headers:
                break
            pause = _pause(answer.headers["Retry-After"])
            if pause > min(LONGEST_PAUSE, self._left()):
                break
            time.sleep(pause)
        return answer

    def _once(self, method: str, url: str, body: str, headers: Mapping[str, str], largest: int) -> Answer:
        try:
            with self._session.request(
                method,
                url,
                data=body.encode() or None,
                headers=headers,
                timeout=(CONNECT, min(READ, self._left())),
                allow_redirects=False,
                stream=True,
            ) as response:
                return Answer(response.status_code, response.headers, self._body(response, largest), url)
        except SSLError as error:
            raise SourceError(
                f"its certificate is not to be trusted: {innermost(error)}; see ca_file"
            ) from error
        except ConnectingError as error:
            raise SourceError(f"it cannot be reached, or fell silent: {innermost(error)}") from error
        except (RequestException, OSError) as error:
            if isinstance(error, SourceError):
                raise
            raise SourceError(f"it sends no whole answer: {innermost(error)}") from error

    def _body(self, response: requests.Response, largest: int) -> bytes:
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise SourceError("it sends a packed answer that nobody asked for")
        parts, size = [], 0
        for part in response.iter_content(65536):
            self._left()
            parts.append(part)
            size += len(part)
            if size > largest:
                raise SourceError(f"it sends more than {largest >> 20} MB at once: choose fewer people")
        return b"".join(parts)


def same_host(base: str, reference: str) -> str:
    """Return a reference as a URL; SourceError when it leads to another host, or out of encryption."""
    url = urljoin(base, reference)
    here, there = urlsplit(base), urlsplit(url)
    encrypting = (here.scheme, there.scheme) == ("http", "https")
    if here.hostname != there.hostname or not (here.scheme == there.scheme or encrypting):
        raise SourceError(
            f"it refers to {there.scheme}://{there.netloc}: write that into url, if it is meant"
        )
    return url


def _pause(written: str) -> float:
    if written.strip().isdecimal():
        return float(written)
    try:
        return max(0.0, parsedate_to_datetime(written).timestamp() - time.time())
    except ValueError:
        return LONGEST_PAUSE


def _refusal(answer: Answer) -> str:
    if answer.status in (401, 403):
        return f"it refuses the user or the password ({answer.status})"
    if answer.status in (404, 410):
        return f"there is nothing at {answer.url} ({answer.status})"
    if answer.status in (429, 503):
        return f"it is too busy ({answer.status})"
    return f"it answers {answer.status} at {answer.url}"


def innermost(error: BaseException) -> str:
    """Return the first cause of an error: requests' own texts wrap it in those of three libraries."""
    inner: BaseException | None = error
    text = str(error)
    while inner is not None:
        text = getattr(inner, "verify_message", "") or getattr(inner, "strerror", "") or text
        inner = inner.__cause__ or inner.__context__
    return str(text)
