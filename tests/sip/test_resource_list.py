"""One notification tells the state of many; what it forgets or pretends of one harms no other (RFC 4662)."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.sip.blf import ListReader
from appliance.sip.multipart import content_id, media_type, parts
from appliance.sip.resource_list import Notification, parse
from appliance.sip.xml_body import BodyError

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
TYPE = 'multipart/related;type="application/rlmi+xml";boundary=b'


def captured(name: str) -> Notification:
    head, _, body = (SAMPLES / f"rls-{name}.notify.txt").read_bytes().decode().partition("\r\n\r\n")
    header = next(line for line in head.splitlines() if line.lower().startswith("content-type:"))
    return parse(header.partition(":")[2].strip(), body)


def rlmi(*resources: str, version: str = "0", full: str = "true", uri: str = "sip:all@pbx") -> str:
    listed = "".join(resources)
    return (
        f'<?xml version="1.0"?><r:list xmlns:r="urn:ietf:params:xml:ns:rlmi" uri="{uri}" '
        f'version="{version}" fullState="{full}">{listed}</r:list>'
    )


def resource(number: str, *instances: str) -> str:
    return f'<r:resource uri="sip:{number}@pbx"><r:name>n</r:name>{"".join(instances)}</r:resource>'


def instance(cid: str = "", state: str = "active", reason: str = "") -> str:
    named = f' cid="{cid}"' if cid else ""
    told = f' reason="{reason}"' if reason else ""
    return f'<r:instance id="i" state="{state}"{named}{told}/>'


def part(body: str, cid: str = "", kind: str = "text/plain", newline: str = "\r\n") -> str:
    identity = f"Content-ID: <{cid}>{newline}" if cid else ""
    return f"{identity}Content-Type: {kind}{newline}{newline}{body}"


def multipart(*pieces: str, boundary: str = "b", newline: str = "\r\n") -> str:
    joined = "".join(f"{newline}--{boundary}{newline}{piece}" for piece in pieces)
    return f"{joined}{newline}--{boundary}--{newline}"


def listed(*resources: str, **more: str) -> str:
    return part(rlmi(*resources, **more), "root@x", "application/rlmi+xml")


def told(*pieces: str, kind: str = TYPE) -> list[tuple[str, list[str], str]]:
    news = parse(kind, multipart(*pieces))
    return [(one.number, [piece.body for piece in one.bodies], one.reason) for one in news.resources]


@pytest.mark.parametrize(
    ("name", "version", "full", "members"),
    [
        ("blf-all-initial", 0, True, 52),
        ("blf-all-change", 1, False, 1),
        ("park-all-initial", 0, True, 10),
        ("presence-all-initial", 0, True, 50),
        ("mwi-all", 0, True, 3),
    ],
)
def test_every_captured_list_is_understood(name: str, version: int, full: bool, members: int) -> None:
    news = captured(name)
    assert (news.version, news.full, len(news.resources)) == (version, full, members)
    assert all(len(one.bodies) == 1 and not one.reason for one in news.resources)


def test_each_member_gets_the_body_that_its_instance_names() -> None:
    pieces = (
        listed(resource("1", instance("a@x")), resource("2", instance("b@x"))),
        part("two", "b@x"),
        part("one", "a@x"),
    )
    assert told(*pieces) == [("1", ["one"], ""), ("2", ["two"], "")]


def test_the_list_is_what_start_names_or_else_the_first_list_there_is() -> None:
    pieces = (part("one", "a@x"), listed(resource("1", instance("cid:a@x"))))
    assert told(*pieces) == [("1", ["one"], "")]
    another = part(rlmi(resource("9")), "other@x", "application/rlmi+xml")
    assert told(another, *pieces, kind=TYPE + ';start="<root@x>"') == [("1", ["one"], "")]


def test_a_list_may_hold_lists() -> None:
    inner = multipart(listed(resource("2", instance("c@x"))), part("two", "c@x"), boundary="inner")
    kind = 'multipart/related; type="application/rlmi+xml"; boundary="inner"'
    pieces = (
        listed(resource("group", instance("l@x")), resource("1", instance("a@x"))),
        part(inner, "l@x", kind),
        part("one", "a@x"),
    )
    assert told(*pieces) == [("2", ["two"], ""), ("1", ["one"], "")]


@pytest.mark.parametrize(
    ("instances", "reason"),
    [
        ((), "the exchange's list tells no state of it"),
        ((instance(state="terminated", reason="noresource"),), "watches it no more (noresource)"),
        ((instance(state="terminated"),), "watches it no more (no reason given)"),
        ((instance(state="pending"),), "not allowed to watch it yet"),
        ((instance("missing@x"),), "promises a state that did not come"),
        ((instance(),), ""),
        ((instance("a@x", state="terminated", reason="rejected"),), "watches it no more (rejected)"),
    ],
)
def test_a_member_without_a_state_has_a_reason(instances: tuple[str, ...], reason: str) -> None:
    [(number, bodies, why)] = told(listed(resource("1", *instances)), part("last words", "a@x"))
    assert (number, bodies) == ("1", [])
    assert why.endswith(reason)
    assert bool(why) == bool(reason)


def test_one_of_several_instances_that_is_over_does_not_hide_the_others() -> None:
    ended = instance(state="terminated", reason="timeout")
    assert told(listed(resource("1", ended, instance("a@x"))), part("one", "a@x")) == [("1", ["one"], "")]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ('multipart/related; boundary="a b:c"', multipart(part("1"), part("2"), boundary="a b:c")),
        ("Multipart/Related;BOUNDARY=x", multipart(part("1"), part("2"), boundary="x")),
        ("multipart/related", multipart(part("1"), part("2"), boundary="guessed")),
        ("multipart/mixed; boundary=x", multipart(part("1"), part("2"), boundary="x", newline="\n")),
        (
            "multipart/related;boundary=x",
            "preamble" + multipart(part("1"), part("2"), boundary="x") + "epilogue",
        ),
        ("multipart/related;boundary=x", "--x\r\n" + part("1") + "\r\n--x\r\n" + part("2")),
        ("multipart/related;boundary=x", multipart(part("1"), "\r\n2", boundary="x")),
        (r'multipart/related;boundary="\x"', multipart(part("1"), part("2"), boundary="x")),
    ],
)
def test_parts_are_found_however_they_are_separated(kind: str, body: str) -> None:
    assert [piece.body for piece in parts(kind, body)] == ["1", "2"]


def test_a_boundary_within_a_line_or_longer_than_it_separates_nothing() -> None:
    body = multipart(part("a --x b"), part("--xy"), boundary="x")
    assert [piece.body for piece in parts("multipart/related;boundary=x", body)] == ["a --x b", "--xy"]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("", ""),
        (TYPE, ""),
        (TYPE, multipart(part("no list"))),
        (TYPE, multipart(part("<list", kind="application/rlmi+xml"))),
        (TYPE, multipart(part("<presence/>", kind="application/rlmi+xml"))),
        ("application/dialog-info+xml", "<dialog-info/>"),
        ("multipart/related;boundary=other", multipart(listed())),
    ],
)
def test_what_is_no_list_is_refused(kind: str, body: str) -> None:
    with pytest.raises(BodyError):
        parse(kind, body)


def test_lists_within_lists_end_somewhere() -> None:
    pieces = [listed(resource("1", instance("l@x"))), part("", "l@x")]
    for depth in range(30):
        wrapped = multipart(*pieces, boundary=f"b{depth}")
        pieces = [
            listed(resource("1", instance("l@x")), resource(str(depth))),
            part(wrapped, "l@x", f"multipart/related;boundary=b{depth}"),
        ]
    assert [number for number, _, _ in told(*pieces)] == ["25", "26", "27", "28", "29"]


def test_a_broken_list_within_a_list_harms_only_itself() -> None:
    pieces = (
        listed(resource("group", instance("l@x")), resource("1", instance("a@x"))),
        part("nonsense", "l@x", "multipart/related;boundary=other"),
        part("one", "a@x"),
    )
    [(group, _, reason), member] = told(*pieces)
    assert (group, member) == ("group", ("1", ["one"], ""))
    assert reason.startswith("the exchange sent")


PIECES = st.sampled_from(
    ["--b", "--b--", "\r\n", "\n", ":", '"', "<list>", "</list>", "cid", "Content-ID: <a>"]
)


@given(st.sampled_from([TYPE, "multipart/related", "application/rlmi+xml"]), st.lists(PIECES | st.text()))
def test_any_text_is_either_understood_or_refused(kind: str, pieces: list[str]) -> None:
    try:
        news = parse(kind, "".join(pieces))
    except BodyError:
        return
    assert isinstance(news, Notification)


NAMES = st.lists(st.sampled_from("abcdef"), unique=True, max_size=6)


@given(NAMES, st.randoms(), st.text(alphabet="abcdef01234=_-'()+,./:? ", min_size=1).map(lambda b: b + "0"))
def test_what_is_put_in_comes_out_in_whatever_order(names: list[str], chance: object, boundary: str) -> None:
    bodies = [part(f"state of {name}", f"{name}@x") for name in names]
    chance.shuffle(bodies)  # type: ignore[attr-defined]
    members = [resource(name, instance(f"{name}@x")) for name in names]
    body = multipart(listed(*members), *bodies, boundary=boundary)
    news = parse(f'multipart/related; boundary="{boundary}"', body)
    assert [(one.number, one.bodies[0].body) for one in news.resources] == [
        (name, f"state of {name}") for name in names
    ]


@given(st.text())
def test_any_content_type_is_read(text: str) -> None:
    kind = media_type(text)
    assert kind.name == kind.name.lower()
    assert content_id(content_id(text)) == content_id(content_id(content_id(text)))


class Member:
    """A reader that keeps what it is handed."""

    def __init__(self) -> None:
        self.news: list[str] = []
        self.whole = True

    def begin(self) -> None:
        self.news.append("begin")

    def take(self, _content_type: str, body: str) -> bool:
        self.news.append(body)
        return self.whole

    def lose(self, reason: str) -> None:
        self.news.append(f"lost: {reason}")


class Members:
    """A list's reader with the members 1, 2 and 3."""

    def __init__(self) -> None:
        self.members = {number: Member() for number in "123"}
        self.missing: list[str] = []
        self.reader = ListReader(dict(self.members), lambda number, _reader: self.missing.append(number))
        self.reader.begin()

    def take(self, *numbers: str, version: str, full: str = "false") -> bool:
        pieces = [part(f"v{version}", f"{number}@x") for number in numbers]
        root = listed(*(resource(n, instance(f"{n}@x")) for n in numbers), version=version, full=full)
        return self.reader.take(TYPE, multipart(root, *pieces))

    def news(self, number: str) -> list[str]:
        return self.members[number].news[1:]


