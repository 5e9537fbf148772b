"""Whatever is wrong with the card, the box starts, does all that can be done, and says what is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

from appliance.box import options, settings
from appliance.box.lines import read, text_of, without
from tests.box.conftest import KEY, Card

GOOD = '[box]\nname = "front"\n\n[line]\nserver = "pbx.example"\nuser = "200"\npassword = "line-secret"\n'


def applied(card: Card) -> bool:
    return card.read("etc/hostname") == "front\n" and "pbx.example" in card.read("etc/deskbell/deskbell.toml")


@pytest.mark.parametrize(
    ("text", "line", "what", "fix"),
    [
        (f"{GOOD}port = 5060x\n", 8, "is not understood", 'write texts in quotes: port = "…"'),
        (f"{GOOD}transport = “tls”\n", 8, "is not understood", "straight quotes"),
        (f"{GOOD}this is a remark\n", 8, "is not understood", "write an option"),
        (f'{GOOD}domain = "C:\\pbx"\n', 8, "is not understood", "backslash"),
        (f"{GOOD}port = 99999\n", 8, "line.port has a wrong value", "0 to 65535"),
        (f'{GOOD}passwort = "line-secret"\n', 8, "line.passwort is not an option here", "password"),
        (f'{GOOD}user = "201"\n', 8, "user stands here once more", "line 6"),
        (f'{GOOD}[wfi]\nssid = "x"\n', 8, "[wfi] is not a section here", "did you mean wifi?"),
        (f'{GOOD}[wifi\nssid = "x"\n', 8, "is no heading", "[wifi]"),
        (f'{GOOD}[[line]]\nuser = "x"\n', 8, "is no heading", "[wifi]"),
        (f'{GOOD}[network]\naddress = "192.0.2.5"\n', 9, "network.address has a wrong value", "192.0.2.5/24"),
        (f'{GOOD}[network]\ngateway = "router"\n', 9, "network.gateway has a wrong value", "an IP address"),
        (f'{GOOD}[wifi]\npassword = "short"\n', 9, "wifi.password has a wrong value", "8 to 63"),
        (f'{GOOD}[admin]\npassword_hash = "x"\n', 9, "admin.password_hash has a wrong", "deskbell box hash"),
        (f'{GOOD}[ssh]\nkeys = ["{KEY}", "ssh me"]\n', 9, "ssh.keys has a wrong value", "key 2 of the list"),
        (f'{GOOD}[box.inner]\nname = "x"\n', 8, "[box.inner] is not a section here", "write [box]"),
        (f'{GOOD}[lines.berlin]\nserver = "b.example"\n', 9, "lines.berlin.user is missing", "a number"),
        (f'{GOOD}[buttons]\nanswer = 17\nhold = 17\n', 10, "GPIO17", "a pin that is free"),
        (f'{GOOD}[extensions]\n"10 01" = "Ada"\n', 9, "extensions.10 01 is not a number", "not an extension"),
        (f"{GOOD}[extensions]\n1001 = 7\n", 9, "is not a text in quotes", "Ada Lovelace"),
        (f'name = "x"\n{GOOD}', 1, "stands in no section", "below its section"),
        (f'{GOOD}sources = ["192.0.2.1",\n"192.0.2.2"\n[desk]\nname = "x"\n', 8, "is not", "other half"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_told_and_all_others_hold(
    card: Card, text: str, line: int, what: str, fix: str
) -> None:
    told = [one for one in card.start(text) if one.line == line]
    assert [one for one in told if what in one.what and fix in one.fix], told
    assert applied(card)
    assert f"line {line}: " in (card.boot / "deskbell-errors.txt").read_text()
    noted = (card.root / "run/deskbell-box/troubles.json").read_text()
    for shown in (noted, (card.boot / "deskbell-errors.txt").read_text()):
        assert "line-secret" not in shown
    assert 'password = "line-secret"' not in card.file.read_text()


@pytest.mark.parametrize(
    "raw",
    [
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.encode("utf-8-sig"),
        b"# f\xfcr den Empfang\n" + GOOD.encode(),
        (GOOD + "# no line end").encode(),
    ],
    ids=["CRLF", "BOM", "Latin-1 in a remark", "no end"],
)
def test_what_an_editor_does_to_the_file_does_not_matter(card: Card, raw: bytes) -> None:
    assert card.start(raw) == []
    assert applied(card)
    left = card.file.read_bytes()
    assert b"line-secret" not in left
    kept = [line for line in raw.splitlines(keepends=True) if b"line-secret" not in line]
    assert [line for line in left.splitlines(keepends=True) if b"taken over on" not in line] == kept


@pytest.mark.parametrize(
    ("raw", "fix"),
    [
        (GOOD.encode("utf-16"), "in UTF-8"),
        (GOOD.encode("utf-16-le"), "save the file as UTF-8"),
        (GOOD.encode() + b"#" * 200_000, "plain text"),
        (b'[box]\nname = "front"\n[wifi]\nssid = "B\xfcro"\n', "save the file as UTF-8"),
    ],
    ids=["UTF-16", "UTF-16 that does not say so", "too large", "Latin-1 in a value"],
)
def test_what_cannot_be_read_is_told_and_stays_as_it_is(card: Card, raw: bytes, fix: str) -> None:
    told = card.start(raw)
    assert any(fix in one.fix for one in told)
    assert card.file.read_bytes() == raw
    assert card.read("etc/hostname").startswith(("deskbell-", "front"))


def test_a_folder_of_that_name_is_told(card: Card) -> None:
    card.file.mkdir()
    (told,) = card.start()
    assert "cannot be read" in told.what
    assert told.fix


def test_given_no_file_or_an_empty_one_then_the_box_has_a_name_and_nothing_is_wrong(card: Card) -> None:
    assert card.start() == []
    assert card.read("etc/hostname") == "deskbell-abcdef\n"
    assert card.start("") == []


def test_a_name_that_an_editor_has_lengthened_is_told(card: Card) -> None:
    (card.boot / "deskbell.toml.txt").write_text(GOOD)
    (told,) = card.start()
    assert (told.what, told.fix) == ("deskbell.toml.txt on the card is not read", "call it deskbell.toml")


def test_what_was_mended_is_told_no_more(card: Card) -> None:
    card.start(f"{GOOD}prot = 5060\n")
    assert (card.boot / "deskbell-errors.txt").exists()
    assert len(card.start()) == 1, "a boot later it is still wrong"
    assert card.start(GOOD) == []
    assert not (card.boot / "deskbell-errors.txt").exists()
    assert json.loads((card.root / "run/deskbell-box/troubles.json").read_text()) == []


def test_settings_of_the_box_that_are_wrong_stay_and_the_machine_is_set_up(card: Card) -> None:
    own = card.root / "etc/deskbell/deskbell.toml"
    own.write_text("[line\n")
    (told,) = card.start(GOOD)
    assert "is not valid TOML" in told.what
    assert own.read_text() == "[line\n"
    assert card.read("etc/hostname") == "front\n"
    assert "line-secret" in card.file.read_text(), "it is nowhere else yet"
    own.write_text("")
    assert card.start() == [], "the next boot makes up for it"
    assert applied(card)
    assert "line-secret" not in card.file.read_text()


def test_a_step_that_fails_costs_itself_alone_and_is_tried_anew(card: Card) -> None:
    def fail(words: list[str], *_: object) -> None:
        raise subprocess.CalledProcessError(1, words, stderr=f"{words[0]}: no room\n")

    real, run = card.run, fail
    card.system = type(card.system)(card.root, card.boot, lambda *words: run(*words))
    (told,) = card.start(f'{GOOD}[ssh]\nkeys = ["{KEY}"]\n')
    assert told.what == "[ssh] cannot be set up: useradd: no room"
    assert applied(card)
    run = real  # type: ignore[assignment]
    assert card.start() == []
    assert "ssh-keygen -A" in card.ran


def test_while_the_data_lies_in_memory_no_secret_leaves_the_card(card: Card) -> None:
    (card.root / "run/deskbell-box").mkdir(parents=True)
    (card.root / "run/deskbell-box/data").write_text("memory\n")
    card.start(GOOD)
    assert applied(card)
    assert card.file.read_text() == GOOD


def test_a_note_of_the_first_stage_that_is_none_is_told(card: Card) -> None:
    notes = card.root / "run/deskbell-box"
    notes.mkdir(parents=True)
    (notes / "data.json").write_text("{")
    (notes / "odd.json").write_text('[{"source": 1, "line": "x"}, 7]')
    assert card.start(GOOD) == []
    assert "data.json cannot be read" in (notes / "troubles.json").read_text()


def test_a_fault_of_our_own_is_told_without_what_it_was_about(
    card: Card, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("line-secret")

    monkeypatch.setattr("appliance.box.machine.set_up", fail)
    card.file.write_text(GOOD)
    assert settings.run(card.system) == 0
    said = capsys.readouterr().err + (card.root / "run/deskbell-box/troubles.json").read_text()
    assert "the program failed: KeyError" in said
    assert "line-secret" not in said
    assert card.file.read_text() == GOOD


# --- a card that is locked, full, or for reading only: on a real mount


def on_mount(card: Card, how_made: str, prepare: str) -> str:
    """Switch the box on with its boot partition on a mount of its own; return what it says, and the file."""
    words = [
        sys.executable,
        "-m",
        "appliance",
        "box",
        "settings",
        "--boot",
        str(card.boot),
        "--root",
        str(card.root),
    ]
    script = f"""
        mount -t tmpfs -o {how_made} tmpfs {card.boot}
        cp {card.folder}/deskbell.toml {card.boot}/
        {prepare}
        "$@"
        awk '$2 == "{card.boot}" {{ print $4 }}' /proc/mounts
        cat {card.boot}/deskbell.toml
    """
    (card.folder / "deskbell.toml").write_text(f"{GOOD}prot = 1\n")
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-ec", script, "sh", *words], capture_output=True, text=True, check=True
    )
    return done.stderr + done.stdout


needs_mount = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a file system: run it as root")


@needs_mount
def test_given_a_boot_partition_for_reading_only_then_it_is_written_and_read_only_again(card: Card) -> None:
    said = on_mount(card, "size=1m", f"mount -o remount,ro {card.boot}")
    assert applied(card)
    assert "line-secret" not in said
    assert "taken over on" in said
    assert "\nro," in said


@needs_mount
def test_given_a_full_boot_partition_then_it_is_told_and_the_settings_hold(card: Card) -> None:
    fill = f"cat /dev/zero >{card.boot}/full 2>/dev/null || true"
    said = on_mount(card, "size=16k", fill)
    assert applied(card)
    assert "nothing can be written to" in said
    assert "secrets still stand there" in said
    assert GOOD in said, "the file is whole"
    assert "secrets still stand there" in (card.root / "run/deskbell-box/troubles.json").read_text()


@needs_mount
@pytest.mark.parametrize("full", ["var/lib", "etc/deskbell"])
def test_given_a_full_data_partition_then_it_is_told_and_no_secret_is_lost(card: Card, full: str) -> None:
    folder = card.root / full
    fill = f"""
        mount -t tmpfs -o size=8k tmpfs {folder}
        cat /dev/zero >{folder}/full 2>/dev/null || true
    """
    said = on_mount(card, "size=1m", fill)
    assert "No space left on device" in said
    assert card.read("etc/hostname") == "front\n"
    assert GOOD in said, "the secrets still stand on the card"
    assert "No space left" in (card.root / "run/deskbell-box/troubles.json").read_text()


# --- any text at all

LINES = st.lists(
    st.one_of(
        st.text(max_size=40),
        st.sampled_from([
            "[box]", "[wifi]", "[line]", "[line", "[nowhere]", "[[line]]", "[extensions]", 'name = "front"',
            'password = "hunter2hunter2"', 'keys = [', '"a",', "]", "{", 'x = """', '"""', "a = [[[[", "= 1",
            'box.name = "dotted"', 'line = {user = "7", password = "inline"}', "port = 1e400", "port = nan",
            'user = "\\ud800"', "date = 1979-05-27T07:32:00Z", '"" = 1', "a" * 300,
        ]),
    ),
    max_size=12,
)  # fmt: skip


@given(LINES, st.sampled_from(["\n", "\r\n", "\r"]))
def test_any_text_is_read_and_what_is_right_behind_it_is_found(lines: list[str], end: str) -> None:
    text = end.join([*lines, "[desk]", "hold_alert = 17"])
    said, wrong = read(text, options.unknown)
    found = [one.value for one in said if (one.section, one.option) == (("desk",), "hold_alert")]
    swallowed = any('"""' in line or "'''" in line for line in lines)
    assert found[-1:] == [17] or swallowed or any("once more" in one.what for one in wrong)
    for one in said:
        options.complaint(one.section, one.option, one.value)
    assert all(one.what and one.fix for one in wrong)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_text_or_said_to_be_none(raw: bytes) -> None:
    try:
        text = text_of(raw)
    except ValueError:
        return
    read(text, options.unknown)
    assert without(text, []).encode("utf-8", errors="surrogateescape") == raw


@how(max_examples=40, deadline=None)
@given(LINES)
def test_any_file_is_taken_over_as_far_as_it_goes_and_is_never_lost(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    card = Card(tmp_path_factory.mktemp("any") / "box")
    raw = "\n".join([*lines, "[ringing]", "volume = 0.25"]).encode("utf-8", errors="surrogatepass")
    card.start(raw)
    if not any('"""' in line or "'''" in line for line in lines):
        assert "volume = 0.25" in card.read("etc/deskbell/deskbell.toml")
    left = card.file.read_bytes().splitlines()
    for line in raw.splitlines():
        assert line in left or b"taken over on" in b"".join(left)
    assert card.start() == card.start(), "nothing is different a boot later"
