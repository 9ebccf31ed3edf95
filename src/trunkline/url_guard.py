"""Which addresses that users give may be connected to: the rules, pure.

In comes the text of a URL, or the IP address that a name led to; out comes a `Target` to connect to, or every
`Problem` with it. A URL has one spelling here: what one parser reads differently from another is refused, not
mended. Addresses are judged by the tables below, not by `ipaddress`'s flags, which let through several that
lead inside (192.0.0.8, `64:ff9b::` around 127.0.0.1, multicast, and others).
"""

import re
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import idna
import msgspec

from trunkline.errors import Problem

LONGEST_URL = 2048

Address = IPv4Address | IPv6Address


class Rules(msgspec.Struct, frozen=True):
    """What the operator allows. Made by `Runtime.url_rules`."""

    may_be_private: bool = False
    may_be_http: bool = False
    ports: frozenset[int] | None = frozenset({443, 8443})
    """None is any; with http, 80 is among them."""


class Target(msgspec.Struct, frozen=True):
    """A URL that passed, in the one spelling under which it is used."""

    scheme: str
    host: str
    """In lower case and ASCII; an IPv6 address without its brackets."""
    port: int
    path: str
    """With the query."""
    address: str | None
    """The host, where it is an address itself."""

    @property
    def authority(self) -> str:
        """As the `Host` header says it: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


class Checked(msgspec.Struct, frozen=True):
    """`target` is None exactly when there are problems."""

    target: Target | None
    problems: tuple[Problem, ...]


def check(url: str, rules: Rules) -> Checked:
    """Everything that is wrong with the URL as it is spelled. Names are not looked up here."""
    finding = _Finding(url, rules)
    target = _read(url, finding)
    return Checked(None if finding.problems else target, tuple(finding.problems))


class Reach(Enum):
    """Where an address leads."""

    PUBLIC = "public"
    PRIVATE = "private"  # this machine and networks of one's own: only where the operator allows it
    NEVER = "never"  # what is no host's address, and where clouds keep credentials


def reach(address: str | Address) -> Reach:
    """`ValueError` when it is no address."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address) and ip in _NAT64:  # the only way to IPv4 for a machine that has IPv6 alone
        inside = reach(IPv4Address(int(ip) & 0xFFFF_FFFF))
        return Reach.PUBLIC if inside is Reach.PUBLIC else Reach.NEVER
    if _is_in(ip, _NEVER):
        return Reach.NEVER
    if _is_in(ip, _PRIVATE):
        return Reach.PRIVATE
    return Reach.PUBLIC if ip.version == 4 or ip in _PUBLIC_IPV6 else Reach.NEVER


def may_dial(address: str | Address, rules: Rules) -> bool:
    found = reach(address)
    return found is Reach.PUBLIC or (found is Reach.PRIVATE and rules.may_be_private)


class _Finding:
    """Gathers the problems with one URL."""

    def __init__(self, url: str, rules: Rules) -> None:
        self.rules = rules
        self.problems: list[Problem] = []
        self._found = url if len(url) <= 60 else url[:59] + "…"

    def add(self, rule: str, detail: str, expected: str = "https://example.com/path") -> None:
        self.problems.append(Problem("/url", rule, detail, found=self._found, expected=expected))


