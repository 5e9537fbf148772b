"""The settings file: everything wrong in it is told at once, with its line and its fix, and no secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from appliance import settings

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """\
# my desk
[desk]
name = "Front desk"

[line]
server = "pbx.example"
user = "200"

[extensions]
"1001" = "Ada"

[park]
orbits = ["701", "702"]
prefix = "*7"
"""
SECRET = "correct horse battery staple"


def write(folder: Path, text: str = GOOD, secrets: str = f'[line]\npassword = "{SECRET}"\n') -> Path:
    path = folder / "deskbell.toml"
    path.write_text(text)
    kept = folder / settings.SECRETS_NAME
    kept.touch(0o600)
    kept.write_text(secrets)
    return path


def complaint(path: Path) -> str:
    with pytest.raises(settings.SettingsError) as error:
        settings.load(path)
    return str(error.value).replace(f"{path.parent}/", "")


def test_a_good_file_is_read_with_its_defaults(tmp_path: Path) -> None:
    read = settings.load(write(tmp_path))
    assert (read.desk.name, read.desk.hold_alert) == ("Front desk", 120.0)
    assert (read.line.server, read.line.port, read.line.password) == ("pbx.example", 5060, SECRET)
    assert read.extensions == {"1001": "Ada"}
    assert read.park.orbits == ("701", "702")


def test_the_example_explains_every_option_and_is_that_of_a_new_desk(tmp_path: Path) -> None:
    assert settings.load(write(tmp_path, settings.example(), "")) == settings.Settings()


def test_a_new_desk_needs_no_file(tmp_path: Path) -> None:
    path = tmp_path / "deskbell.toml"
    assert settings.load_or_default(path) == settings.Settings()
    assert "deskbell.toml: there is no such file; write one with" in complaint(path)


def test_secrets_are_missed_only_where_there_is_an_account(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.with_name(settings.SECRETS_NAME).unlink()
    assert "secrets.toml: there is no such file; write one" in complaint(path)
    path.write_text('[desk]\nname = "Front desk"\n')
    assert settings.load(path).desk.name == "Front desk"


def test_an_account_is_whole_or_not_there(tmp_path: Path) -> None:
    begun = GOOD.replace('server = "pbx.example"\n', "")
    assert complaint(write(tmp_path, begun)).startswith(
        "deskbell.toml:5: line.server: is missing; write the name or address"
    )
    further = GOOD + "\n[lines.sales]\nport = 5062\n"
    assert complaint(write(tmp_path, further)).splitlines() == [
        "deskbell.toml:16: lines.sales.server: is missing; write the name or address of the exchange",
        "deskbell.toml:16: lines.sales.user: is missing; write a number or name without spaces or @",
    ]


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        (
            'user = "200"',
            'user = "200"\nport = 70000',
            ":8: line.port: 70000 is wrong; write a whole number from 0 to 65535",
        ),
        (
            'user = "200"',
            'user = "200"\nport = "5060"',
            ":8: line.port: '5060' is wrong; write a whole number",
        ),
        (
            'user = "200"',
            'user = "200"\nprot = 5060',
            ":8: line.prot: not an option here; did you mean port?",
        ),
        (
            'user = "200"',
            'user = "200"\ntransport = "udpp"',
            ":8: line.transport: 'udpp' is wrong; write one of udp, tcp",
        ),
        ('user = "200"', "", ":5: line.user: is missing; write a number or name without spaces or @"),
        (
            'server = "pbx.example"',
            'server = "sip:pbx"',
            ":6: line.server: 'sip:pbx' is wrong; write a host name",
        ),
        ('server = "pbx.example"', 'server = "a b"', ":6: line.server: 'a b' is wrong"),
        ("[park]", "[prak]", ":12: [prak] is not a section here; did you mean park?"),
        ('"701", "702"', '"701", "701"', "park.orbits: ['701', '701'] is wrong; write each number once"),
        ('"1001" = "Ada"', '"1001" = 5', ":10: extensions.1001: 5 is wrong; write a name in quotes"),
        ("[desk]", "[desk", ":2: not valid TOML"),
        ('name = "Front desk"', 'name = "Front desk"\npassword = "x"', "desk.password: not an option here"),
        (
            'name = "Front desk"',
            "hold_alert = 1",
            "desk.hold_alert: 1 is wrong; write seconds, from 5 to 3600",
        ),
        ('name = "Front desk"', "hold_alert = true", "desk.hold_alert: True is wrong; write a number"),
    ],
)
def test_each_mistake_is_told_with_its_line_and_its_fix(
    tmp_path: Path, wrong: str, right: str, said: str
) -> None:
    assert said in complaint(write(tmp_path, GOOD.replace(wrong, right)))


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace('user = "200"', "port = -1\nexpires = 1").replace("[park]", "[prak]")
    assert len(complaint(write(tmp_path, text)).splitlines()) == 3


def test_more_than_fifty_extensions_are_refused(tmp_path: Path) -> None:
    many = "\n".join(f'"{number}" = ""' for number in range(2000, 2051))
    assert "write 50 at most; there are 52" in complaint(
        write(tmp_path, GOOD.replace("[park]", f"{many}\n[park]"))
    )


def test_secrets_that_others_may_read_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path)
    (tmp_path / settings.SECRETS_NAME).chmod(0o640)
    assert "others may read the secrets; run: chmod 600" in complaint(path)


def test_a_missing_file_says_how_to_write_one(tmp_path: Path) -> None:
    assert "deskbell settings >" in complaint(tmp_path / "deskbell.toml")


def test_missing_secrets_say_how_to_write_them(tmp_path: Path) -> None:
    path = write(tmp_path)
    (tmp_path / settings.SECRETS_NAME).unlink()
    assert "chmod 600" in complaint(path)


@pytest.mark.parametrize(
    "secrets",
    [
        f'[line]\npassword = "{SECRET}\n',
        f"[line]\npassword = ['{SECRET}']\n",
        f'[line]\npasword = "{SECRET}"\n',
    ],
)
def test_no_complaint_shows_a_secret(tmp_path: Path, secrets: str) -> None:
    assert SECRET not in complaint(write(tmp_path, secrets=secrets))


def test_a_secret_does_not_show_when_settings_are_printed(tmp_path: Path) -> None:
    assert SECRET not in repr(settings.load(write(tmp_path)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("settings")


@hypothesis_settings(deadline=None)
@given(
    cut=st.integers(0, len(GOOD)),
    junk=st.text("[]=\"'\n.#{}, abc019\x00é", max_size=12),
    drop=st.integers(0, 40),
)
def test_any_damage_is_a_clear_error_or_still_good(folder: Path, cut: int, junk: str, drop: int) -> None:
    path = write(folder, GOOD[:cut] + junk + GOOD[cut + drop :])
    try:
        settings.load(path)
    except settings.SettingsError as error:
        assert "deskbell.toml" in str(error)


def test_further_lines_have_the_same_options_and_their_own_password(tmp_path: Path) -> None:
    text = GOOD + '\n[lines.branch]\nserver = "other.example"\nuser = "300"\n'
    kept = f'[line]\npassword = "{SECRET}"\n[lines.branch]\npassword = "other"\n'
    branch = settings.load(write(tmp_path, text, kept)).lines["branch"]
    assert (branch.server, branch.user, branch.password) == ("other.example", "300", "other")
    wrong = text.replace('user = "300"', "port = -1")
    assert complaint(write(tmp_path, wrong, kept)).splitlines() == [
        "deskbell.toml:18: lines.branch.port: -1 is wrong; write a whole number from 0 to 65535",
    ]
    assert "write [lines.NAME]" in complaint(write(tmp_path, GOOD + '\n[lines]\nserver = "x"\n'))


@pytest.mark.parametrize(
    ("section", "option", "fix"),
    [
        ("line", 'srtp = "on"', "write one of off, optional, mandatory"),
        ("line", 'codecs = ["G722", "MP3"]', "'MP3' is not one of G722, PCMA, PCMU, opus, G729"),
        ("line", 'pin = "12:34"', "64 hex digits"),
        ("line", 'sources = ["pbx"]', "'pbx' is neither an address nor a network"),
        ("line", 'outbound_proxy = "sip:proxy"', "host:port;transport=tcp"),
        ("dialling", 'country = "Germany"', "two capital letters"),
        ("dialling", 'deny = ["0900-"]', "'0900-': write digits, X for any digit"),
        ("ringing", "volume = 80", "write a number from 0 (silent) to 1"),
        ("lights", 'ringing = "pink"', "write off, or a colour (white, green"),
        ("calls", 'divert_to = "the other desk"', 'write digits, * and #, or "" for none'),
        ("park", 'dialect = "valet"', "write one of orbit, code, announced"),
    ],
)
def test_each_option_says_what_to_write_instead(tmp_path: Path, section: str, option: str, fix: str) -> None:
    text = GOOD.replace(f"[{section}]\n", f"[{section}]\n{option}\n")
    if f"[{section}]" not in GOOD:
        text += f"\n[{section}]\n{option}\n"
    said = complaint(write(tmp_path, text))
    assert f"{section}.{option.split()[0]}" in said
    assert fix in said
