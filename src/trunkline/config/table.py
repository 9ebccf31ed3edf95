"""Every setting, said once: name, type, default, help and what it must be stand together.

`docs/configuration.md`, the sample file, the environment's names and all checks are made from this table.
"""

import re
from collections.abc import Callable
from dataclasses import Field, dataclass, field, fields
from typing import Any, Literal
from urllib.parse import urlsplit

Check = Callable[[Any], str | None]
"""What would be right, when the value is wrong; None when it is fine."""


def _setting(default: Any, text: str, *, check: Check | None = None, secret: bool = False) -> Any:
    return field(default=default, metadata={"help": text, "check": check, "secret": secret})


def _between(low: float, high: float) -> Check:
    return lambda value: None if low <= value <= high else f"from {low} to {high}"


def _not_empty(value: str) -> str | None:
    return None if value else "some text"


def _address(*schemes: str) -> Check:
    expected = " or ".join(f"{scheme}://…" for scheme in schemes)

    def check(value: str) -> str | None:
        try:
            url = urlsplit(value)
            fine = not value or (url.scheme in schemes and value.startswith(f"{url.scheme}://"))
        except ValueError:
            fine = False
        return None if fine else f"an address such as {expected}"

    return check


def _failpoints(value: str) -> str | None:
    fine = not value or all(re.fullmatch(_FAILPOINT, part) for part in value.split(","))
    return None if fine else "like C9:kill:3,C6:stop, with places from C1 to C21"


_FAILPOINT = r"C([1-9]|1\d|2[01]):(kill|stop)(:[1-9]\d*)?"
_port = _between(0, 65535)


def _bucket(value: str) -> str | None:
    fine = not value or re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[\w.-]+)*/?", value, re.ASCII)
    return None if fine else "like s3://bucket or s3://bucket/prefix"


ROLES = ("api", "hooks", "dispatch", "process", "deliver", "campaigns", "chores")


def _ports(value: str) -> str | None:
    fine = value == "any" or all(
        re.fullmatch(r" *[1-9]\d{0,4} *", part) and int(part) <= 65535 for part in value.split(",")
    )
    return None if fine else "port numbers with commas, or any"


def _roles(value: str) -> str | None:
    fine = not value or set(value.split(",")) <= set(ROLES)
    return None if fine else f"some of {', '.join(ROLES)}, with commas"


@dataclass(frozen=True)
class Server:
    """Where the API listens."""

    host: str = _setting("127.0.0.1", "Address to listen on; 0.0.0.0 is every interface.", check=_not_empty)
    port: int = _setting(7470, "Port of the API; 0 takes any free one.", check=_port)


@dataclass(frozen=True)
class Store:
    """Where everything is kept."""

    url: str = _setting(
        "",
        "postgresql://user:password@host/database (PostgreSQL ≥ 15). Empty: SQLite in the data folder.",
        check=_address("postgresql", "postgres"),
        secret=True,
    )
    migrate: Literal["auto", "never"] = _setting(
        "auto", "`never`: a start refuses while migrations wait; `trunkline migrate` applies them."
    )
    ballast_mib: int = _setting(
        64,
        "SQLite: room kept on the disk for what must still be written when it is full; 0 keeps none.",
        check=_between(0, 65_536),
    )


@dataclass(frozen=True)
class Sandbox:
    """The built-in stand-in for Meta's side."""

    start: Literal["auto", "always", "never"] = _setting(
        "auto", "`auto`: start it unless a number outside it is configured."
    )
    port: int = _setting(7471, "Port of the sandbox; 0 takes any free one.", check=_port)
    strict: bool = _setting(
        False, "Refuse as Meta does: closed 24-hour window, tier reached, unknown recipient."
    )
    status_delay_seconds: float = _setting(
        0.4, "Wait before each status (sent, delivered, read) that it reports.", check=_between(0, 86_400)
    )


@dataclass(frozen=True)
class Dispatch:
    """How messages go out."""

    messages_per_second: int = _setting(
        80, "Pace of a number that has none of its own.", check=_between(1, 1000)
    )
    pair_interval_seconds: float = _setting(
        6.0, "Pace from one number to one recipient: one message in so many seconds.", check=_between(0, 3600)
    )
    pair_burst: int = _setting(
        45, "Messages that a recipient may get ahead of that pace.", check=_between(1, 1000)
    )
    max_in_flight: int = _setting(
        300, "Sends of one process that may wait for an answer at the same time.", check=_between(1, 10_000)
    )
    send_timeout_seconds: float = _setting(
        10.0, "Time that the provider has to answer; after it the send is in doubt.", check=_between(1, 10)
    )
    message_life_hours: int = _setting(
        72, "Life of a message from the moment it may go; unsent by then, it expires.", check=_between(1, 720)
    )


