"""What the process counts of itself, for `/metrics`: plain numbers, cheap enough for the hot path."""

from collections import Counter
from collections.abc import Callable


class Tally:
    """One for each process, in the runtime. The names and what they mean stand in `METRICS`."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.gauges: dict[str, Callable[[], float]] = {}

    def count(self, name: str, by: int = 1) -> None:
        """`name` is a counter of `METRICS`; of one in `LABELS`, with the kind after a space."""
        self.counts[name] += by

    def gauge(self, name: str, read: Callable[[], float]) -> None:
        """`read` is asked whenever somebody looks."""
        self.gauges[name] = read


METRICS: dict[str, str] = {
    "accepted_total": "Messages accepted: stored, and answered with an id.",
    "attempts_total": "Attempts to send that were begun.",
    "outcomes_total": "What became of attempts: taken, not_sent, refused, ambiguous.",
    "doubts_settled_total": "Doubts that ended, by the rule that ended them.",
    "duplicate_suspected_total": "Messages that a provider took twice, as its statuses say; must stay 0.",
    "hook_posts_total": "Posts of providers: kept, repeated (here already), refused, not_kept.",
    "posts_flagged_total": "Posts of providers that could not be read or applied, and were set aside.",
    "inbound_messages_total": "Messages from people that were new.",
    "imports_created_total": "Files of people that were handed in.",
    "link_clicks_total": "Short links that people opened.",
    "shed_total": "Requests refused under overload, by their class; `share` is an account beyond its own.",
    "commit_rows_total": "Rows in the commits of this process, about.",
    "commit_seconds": "How long commits took.",
    "store_backlog_rows": "Rows that wait for the writer of the store or are with it.",
    "store_rows_per_second": "At what pace rows were written lately.",
    "store_failing": "1 while the last commit failed.",
    "disk_short": "1 while the disk is full and the ballast is given up.",
    "accepts_in_flight": "Accepting requests between gate and answer.",
    "event_streams": "Event streams that are open.",
    "body_bytes": "Bytes of large request bodies in memory.",
    "loop_late_seconds": "How late the event loop runs, smoothed.",
    "pressure": "The load that sheds requests; from 0.5 on lists are refused, from 1 on batches.",
    "numbers_held": "Business numbers that are held.",
    "queued_in_memory": "Waiting messages that the dispatcher has in memory.",
    "sends_in_flight": "Sends that wait for their provider's answer.",
    "doubts_open": "Messages whose send is in doubt, of the numbers that this process owns.",
    "campaigns_here": "Campaigns that this process looks after.",
    "deliveries_total": "Events in posts to endpoints, by what came of the post: delivered, failed.",
    "posts_in_flight": "Posts to endpoints that wait for their answer.",
    "posts_in_flight_slow": "Those to endpoints that are slow, fail or are new; at most half of all slots.",
    "endpoints_owned": "Endpoints that this process delivers to.",
    "endpoints_failing": "Endpoints of this process that are only probed, as they answer nothing good.",
    "events_in_memory": "Events in memory that are on their way to endpoints; a backlog stays in the log.",
    "chore_rows_total": "Rows that chores went through.",
    "chore_rounds_total": "Rounds of chores that came to their end.",
    "chore_milliseconds_total": "How long those rounds took, all together.",
    "inbox_waiting": "Posts of providers that are kept and not applied yet, in memory.",
    "media_uploaded_total": "Files that were uploaded for messages, by form or by link.",
    "media_converted_total": "Uploads that were converted into what their provider takes.",
    "media_converting": "Uploads that are being converted, or wait for it.",
    "media_given_total": "Files that were given to providers, each once for a number.",
    "media_links_total": "Files that were fetched from links.",
    "media_ids_known": "Files of which the provider's id is in memory.",
    "template_syncs_total": "Readings of all templates of a business account: done, or put off.",
    "media_stored_total": "Files of messages that were fetched from their provider.",
    "media_failed_total": "Files of messages that were given up.",
    "media_fetching": "Files of messages that are being fetched.",
}
"""Name → what it says. Counters end in `_total`, `commit_seconds` is a histogram, the rest are gauges."""

LABELS: dict[str, str] = {
    "outcomes_total": "outcome",
    "doubts_settled_total": "rule",
    "hook_posts_total": "result",
    "shed_total": "class",
    "deliveries_total": "outcome",
    "chore_rows_total": "chore",
    "chore_rounds_total": "chore",
    "chore_milliseconds_total": "chore",
    "template_syncs_total": "outcome",
}
"""Counter → the name of its one label."""
