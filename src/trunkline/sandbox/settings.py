"""What can be set about a sandbox. The defaults are lenient: the first free-form message goes through."""

import msgspec


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every switch of the emulator, with the value that suits a newcomer."""

    strict: bool = False
    """Unknown recipients, closed windows, the tier and unknown templates are refused, as Meta does."""
    status_delay_seconds: tuple[float, float, float] = (0.05, 0.3, 1.0)
    """When `sent`, `delivered` and `read` are reported, each counted from the moment of sending."""
    magic_recipients: bool = True
    """Whether the numbers 155555590xx behave as the table in `behaviours.py` says."""
    throughput: int | None = None
    """Sends per second and business number; more are refused with 130429. None: no limit (Meta has 80)."""
    pair_limit: bool = False
    """One message per 6 s to the same recipient, bursts of 45; more are refused with 131056."""
    tier: int | None = 250
    """With `strict`: recipients reached by template outside their window in 24 hours. None: no limit."""
    user_ids: bool = True
    """Whether webhooks carry business-scoped user ids (`user_id`), as Meta's do since 2026."""
    late_seconds: float = 30.0
    """How much later the statuses of a `late` recipient come."""
    slow_answer_seconds: float = 3.0
    """How long a `slow_answer` recipient lets the caller wait."""
    hang_seconds: float = 600.0
    """After this long without an answer the connection of a hanging recipient is cut."""
    retry_ladder_seconds: tuple[float, ...] = (0.5, 1, 2, 4, 8, 10)
    """Waits between the attempts to post one webhook; the last one repeats."""
    retry_for_seconds: float = 7 * 86_400
    """A webhook that nobody took for this long is dropped."""
    callback_timeout_seconds: float = 10.0
    keep_bodies: bool = True
    """Whether the ledger keeps what was sent. Load tests do without; chats are then empty."""
    batch: int = 1
    """Webhooks that go into one post at most. Meta may send up to 1,000, and usually sends one."""
    batch_wait_seconds: float = 0.2
    """How long a webhook waits for others, where `batch` is more than one."""
    callbacks_in_flight: int = 64
    """Webhook posts that run at the same time."""
    pending_in_memory: int = 20_000
    """Messages whose statuses are kept in memory; those beyond wait in the database."""
    admin_token_required: bool = False
    """Ask for the token on `/_sandbox` even from this machine. From elsewhere it is always asked for."""
    review_seconds: float | None = 2.0
    """How long the review of a template takes. None: until somebody decides by hand."""
    magic_templates: bool = True
    """Whether the names of templates may choose their fate: `reject_…`, `pending_…`, `…_as_marketing`."""
    template_quota: int | None = None
    """Templates that the account may have. None: as Meta, 250 and 6,000 for a verified business."""
    template_creates_per_hour: int | None = None
    """Templates that may be created in an hour; beyond it 80007. None: no limit (Meta has 100)."""
    pacing: int | None = None
    """Sends of a marketing template without a green rating that go at once; more are held. None: all go."""
    pacing_hold_seconds: float = 60.0
    """How long they are held for quality assessment."""
    verified_name: str = "Trunkline Sandbox"
