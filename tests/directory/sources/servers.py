"""Servers to read people from: a real slapd, a real Radicale, an HTTP server; all over loopback."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

import ldap3

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATIENCE = 30.0
BASE = "dc=example,dc=com"
READER = f"cn=reader,{BASE}"
PASSWORD = "correct horse"

SLAPD_CONF = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
{tls}
sizelimit {limit}
database mdb
suffix "{base}"
rootdn "{reader}"
rootpw "{password}"
directory {folder}
maxsize 104857600
dbnosync
access to * by anonymous auth
"""


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def until_listening(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a child listens."""
    deadline = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)


class Child:
    """A server that is a process of its own; also a context manager that ends it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def words(self) -> list[str]:
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        return dict(os.environ)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        log = self.folder / "log"
        with log.open("ab") as to:
            self._process = subprocess.Popen(self.words(), stdout=to, stderr=to, env=self.environment())
        until_listening(self.port, self._process, log)

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None


class Slapd(Child):
    """OpenLDAP in the foreground; with `tls`, a folder of tests.sip.certificates, it speaks ldaps."""

    def __init__(self, folder: Path, tls: Path | None = None, limit: str = "unlimited") -> None:
        super().__init__(folder)
        (folder / "db").mkdir()
        lines = f"TLSCertificateFile {tls}/server.crt\nTLSCertificateKeyFile {tls}/server.key" if tls else ""
        (folder / "slapd.conf").write_text(
            SLAPD_CONF.format(
                tls=lines, limit=limit, base=BASE, reader=READER, password=PASSWORD, folder=folder / "db"
            )
        )
        self.encrypted = free_port()
        self._tls = tls

    def words(self) -> list[str]:
        program = shutil.which("slapd", path=f"{os.environ['PATH']}:/usr/sbin")
        assert program, "the tests need a real slapd: apt-get install slapd"
        where = f"ldap://127.0.0.1:{self.port}/" + (
            f" ldaps://127.0.0.1:{self.encrypted}/" if self._tls else ""
        )
        return [program, "-d", "0", "-f", str(self.folder / "slapd.conf"), "-h", where]

    def start(self) -> None:
        super().start()
        with self.connection() as connection:
            connection.add(BASE, ["dcObject", "organization"], {"o": "Example", "dc": "example"})

    def connection(self) -> Any:  # ldap3 has few types
        server = ldap3.Server("127.0.0.1", self.port, get_info=ldap3.NONE)
        return ldap3.Connection(server, READER, PASSWORD, auto_bind=True, check_names=False)

    def add(self, uid: str, **attributes: Any) -> None:
        """Add an inetOrgPerson."""
        with self.connection() as connection:
            given = {"cn": uid, "sn": uid} | attributes
            assert connection.add(f"uid={uid},{BASE}", "inetOrgPerson", given), connection.result

    def change(self, uid: str, **attributes: Any) -> None:
        with self.connection() as connection:
            changes = {name: [(ldap3.MODIFY_REPLACE, [value])] for name, value in attributes.items()}
            assert connection.modify(f"uid={uid},{BASE}", changes), connection.result

    def delete(self, uid: str) -> None:
        with self.connection() as connection:
            assert connection.delete(f"uid={uid},{BASE}"), connection.result


class Radicale(Child):
    """A real Radicale with one user, "ada"; with `tls`, a folder of tests.sip.certificates, encrypted."""

    def __init__(self, folder: Path, tls: Path | None = None) -> None:
        super().__init__(folder)
        self._encryption = (
            f"ssl = True\ncertificate = {tls}/server.crt\nkey = {tls}/server.key\n" if tls else ""
        )

    def words(self) -> list[str]:
        (self.folder / "users").write_text(f"ada:{PASSWORD}\n")
        (self.folder / "config").write_text(
            f"[server]\nhosts = 127.0.0.1:{self.port}\n{self._encryption}"
            f"[auth]\ntype = htpasswd\nhtpasswd_filename = {self.folder}/users\nhtpasswd_encryption = plain\n"
            "delay = 0\n"
            f"[storage]\nfilesystem_folder = {self.folder}/collections\n"
        )
        return [sys.executable, "-m", "radicale", "--config", str(self.folder / "config")]


class Web:
    """An HTTP server in a thread. `answer` is given a request and returns status, headers and body."""

    def __init__(
        self, answer: Callable[[Asked], tuple[int, dict[str, str], bytes]], tls: Path | None = None
    ) -> None:
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                asked = Asked(self.command, self.path, dict(self.headers), body)
                web.asked.append(asked)
                status, headers, data = answer(asked)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if "Content-Length" not in headers:
                    self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PROPFIND = do_REPORT = do

            def log_message(self, *_: object) -> None: ...

        self.asked: list[Asked] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls / "server.crt", tls / "server.key")
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port: int = self._server.server_address[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Asked:
    """One request."""

    def __init__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        self.method, self.path, self.headers, self.body = method, path, headers, body


@contextlib.contextmanager
def cut_off(port: int, after: int, then: Callable[[], object]) -> Iterator[int]:
    """Stand before a server, on a port of its own; call `then` once it has sent so many bytes to somebody."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        client, _ = listening.accept()
        with client, socket.create_connection(("127.0.0.1", port)) as server:
            threading.Thread(target=pump, args=(client, server, 1 << 60), daemon=True).start()
            pump(server, client, after)
            then()
            client.shutdown(socket.SHUT_RDWR)  # a socket that is being read does not close otherwise

    def pump(one: socket.socket, other: socket.socket, most: int) -> None:
        with contextlib.suppress(OSError):
            while most > 0 and (data := one.recv(4096)):
                other.sendall(data[:most])
                most -= len(data)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        thread.join()
        listening.close()
