"""What an INVITE tells of a call that comes in. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from appliance.desk.events import CallArrived
from appliance.desk.state import NOBODY, Return
from appliance.sip.identity import called_number, diversions, party, remote_party

if TYPE_CHECKING:
    from appliance.desk.state import Party
    from appliance.sip.config import SipConfig
    from appliance.sip.identity import Message

_INFO = re.compile(r"\binfo\s*=\s*\"?([\w-]+)|\b(bellcore-dr\d)\b", re.IGNORECASE)
_RETURNS = {
    "recall": Return.TRANSFER,
    "transfer-recall": Return.TRANSFER,
    "park-recall": Return.PARK,
    "parking-timeout": Return.PARK,
    "camp-on": Return.CAMP,
    "camp-on-recall": Return.CAMP,
}
_INTERNAL = {"internal", "alert-internal", "bellcore-dr1"}
_EXTERNAL = {"external", "alert-external", "bellcore-dr2"}


def arrival(call: str, invite: Message, config: SipConfig) -> CallArrived:
    """Return what the desk is told of an INVITE that came by this line."""
    infos = {(found[0] or found[1]).lower() for v in invite.all("alert-info") for found in _INFO.findall(v)}
    caller = remote_party(invite)
    diverted = diversions(invite)
    referred_by = party(invite.first("referred-by")).number
    diverter = diverted[-1].number if diverted else ""
    returned = _returned(infos, referred_by == config.user, diverter)
    origin = {
        Return.NO: "",
        Return.PARK: invite.first("x-park-slot"),
    }.get(returned, invite.first("x-recall-from") or diverter)
    return CallArrived(
        call,
        caller,
        _addressed(invite) if returned else called_number(invite),
        config.line,
        NOBODY if returned or not diverted else diverted[0],
        returned,
        origin,
        referred_by,
        _is_internal(infos, caller, config),
    )


def _addressed(invite: Message) -> str:
    """The number that an INVITE is addressed to."""
    return party(invite.first("to")).number


def _returned(infos: set[str], by_us: bool, diverter: str) -> Return:
    """Say whether a call comes back: the exchange's Alert-Info tells, else that we moved it ourselves.

    A call that we moved, and that somebody then diverted, comes back from there; else it was parked.
    """
    told = next((_RETURNS[info] for info in sorted(infos) if info in _RETURNS), Return.NO)
    if told or not by_us:
        return told
    return Return.TRANSFER if diverter else Return.PARK


def _is_internal(infos: set[str], caller: Party, config: SipConfig) -> bool:
    """Say whether a colleague calls: Alert-Info tells, else the number does.

    That is one of digits only, as long as our own or as one of the monitored extensions'.
    """
    if infos & (_INTERNAL | _EXTERNAL):
        return bool(infos & _INTERNAL)
    lengths = {len(number) for number in (config.user, *config.extensions)}
    return caller.number.isdigit() and len(caller.number) in lengths
