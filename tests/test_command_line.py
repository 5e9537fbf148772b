"""The grammar of the `deskbell` command: whole for a person, no more than is needed for a box that starts."""

from __future__ import annotations

import subprocess
import sys

import pytest

from appliance.__main__ import MODULES, main, parser
from appliance.commands.completion import SHELLS


def commands(command: str = "") -> set[str]:
    """The commands that a grammar knows."""
    (action,) = (argument for argument in parser(command)._actions if argument.dest == "==SUPPRESS==")
    return set(action.choices or ())


def test_every_command_is_in_the_whole_grammar() -> None:
    assert {"run", "status", "answer", *MODULES} <= commands()


@pytest.mark.parametrize("command", ["run", "devices", *MODULES])
def test_a_command_is_found_in_its_own_grammar(command: str) -> None:
    assert command in commands(command)


@pytest.mark.parametrize("command", ["run", "devices"])
def test_what_starts_the_box_loads_only_what_it_needs(command: str) -> None:
    look = f"import sys; from appliance.__main__ import parser; parser('{command}'); print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", look], text=True).split()
    assert not {"shtab", "asyncio", *(f"appliance.commands.{module}" for module in MODULES.values())} & {
        *loaded
    }


@pytest.mark.parametrize("words", [["--socket", "s", "nothing"], ["--socket"], [], ["run", "--nothing"]])
def test_wrong_words_are_told(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(words)
    assert capsys.readouterr().err.startswith("usage: deskbell")


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_can_complete_commands(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--completion", shell])
    assert "retrieve" in capsys.readouterr().out


def test_wherever_a_path_is_meant_files_are_offered(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--completion", "bash"])
    offered = capsys.readouterr().out
    for argument in ("run___settings", "backup_restore_pos_0", "history_export_pos_0"):
        assert f"_shtab_deskbell_{argument}_COMPGEN=_shtab_compgen_files" in offered
