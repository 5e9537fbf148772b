"""The telephone line: the only room that speaks SIP, and the only one that imports pjsua2."""

from appliance.sip.agent import SipAgent
from appliance.sip.config import SipConfig
from appliance.sip.errors import SipError

__all__ = ["SipAgent", "SipConfig", "SipError"]