@dataclass(frozen=True)
class Whatsapp:
    """The WhatsApp connector."""

    base_url: str = _setting(
        "https://graph.facebook.com/v26.0",
        "Cloud API of numbers that name none.",
        check=_address("https", "http"),
    )
    http_links: Literal["auto", "always", "never"] = _setting(
        "auto", "Media links with http: `auto` allows them to this machine while the built-in sandbox runs."
    )


@dataclass(frozen=True)
class Hooks:
    """Where providers reach us."""

    public_url: str = _setting(
        "",
        "This server's address as providers see it, without a path. Empty: where the API listens.",
        check=_address("https", "http"),
    )


@dataclass(frozen=True)
class Links:
    """Short links in campaigns, which tell who followed them."""

    public_url: str = _setting(
        "",
        "This server's address as people's phones see it, without a path, as short as can be. Empty: links "
        "are left as they are, and nobody's clicks are known.",
        check=_address("https", "http"),
    )
    life_days: int = _setting(
        90, "How long such a link leads on, in days after its message was made.", check=_between(1, 3650)
    )


@dataclass(frozen=True)
class Network:
    """Where addresses that users give may lead: their endpoints. `auto` is for trying things out."""

    allow_private: Literal["auto", "always", "never"] = _setting(
        "auto",
        "This machine and private networks. `auto` allows them while the built-in sandbox runs and there is "
        "no other number.",
    )
    allow_http: Literal["auto", "always", "never"] = _setting(
        "auto", "URLs with http, in clear: `auto` as with `allow_private`."
    )
    allowed_ports: str = _setting(
        "443,8443",
        "Ports, with commas, or `any`. With http, 80 is among them; where `auto` allows, any is.",
        check=_ports,
    )


@dataclass(frozen=True)
class OptOut:
    """What becomes of it when somebody writes STOP, or START. `docs/opt-out.md` has the words."""

    enabled: bool = _setting(True, "Read such words in messages that come in, and obey them.")
    confirm: bool = _setting(True, "Answer them, once a day for each person at most.")
    language: str = _setting(
        "en",
        "Language of the answer, where neither the word nor the person's number says which.",
        check=lambda value: None if re.fullmatch("[a-z]{2}", value) else "two letters such as en",
    )
    stop_words: str = _setting("", "More words for STOP, with commas.")
    start_words: str = _setting("", "More words for START, with commas.")
    ignored_words: str = _setting("", "Words of our list that mean something else here, with commas.")


@dataclass(frozen=True)
class Delivery:
    """How events go to endpoints."""

    max_in_flight: int = _setting(
        200,
        "Posts of one process that may wait for an answer at once; slow endpoints have half of them.",
        check=_between(2, 10_000),
    )
    timeout_seconds: float = _setting(
        15.0, "Time that an endpoint has to answer a post.", check=_between(0.1, 15)
    )


@dataclass(frozen=True)
class Templates:
    """What is known of message templates."""

    sync_minutes: float = _setting(
        10.0,
        "How often all of them are read from the provider, beside what its webhooks tell at once.",
        check=_between(0.05, 1440),
    )


@dataclass(frozen=True)
class Limits:
    """What requests may be."""

    body_bytes: int = _setting(1_048_576, "Largest body of a request.", check=_between(1024, 67_108_864))
    batch_body_bytes: int = _setting(
        16_777_216, "Largest body of a batch of messages.", check=_between(1024, 268_435_456)
    )
    held_body_bytes: int = _setting(
        134_217_728,
        "Bodies that may be in memory at once, in bytes; providers' posts have as much again.",
        check=_between(1_048_576, 17_179_869_184),
    )
    event_streams: int = _setting(
        20, "Event streams that an account may have open at a process.", check=_between(1, 10_000)
    )