_DEFAULT_PORTS = {"https": 443, "http": 80}
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)([^#]*)(#.*)?", re.DOTALL)
_BAD_ANYWHERE = re.compile(r"[\x00-\x20\x7f-\xa0\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\\]")
_PATH = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?\[\]|^{}`\"<>-]|%[0-9A-Fa-f]{2})*")
_PORT = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)


def _read(url: str, finding: _Finding) -> Target | None:
    if len(url) > LONGEST_URL:
        finding.add("too_long", f"A URL has at most {LONGEST_URL} characters here.")
        return None
    if _BAD_ANYWHERE.search(url):
        finding.add("characters", "A URL has no spaces, control characters, invisible ones or backslashes.")
        url = _BAD_ANYWHERE.sub("", url)  # to see what else is wrong; it is refused anyway
    match = _URL.fullmatch(url)
    if match is None:
        finding.add("scheme", "A URL starts with https:// and the name of a host.")
        return None
    scheme, authority, path, fragment = match[1].lower(), match[2], match[3], match[4]
    _check_scheme(scheme, finding)
    if fragment is not None:
        finding.add("fragment", "A URL to post to has no part after a `#`.")
    if not _PATH.fullmatch(path):
        finding.add("characters", "Path and query are ASCII; write other characters as %XX.")
    path = path if path.startswith("/") else "/" + path
    return _read_authority(scheme, authority, path, finding)


def _check_scheme(scheme: str, finding: _Finding) -> None:
    if scheme == "http" and not finding.rules.may_be_http:
        finding.add("scheme", "The URL must be https.")
    elif scheme not in _DEFAULT_PORTS:
        allowed = "only https and http are" if finding.rules.may_be_http else "only https is"
        finding.add("scheme", f"`{scheme}` is not a scheme to post to: {allowed}.")


def _read_authority(scheme: str, authority: str, path: str, finding: _Finding) -> Target | None:
    if "@" in authority:
        finding.add("user_info", "A URL has no user or password before the host (`@`).")
        authority = authority.rpartition("@")[2]
    host, colon, port_text = authority, "", ""
    if not authority.endswith("]"):
        before, colon, port_text = authority.rpartition(":")
        host = before if colon else authority
    port = _read_port(port_text, finding) if colon else _DEFAULT_PORTS.get(scheme, 443)
    if colon or scheme == "https":  # or what is wrong is the scheme that it comes with
        _check_port(port, finding)
    name, address = _read_host(host, finding)
    return Target(scheme, name, port, path, address)


def _read_port(text: str, finding: _Finding) -> int:
    if _PORT.fullmatch(text) and int(text) <= 65535:
        return int(text)
    finding.add("port", "The port is a number from 1 to 65535, without zeros before it.")
    return 0


def _check_port(port: int, finding: _Finding) -> None:
    ports = finding.rules.ports
    if port == 0 or ports is None or port in ports or (port == 80 and finding.rules.may_be_http):
        return
    allowed = ", ".join(map(str, sorted(ports)))
    finding.add("port", f"Port {port} is not allowed here; allowed: {allowed}.")


def _read_host(host: str, finding: _Finding) -> tuple[str, str | None]:
    """The host's name and, where it is an address, that."""
    if not host:
        finding.add("host", "The URL names no host.")
        return host, None
    if host.startswith("["):
        return _read_ipv6(host, finding)
    name = _plain_name(host)
    if name is None:
        finding.add("host", "The host is no name that the internet has: letters, digits, hyphens, dots.")
        return host, None
    if _LIKE_A_NUMBER.fullmatch(name.rstrip(".").rpartition(".")[2]):
        return _read_ipv4(name, host, finding)
    _check_name(name, finding)
    return name, None


_LIKE_A_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")  # what any parser takes for an IPv4 address
_IPV4 = re.compile(r"(?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")


def _plain_name(host: str) -> str | None:
    """In ASCII and lower case, by IDNA 2008; None when it can not be a host's name."""
    try:
        name = host.lower() if host.isascii() else idna.encode(host, uts46=True).decode().lower()
        for label in name.split("."):
            if label.startswith("xn--"):
                idna.decode(label)
    except (idna.IDNAError, ValueError):  # ValueError: bytes that are no UTF-8 after Punycode
        return None
    labels = name.removesuffix(".").split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    return name


def _read_ipv4(name: str, as_given: str, finding: _Finding) -> tuple[str, str | None]:
    if name != as_given or not _IPV4.fullmatch(name) or any(int(part) > 255 for part in name.split(".")):
        finding.add("host", "An IPv4 address is four decimal numbers from 0 to 255, such as 192.0.2.1.")
        return name, None
    _check_address(IPv4Address(name), finding)
    return name, name


def _read_ipv6(host: str, finding: _Finding) -> tuple[str, str | None]:
    try:
        if "%" in host or not host.endswith("]"):
            raise ValueError
        ip = IPv6Address(host[1:-1])
    except ValueError:
        finding.add("host", "This is no IPv6 address in brackets.")
        return host, None
    if ip.ipv4_mapped is not None or "." in host:
        finding.add("host", "Write an IPv4 address by itself, not inside of an IPv6 address.")
    _check_address(ip, finding)
    return str(ip), str(ip)


_OPENED_BY = "its operator can allow them by network.allow_private"


def _check_address(ip: Address, finding: _Finding) -> None:
    if may_dial(ip, finding.rules):
        return
    if reach(ip) is Reach.PRIVATE:
        detail = f"This server does not connect to private addresses; {_OPENED_BY}."
    else:
        detail = "This server does not connect to that address, and no setting opens it: " + (
            "network.allow_private is for private networks alone."
        )
    finding.add("forbidden_address", detail)


_OWN_NAMES = ("localhost", "localdomain", "local", "internal", "intranet", "lan", "home", "corp", "home.arpa")


def _check_name(name: str, finding: _Finding) -> None:
    if name.endswith("."):
        finding.add("host", "The host's name ends with a dot.")
    bare = name.rstrip(".")
    inside = "." not in bare or any(bare.endswith(f".{own}") for own in _OWN_NAMES)
    if inside and not finding.rules.may_be_private:
        detail = f"This server does not connect to names of private networks; {_OPENED_BY}."
        finding.add("forbidden_address", detail)


def _networks(*texts: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(text) for text in texts)


def _is_in(ip: Address, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    return any(ip in network for network in networks)  # of another version it is in none


# Networks of one's own. Looked at after `_NEVER`.
_PRIVATE = _networks(
    "127.0.0.0/8",  # this machine
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",  # shared by a provider's customers (RFC 6598); overlay networks use it too
    "::1/128",
    "fc00::/7",
)

# https://www.iana.org/assignments/iana-ipv4-special-registry, the same of IPv6, and the addresses at which
# clouds give a machine its credentials. No setting opens these.
_NEVER = _networks(
    "0.0.0.0/8",  # many systems take it for this machine
    "169.254.0.0/16",  # link-local: the metadata of most clouds, 169.254.169.254
    "100.100.100.200/32",  # metadata of Alibaba's cloud
    "168.63.129.16/32",  # Azure's own, a public address that leads inside
    "192.0.0.0/24",  # protocols; metadata of Oracle's cloud is in it
    "192.0.2.0/24",  # documentation
    "192.31.196.0/24",  # AS112
    "192.52.193.0/24",  # multicast tunnels
    "192.88.99.0/24",  # 6to4 relays
    "192.175.48.0/24",  # AS112
    "198.18.0.0/15",  # benchmarks
    "198.51.100.0/24",  # documentation
    "203.0.113.0/24",  # documentation
    "224.0.0.0/4",  # multicast
    "240.0.0.0/4",  # reserved, and broadcast
    "fd00:ec2::/32",  # metadata of Amazon's cloud
    "fd20:ce::/32",  # metadata of Google's cloud
    "fd00:42::42/128",  # metadata of Scaleway's cloud
    "2001::/23",  # protocols; Teredo, which has an IPv4 address in it
    "2001:db8::/32",  # documentation
    "2002::/16",  # 6to4, which has an IPv4 address in it
    "2620:4f:8000::/48",  # AS112
    "3fff::/20",  # documentation
)

# Of IPv6 only this is given out to hosts. Outside it are IPv4-mapped (::ffff:0:0/96) and -compatible (::/96)
# addresses, fe80::/10, fec0::/10, ff00::/8, 5f00::/16, 100::/64 and 64:ff9b:1::/48.
_PUBLIC_IPV6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
