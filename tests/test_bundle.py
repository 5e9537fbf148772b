"""A support bundle helps from afar, and holds nothing that lets anybody in."""

from __future__ import annotations

import io
import json
import logging
import time
import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance import bundle
from appliance.control.client import Client
from appliance.control.protocol import KeepSip, LogLines, SetTrace, SipCalls
from appliance.desk.events import SendDigits, SendMessage
from appliance.store.file import connect, prepare, writing
from appliance.trace.redaction import SECRET, Redaction
from appliance.users import accounts, codes, sessions
from tests.running import RunningDesk

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.demo.exchange import Exchange

CALLER, NAME = "0305551234", "Müller Bakery"
PLANTED = {
    "line password": "secret200",
    "source password": 'Kq7"x\\secret of the LDAP',
    "token": "eyJhbGciOi.planted-token.signature",
    "refresh token": "planted-refresh-0987654321",
    "user's password": "correct horse planted battery",
    "PIN of the mailbox": "90817263",
    "PIN in a text": "the door code is 55667788",
}


def members(file: Path | io.BytesIO) -> dict[str, str]:
    with zipfile.ZipFile(file) as made:
        return {name: made.read(name).decode() for name in made.namelist()}


@pytest.mark.exchange
def test_given_secrets_everywhere_when_a_bundle_is_made_then_no_byte_of_it_tells_one(
    tmp_path: Path, exchange: Exchange
) -> None:
    code = codes.shown(tmp_path, codes.FIRST_RUN)
    sources = {"book": {"kind": "carddav", "url": "https://127.0.0.1:9/x", "user": "desk"}}
    with RunningDesk(
        tmp_path,
        exchange.sip_port,
        desk={"sip_trace": "all"},
        line={"dtmf": "info"},
        extensions={"1001": "Ada Lovelace", "1002": f"is {code} secret200", "1003": code.replace("-", "")},
        sources=sources,
        dialling={"country": "DE"},
    ) as desk:
        secrets = tmp_path / "secrets.toml"
        secrets.write_text(
            secrets.read_text() + f"\n[sources.book]\npassword = {json.dumps(PLANTED['source password'])}\n"
        )
        tokens = {"access": PLANTED["token"], "refresh": PLANTED["refresh token"]}
        (tmp_path / "book.token").write_text(json.dumps(tokens))
        desk.until_registered()
        prepare(tmp_path / "desk.db")
        file = connect(tmp_path / "desk.db")
        with writing(file):
            accounts.add(file, "ada", PLANTED["user's password"], "admin")
            token = sessions.begin(file, accounts.every(file)[0], time.time())
        (hashed,) = file.execute("SELECT password FROM user").fetchone()
        file.close()
        generated = {"hash": hashed, "session": token, "code": code, "bare code": code.replace("-", "")}
        desk.ask(SetTrace("line", "debug"), SetTrace("calls", "debug"), KeepSip("all"))
        exchange.originate(CALLER, "200", name=NAME)
        desk.until_call("ringing")
        desk.lift()
        desk.until_call("answered")
        for digit in PLANTED["PIN of the mailbox"]:
            desk.ask(SendDigits(digit))
        desk.ask(SendMessage("1001", PLANTED["PIN in a text"]))
        desk.until("it is sent", lambda state: state["messages"])
        desk.replace()
        desk.until_call()
        with Client(desk.socket) as client:
            kept = client.ask(SipCalls())["calls"]
            assert {"INVITE", "REGISTER"} <= {call["method"] for call in kept}
            assert client.ask(LogLines())["lines"]

        for words in ((), ("--without-numbers",)):
            made = tmp_path / f"bundle{len(words)}.zip"
            told = desk.deskbell("bundle", str(made), *words, "--settings", str(desk.settings))
            assert told.returncode == 0, told.stderr
            assert made.stat().st_mode & 0o077 == 0
            found = members(made)
            assert set(bundle.CONTENTS) - {"sip/"} <= found.keys()
            assert any(name.startswith("sip/") and "INVITE sip:" in text for name, text in found.items())
            for name, text in [*found.items(), ("the file itself", made.read_bytes().decode("latin-1"))]:
                for what, secret in [*PLANTED.items(), *generated.items()]:
                    forms = (secret, json.dumps(secret)[1:-1])
                    assert not any(form in text for form in forms), f"{what} in {name}: {text}"
                assert "nonce=" not in text, name
            whole = "\n".join(found.values())
            if words:
                assert CALLER not in whole
                assert CALLER.removeprefix("0") not in whole
                assert "Müller" not in whole
                assert "Lovelace" not in whole
                assert "sip:200@" not in whole
                assert '"1001"' not in whole
                assert "number-1" in whole
            else:
                assert CALLER in whole
            for name, text in found.items():
                if name.endswith(".json"):
                    json.loads(text)
        again = desk.deskbell("bundle", str(made), "--settings", str(desk.settings))
        assert again.returncode == 1
        assert "cannot be made" in again.stderr


