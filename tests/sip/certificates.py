"""Certificates of every kind, and a TLS server that keeps what it is sent."""

from __future__ import annotations

import hashlib
import socket
import ssl
import subprocess
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path


class Authority:
    """A certificate authority in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self.file = folder / "ca.crt"
        request = "req -x509 -noenc -days 30 -keyout ca.key -out ca.crt -subj"
        _openssl(folder, request, "/CN=The authority", "-addext keyUsage=critical,keyCertSign,cRLSign")

    def issue(self, names: str, days: int = 30) -> Path:
        """The folder with server.crt and server.key for `names`, such as "DNS:pbx.test,IP:127.0.0.1"."""
        folder = self._folder / hashlib.sha256(f"{names}{days}".encode()).hexdigest()[:8]
        folder.mkdir()
        (folder / "ca.crt").write_bytes(self.file.read_bytes())
        (folder / "keys").mkdir()
        (folder / "names").write_text(f"subjectAltName={names}\nbasicConstraints=CA:FALSE\n")
        _openssl(folder, "req -noenc -keyout server.key -out server.csr -subj", "/CN=common.test")
        signing = "x509 -req -in server.csr -CA ../ca.crt -CAkey ../ca.key -CAcreateserial -extfile names"
        _openssl(folder, signing, f"-days {days} -out server.crt")
        return folder


def fingerprint(folder: Path) -> str:
    """The SHA-256 fingerprint of server.crt as openssl writes it: AA:BB:…"""
    der = ssl.PEM_cert_to_DER_cert((folder / "server.crt").read_text())
    return hashlib.sha256(der).digest().hex(":").upper()


class TlsServer:
    """Takes TLS connections and keeps every byte that comes over them."""

    def __init__(self, folder: Path, newest: ssl.TLSVersion | None = None) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if newest:
            self._context.set_ciphers("ALL:@SECLEVEL=0")
            self._context.minimum_version = ssl.TLSVersion.TLSv1
            self._context.maximum_version = newest
        self._context.load_cert_chain(folder / "server.crt", folder / "server.key")
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.connections = 0
        self.received = b""
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            try:
                with self._context.wrap_socket(plain, server_side=True) as connection:
                    while data := connection.recv(65536):
                        self.received += data
            except OSError:
                plain.close()


def _openssl(folder: Path, *words: str) -> None:
    """Run openssl; a word that begins with "/" is a name and stays whole."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"] if words[0].startswith("req") else []
    split = [part for word in words for part in ([word] if word.startswith("/") else word.split())]
    done = subprocess.run(["openssl", split[0], *key, *split[1:]], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
