"""Addresses of the web: one that a person's browser opens, and one that a file is fetched from. Pure."""

import re
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

from trunkline.shape import Findings, Text


class WebAddress(Text):
    """An address with https or http, whole and readable."""

    _forbidden = re.compile(r"[\x00-\x20\x7f\\]")

    def __init__(self, *, at_most: int, about: str) -> None:
        super().__init__(at_most=at_most, about=about)

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        address = super().check(value, at, findings)
        if type(address) is str and address:
            slip = self._slip_of(address, findings.setting)
            if slip:
                expected = "a link such as https://example.com/file.jpg"
                findings.refuse(at, "link", slip, found=address, expected=expected)
        return address

    def _slip_of(self, address: str, setting: Any) -> str | None:
        if self._forbidden.search(address):
            return "A link has no spaces, control characters or backslashes in it."
        try:
            parts = urlsplit(address)
            host = parts.hostname
            _ = parts.port
        except ValueError:
            return "This is not a link: host or port can not be read."
        if parts.scheme not in ("https", "http"):
            return "This link does not start with https://."
        if not host:
            return "This link names no host."
        return self._slip_of_scheme(parts, setting)

    def _slip_of_scheme(self, parts: SplitResult, setting: Any) -> str | None:
        return None


class Link(WebAddress):
    """An https address; http only to this machine, and only where the operator allows it."""

    def __init__(self) -> None:
        super().__init__(at_most=8192, about="Where the file is: an https address.")

    def _slip_of_scheme(self, parts: SplitResult, setting: Any) -> str | None:
        if parts.scheme == "http" and not (setting.http_links and _is_this_machine(parts)):
            return "The link must be https."
        return None


def _is_this_machine(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