@dataclass(frozen=True)
class Media:
    """Where the bytes of files are."""

    store: str = _setting(
        "",
        "`s3://bucket/prefix`: a store that speaks S3. Empty: the folder `media` in the data folder.",
        check=_bucket,
    )
    s3_endpoint: str = _setting(
        "", "Address of the S3 store. Empty: Amazon's own for the region.", check=_address("https", "http")
    )
    s3_region: str = _setting("", "Region of the bucket; many stores take any. Empty: `us-east-1`.")
    s3_key_id: str = _setting(
        "", "Id of the access key. Empty: what the machine itself is given, as on Amazon's.", secret=True
    )
    s3_secret: str = _setting("", "The secret that belongs to it.", secret=True)
    upload_bytes: int = _setting(
        106_954_752,
        "Largest upload, in bytes: the file and the form around it. Meta takes files of up to 100 MB.",
        check=_between(65_536, 2_147_483_648),
    )
    conversion: str = _setting(
        "",
        "`ffmpeg`, or where it is: what uploads that ask for it are converted with. Empty: none are.",
    )


@dataclass(frozen=True)
class Metrics:
    """Who may read the metrics, beside the operator."""

    token: str = _setting(
        "",
        "Bearer token for `GET /metrics`. Empty: only the operator's token opens it.",
        secret=True,
    )


_days = _between(0, 36_500)


@dataclass(frozen=True)
class Retention:
    """For how long things are kept, in days; 0 is for ever."""

    content_days: int = _setting(
        30, "What ended messages say: their text, links and parameters.", check=_days
    )
    messages_days: int = _setting(
        365,
        "Ended messages and campaigns, with all that is known of them; templates that were removed.",
        check=_days,
    )
    inbox_days: int = _setting(7, "Posts of providers that are processed or set aside.", check=_days)
    events_days: int = _setting(
        30, "Events, delivered or not, with the log of tries to deliver them.", check=_days
    )
    parked_facts_days: int = _setting(30, "Reports about messages that nobody here knows.", check=_days)


@dataclass(frozen=True)
class Log:
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = _setting("info", "The least that is written.")
    format: Literal["text", "json"] = _setting("text", "`text` for people, `json` for programs.")


@dataclass(frozen=True)
class Settings:
    """What is in force. Sections are tables of the file."""

    data: str = _setting(
        "trunkline-data",
        "Folder of the database, the keys and the media; made at first start.",
        check=_not_empty,
    )
    virtual_time: bool = _setting(
        False,
        "For tests: `trunkline clock advance` moves time, the sandbox's too. Never with a real number.",
    )
    failpoints: str = _setting(
        "",
        "For tests: places at which this process ends or freezes, such as `C9:kill:3`. Never in real use.",
        check=_failpoints,
    )
    only: str = _setting(
        "",
        "Parts of the program that this process runs, with commas, out of "
        + ", ".join(ROLES)
        + ". Empty: all. Other processes on the same PostgreSQL run the rest.",
        check=_roles,
    )
    server: Server = field(default_factory=Server)
    store: Store = field(default_factory=Store)
    sandbox: Sandbox = field(default_factory=Sandbox)
    dispatch: Dispatch = field(default_factory=Dispatch)
    whatsapp: Whatsapp = field(default_factory=Whatsapp)
    hooks: Hooks = field(default_factory=Hooks)
    links: Links = field(default_factory=Links)
    delivery: Delivery = field(default_factory=Delivery)
    network: Network = field(default_factory=Network)
    opt_out: OptOut = field(default_factory=OptOut)
    templates: Templates = field(default_factory=Templates)
    limits: Limits = field(default_factory=Limits)
    retention: Retention = field(default_factory=Retention)
    media: Media = field(default_factory=Media)
    metrics: Metrics = field(default_factory=Metrics)
    log: Log = field(default_factory=Log)

    def roles(self) -> tuple[str, ...]:
        """What this process does, in the order of `ROLES`."""
        only = self.only.split(",") if self.only else ROLES
        return tuple(role for role in ROLES if role in only)


SECTIONS: dict[str, Any] = {
    part.name: part.default_factory for part in fields(Settings) if "help" not in part.metadata
}
"""Section → its class."""


def _flat() -> dict[str, Field[Any]]:
    top = {part.name: part for part in fields(Settings) if part.name not in SECTIONS}
    return top | {f"{name}.{part.name}": part for name, cls in SECTIONS.items() for part in fields(cls)}


TABLE = _flat()
"""Setting by dotted name (`server.port`) → its field, in the order in which it is shown."""
