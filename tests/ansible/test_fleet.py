"""What a fleet's admin begins with: the example of an inventory, and the playbooks."""

from __future__ import annotations

import json

import pytest

from tests.ansible.machine import ansible


def test_the_example_of_an_inventory_says_what_each_desk_gets() -> None:
    listed = ansible(["ansible-inventory", "-i", "inventory.example", "--list"])
    assert listed.returncode == 0, listed.stderr
    said = json.loads(listed.stdout)
    assert set(said["berlin"]["hosts"]) == {"desk-berlin-1", "desk-berlin-2"}
    desk = said["_meta"]["hostvars"]["desk-berlin-1"]
    assert desk["deskbell_image"] is True
    assert desk["deskbell_settings"]["line"]["transport"] == "tls"
    assert desk["deskbell_group_settings"]["line"]["server"] == "pbx.berlin.example"
    assert desk["deskbell_desk_settings"]["line"]["user"] == "200"


@pytest.mark.parametrize("playbook", ["site.yml", "update.yml", "backup.yml"])
def test_the_playbooks_can_be_read(playbook: str) -> None:
    read = ansible(["ansible-playbook", "-i", "inventory.example", "--syntax-check", playbook])
    assert read.returncode == 0, read.stderr
