"""Asterisk's manager interface (AMI): one action, its answer, good-bye."""

from __future__ import annotations

import socket

from appliance.demo.exchange.errors import ExchangeError

Message = dict[str, str]
"""One AMI message; a header that repeats (`Output`) holds its lines joined by newlines."""


def ask(port: int, secret: str, action: str, fields: dict[str, str | list[str]]) -> list[Message]:
    """Log in on the loopback, do one action, and return its response and the list entries that follow it.

    Raises ExchangeError when nobody listens or the response is an error.
    """
    words = [("Action", "Login"), ("Username", "deskbell"), ("Secret", secret), ("Events", "off"), ("", "")]
    words += [("Action", action), ("ActionID", "asked")]
    for key, value in fields.items():
        words += [(key, one) for one in ([value] if isinstance(value, str) else value)]
    words += [("", ""), ("Action", "Logoff"), ("", "")]
    if any("\r" in value or "\n" in value for _, value in words):
        raise ExchangeError("a manager action's values are single lines")
    text = "".join(f"{key}: {value}\r\n" if key else "\r\n" for key, value in words)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(text.encode())
            received = b"".join(iter(lambda: connection.recv(65536), b""))
    except OSError as error:
        raise ExchangeError(f"the exchange's manager port {port} does not answer: {error}") from error
    blocks = received.decode("utf-8", "replace").split("\r\n\r\n")
    answers = [message for block in blocks if (message := _parse(block)).get("ActionID") == "asked"]
    if not answers:
        raise ExchangeError(f"the exchange's manager gave no answer to {action}")
    if answers[0].get("Response") == "Error":
        raise ExchangeError(f"{action}: {answers[0].get('Message', 'refused')}")
    return answers


def _parse(block: str) -> Message:
    message: Message = {}
    for line in block.split("\r\n"):
        key, colon, value = line.partition(":")
        if colon:
            value = value.removeprefix(" ")
            message[key] = f"{message[key]}\n{value}" if key in message else value
    return message
