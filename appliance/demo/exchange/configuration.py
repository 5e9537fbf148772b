"""The exchange's configuration: the templates filled in, and its TLS certificates."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.demo.exchange.errors import ExchangeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TEMPLATES = Path(__file__).parent / "templates"
_EACH = re.compile(r"^;@each (\w+)\n(.*?)^;@end\n", re.MULTILINE | re.DOTALL)


def render(template: str, values: Mapping[str, str], lists: Mapping[str, Sequence[str]]) -> str:
    """Fill in one template.

    `@NAME@` is a value; the lines from `;@each LIST` to `;@end` are repeated, `@E@` being the list's item.
    """

    def repeat(match: re.Match[str]) -> str:
        return "".join(match[2].replace("@E@", item) for item in lists[match[1]])

    text = _EACH.sub(repeat, template)
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


def write(etc: Path, values: Mapping[str, str], lists: Mapping[str, Sequence[str]]) -> None:
    """Write every template, filled in, into the folder `etc`."""
    for template in _TEMPLATES.glob("*.conf"):
        (etc / template.name).write_text(render(template.read_text(), values, lists))


def make_certificates(keys: Path, host: str) -> None:
    """Make an authority (ca.crt) and a server certificate for `host` in the folder `keys`, with openssl."""
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"]
    authority = ["-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=Deskbell demo authority"]
    authority += ["-addext", "keyUsage=critical,keyCertSign,cRLSign"]  # Python 3.13 insists on it
    server = ["-keyout", "server.key", "-out", "server.crt", "-subj", "/CN=pbx.test"]
    server += ["-CA", "ca.crt", "-CAkey", "ca.key", "-addext", "basicConstraints=CA:FALSE"]
    server += ["-addext", f"subjectAltName=DNS:pbx.test,DNS:localhost,IP:{host}"]
    for words in (authority, server):
        command = ["openssl", "req", "-x509", "-days", "3650", *new_key, *words]
        try:
            subprocess.run(command, cwd=keys, check=True, capture_output=True, text=True)
        except FileNotFoundError as error:
            raise ExchangeError("the exchange needs openssl: sudo apt-get install openssl") from error
        except subprocess.CalledProcessError as error:
            raise ExchangeError(f"openssl: {error.stderr.strip()}") from error