def test_given_no_desk_and_no_settings_when_a_bundle_is_made_then_it_says_so(tmp_path: Path) -> None:
    made = io.BytesIO()
    bundle.write(tmp_path / "deskbell.toml", tmp_path / "desk.sock", made, with_numbers=True)
    found = members(made)
    assert "no desk answers" in found["state.json"]
    assert "no such file" in found["settings.json"]
    assert json.loads(found["system.json"])["kernel"]


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Digest username=x, response=PLANTED12",
        'response="PLANTED12"',
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PLANTED12",
        "$argon2id$v=19$m=65536,t=3,p=4$PLANTED12",
        "https://desk:PLANTED12@dav.example/x failed",
        "<sip:200:PLANTED12@pbx.example>",
        "login failed: password=PLANTED12",
        '{"access_token": "PLANTED12"}',
        "Cookie: deskbell-session=PLANTED12; path=/",
        "-----BEGIN PRIVATE KEY-----\nPLANTED12\n-----END PRIVATE KEY-----",
        "Bearer PLANTED12",
        "the password PLANTED99 is wrong",
    ],
)
def test_whatever_writes_a_secret_down_it_is_taken_out(text: str) -> None:
    kept = Redaction(["PLANTED99"]).text(text)
    assert "PLANTED" not in kept
    assert SECRET in kept


def test_a_number_is_the_same_everywhere_and_another_is_not() -> None:
    redaction = Redaction()
    redaction.know_numbers(["+49305551234", "0305551234", "1001"], lambda number: number[-7:])
    redaction.know_names(["Ada"])
    told = redaction.data(
        {"1001": "Ada", "calls": ["0305551234 rings", "from=+49305551234"], "code": "port:1001, Adam"}
    )
    assert told == {
        "number-2": "name-1",
        "calls": ["number-1 rings", "from=number-1"],
        "code": "port:1001, Adam",
    }
    kept = redaction.text("SIP/2.0 1001 OK\nTo: <sip:1001@x>", sip=True)
    assert kept == "SIP/2.0 1001 OK\nTo: <sip:number-2@x>"


def test_how_long_a_session_lasts_is_no_secret() -> None:
    assert Redaction().text("Session-Expires: 1800;refresher=uac") == "Session-Expires: 1800;refresher=uac"


@given(st.text(), st.lists(st.text(min_size=4, max_size=20), max_size=4))
def test_no_text_stops_it_and_no_secret_comes_through(text: str, secrets: list[str]) -> None:
    redaction = Redaction(secrets)
    redaction.learn(text)
    kept = redaction.text("".join([text, *(f" {secret} " for secret in secrets)]))
    assert not any(secret in kept for secret in secrets if secret not in SECRET)


def test_the_log_of_a_library_does_not_stop_a_line_from_being_kept(caplog: pytest.LogCaptureFixture) -> None:
    from appliance.trace.lines import MOST, Lines

    lines = Lines()
    for number in range(MOST + 10):
        lines.handle(logging.makeLogRecord({"name": "deskbell.sip", "msg": "line %d", "args": (number,)}))
    told = lines.after(5)
    assert (told["last"], told["missed"], len(told["lines"])) == (MOST + 10, 5, MOST)
    assert told["lines"][-1]["text"] == f"line {MOST + 9}"
    assert told["lines"][-1]["area"] == "line"
    assert lines.after(MOST + 10)["lines"] == []
