"""Our parser reads every real descriptor as the kernel's own tools do, and survives any other bytes."""

from __future__ import annotations

import contextlib
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from hidtools import hid as oracle
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base import DriverError
from drivers.telephony.report_descriptor import (
    MAX_REPORT_BITS,
    DescriptorError,
    Field,
    Flags,
    ReportDescriptor,
    ReportType,
    parse,
)
from tests.drivers.descriptors import NAMES, descriptor, needs_descriptors

if TYPE_CHECKING:
    from collections.abc import Iterator

# usage, bit, size, constant, relative, logical minimum and maximum
Element = tuple[int, int, int, bool, bool, int, int]


def ours(parsed: ReportDescriptor, type_: ReportType) -> dict[int, tuple[int, list[Element]]]:
    return {
        report.id: (
            report.length,
            [element for found in report.fields for element in _our_elements(found)],
        )
        for report in parsed.of(type_)
    }


def _our_elements(found: Field) -> Iterator[Element]:
    constant, relative = Flags.CONSTANT in found.flags, Flags.RELATIVE in found.flags
    if found.variable or constant:  # hid-tools takes a constant array apart as if it were variable
        bits_and_usages = [
            (index * found.size, found.usage(index if found.variable else 0)) for index in range(found.count)
        ]
    else:
        bits_and_usages = [(0, usage) for run in found.usages for usage in run]
    for bit, usage in bits_and_usages:
        assert usage is not None
        bit += found.offset
        yield usage, bit, found.size, constant, relative, found.logical_min, found.logical_max


def theirs(reports: dict[int, oracle.HidReport]) -> dict[int, tuple[int, list[Element]]]:
    return {
        max(number, 0): (
            report.size - (number > 0),
            [element for found in report.fields for element in _their_elements(found, number > 0)],
        )
        for number, report in reports.items()
    }


def _their_elements(found: oracle.HidField, numbered: bool) -> Iterator[Element]:
    for usage in found.usages or [found.usage]:
        if usage:
            bit = found.start - 8 * numbered
            relative = bool(found.type & Flags.RELATIVE)
            yield usage, bit, found.size, found.is_const, relative, found.logical_min, found.logical_max


@needs_descriptors
@pytest.mark.parametrize("name", NAMES)
def test_every_real_descriptor_reads_as_hid_tools_reads_it(name: str) -> None:
    data = descriptor(name)
    parsed, expected = parse(data), oracle.ReportDescriptor.from_bytes(data)
    assert ours(parsed, ReportType.INPUT) == theirs(expected.input_reports)
    assert ours(parsed, ReportType.OUTPUT) == theirs(expected.output_reports)
    assert ours(parsed, ReportType.FEATURE) == theirs(expected.feature_reports)


@needs_descriptors
def test_inputs_flagged_constant_are_kept_because_anker_flags_its_hook_switch_so() -> None:
    (report,) = (r for r in parse(descriptor("anker")).of(ReportType.INPUT) if r.id == 2)
    hook = next(found for found in report.fields if found.find({0x0B0020}))
    assert Flags.CONSTANT in hook.flags


@pytest.mark.parametrize(
    ("data", "offset", "problem"),
    [
        ("05", 0, "ends within an item"),
        ("0501 27 010203", 2, "ends within an item"),
        ("FE 02 00 0000", 0, "long items"),
        ("85 00", 0, "report id 0"),
        ("86 0001", 0, "report id 256"),
        ("76 0101", 0, "report size 257 is over 256"),
        ("97 FFFFFFFF", 0, "report count 4294967295 is over 12288"),
        ("7600 01 9600 30 0901 8102", 8, "input report 0 is longer than 16 KiB"),
        ("B4", 0, "pops what was not pushed"),
        ("A4A4A4A4A4", 4, "pushes more than 4 deep"),
        ("C0", 0, "closes a collection that was not opened"),
        ("050B 0905 A101", 6, "ends within a collection"),
        ("A901", 2, "ends between delimiters"),
        ("A901 A901", 2, "delimiters are not in pairs"),
        ("A900", 0, "delimiters are not in pairs"),
        ("1502 2501 7501 9501 0901 8102", 10, "logical range 2 to 1 is empty"),
        ("1905 2904", 2, "usage range 0x5 to 0x4 is empty"),
        ("1900 2A FFFF 0901", 5, "more than 12288 usages"),
        ("C4", 0, "unknown global item 0xc"),
        ("08", 0, "a local item without data"),
        ("00" * 4097, 4096, "is longer than 4096 bytes"),
    ],
)
def test_a_broken_descriptor_is_refused_by_byte_and_problem(data: str, offset: int, problem: str) -> None:
    with pytest.raises(DescriptorError, match=problem) as refused:
        parse(bytes.fromhex(data))
    assert refused.value.offset == offset
    assert isinstance(refused.value, DriverError)
    assert isinstance(refused.value, ValueError)