def test_a_whole_list_then_changes_reach_whom_they_concern() -> None:
    them = Members()
    assert them.take("1", "2", "3", version="4", full="true")
    assert them.take("2", version="5")
    assert (them.news("1"), them.news("2"), them.missing) == (["v4"], ["v4", "v5"], [])


def test_a_change_before_the_whole_list_or_after_a_gap_asks_for_the_whole() -> None:
    them = Members()
    assert not them.take("1", version="1")
    assert them.take("1", "2", "3", version="1", full="true")
    assert not them.take("1", version="3")
    assert them.take("1", "2", "3", version="4", full="1")
    assert them.take("1", version="5")
    assert them.news("1") == ["v1", "v4", "v5"]


def test_an_old_change_changes_nothing() -> None:
    them = Members()
    assert them.take("1", "2", "3", version="7", full="true")
    assert them.take("1", version="7")
    assert them.news("1") == ["v7"]


def test_a_gap_in_one_member_asks_for_the_whole_list() -> None:
    them = Members()
    them.members["2"].whole = False
    assert not them.take("1", "2", "3", version="1", full="true")
    assert them.news("3") == ["v1"]


def test_whom_the_list_does_not_name_is_handed_back_once() -> None:
    them = Members()
    assert them.take("1", "3", "99", version="1", full="true")
    assert them.missing == ["2"]
    assert them.take("1", "3", version="2", full="true")
    them.reader.lose("why")
    assert (them.missing, them.news("2"), them.news("3")) == (["2"], [], ["v1", "v2", "lost: why"])


def test_what_is_no_list_makes_all_unknown_and_is_asked_for_again() -> None:
    them = Members()
    assert not them.reader.take("text/plain", "hello")
    assert all(them.news(number)[0].startswith("lost: the exchange sent") for number in "123")
