"""A throw-away Asterisk on the loopback, without root: the real exchange for the demo and the tests.

>>> Exchange.prepare()                                  # once per machine: fetch and unpack
>>> with Exchange(users=10) as exchange:
...     exchange.originate("0301234567", "200", name="Miller")

Operators 200 (plain), 201 (TLS and SRTP by SDES required) and 202 (SHA-256 offered before MD5), users 1001…,
passwords `secret<extension>`. A trunk is whatever comes from 127.0.0.2. What can be dialled stands in
`templates/extensions.conf`.
"""

from appliance.demo.exchange.errors import ExchangeError
from appliance.demo.exchange.process import Channel, Exchange

__all__ = ["Channel", "Exchange", "ExchangeError"]