def test_a_usage_takes_the_page_that_stands_at_the_main_item() -> None:
    (report,) = parse(bytes.fromhex("0508 0917 050B 2501 7501 9501 9102")).reports
    assert report.fields[0].usage(0) == 0x0B0017


def test_a_usage_with_a_page_of_its_own_keeps_it() -> None:
    (report,) = parse(bytes.fromhex("050B 0B 17000800 2501 7501 9501 9102")).reports
    assert report.fields[0].usage(0) == 0x080017


def test_of_alternative_usages_the_first_counts() -> None:
    (report,) = parse(bytes.fromhex("050B A901 0920 A900 A901 0921 A900 2501 7501 9502 8102")).reports
    assert report.fields[0].find({0x0B0020, 0x0B0021}) == {0x0B0020: 0}


def test_pop_brings_back_the_page_and_the_sizes() -> None:
    data = "050B 2501 7501 9501 A4 0508 7508 B4 0920 8102"
    (report,) = parse(bytes.fromhex(data)).reports
    assert (report.fields[0].usage(0), report.length) == (0x0B0020, 1)


def test_the_last_usage_stands_for_all_further_elements() -> None:
    (report,) = parse(bytes.fromhex("050B 0920 092F 2501 7501 9508 8102")).reports
    assert [report.fields[0].usage(index) for index in (0, 1, 7)] == [0x0B0020, 0x0B002F, 0x0B002F]


def check(parsed: ReportDescriptor) -> None:
    """What a driver relies on: every field lies within its report, and every report is of sane length."""
    for report in parsed.reports:
        assert report.length * 8 <= MAX_REPORT_BITS + 8
        for found in report.fields:
            assert found.usages
            assert 0 <= found.offset <= found.offset + found.size * found.count <= report.length * 8
            assert found.logical_min <= found.logical_max
            assert found.usage(0) is not None


def read_or_refuse(data: bytes) -> None:
    with contextlib.suppress(DescriptorError):
        check(parse(data))


@given(st.binary(max_size=600))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    read_or_refuse(data)


ITEMS = st.tuples(
    st.sampled_from([prefix for prefix in range(256) if prefix & 3 == 1]), st.binary(min_size=1, max_size=1)
)


@settings(max_examples=300)
@given(st.lists(ITEMS, max_size=60))
def test_any_items_are_read_or_refused(items: list[tuple[int, bytes]]) -> None:
    read_or_refuse(b"".join(bytes([prefix]) + value for prefix, value in items))


@needs_descriptors
@given(st.data())
def test_a_real_descriptor_with_bytes_changed_cut_or_doubled_is_read_or_refused(data: st.DataObject) -> None:
    real = bytearray(descriptor(data.draw(st.sampled_from(NAMES))))
    for _ in range(data.draw(st.integers(0, 4))):
        real[data.draw(st.integers(0, len(real) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(real)))
    read_or_refuse(bytes(real[:cut] * data.draw(st.integers(1, 2))))


def test_the_largest_descriptor_of_the_greediest_items_takes_no_memory_to_speak_of() -> None:
    greedy = bytes.fromhex("1900 2AFFFF 9501 7501 8100")
    tracemalloc.start()
    parse(greedy * (4096 // len(greedy)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000
