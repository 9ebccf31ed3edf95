"""`docs/events.md`: the table of types is made from the code."""

from trunkline.config.table import Limits
from trunkline.model.events import TYPES


def build() -> str:
    rows = "\n".join(f"| `{type_}` | {says} |" for type_, says in TYPES.items())
    return f"""<!-- Made from src/trunkline/model/events.py by `make docs`. -->
# Events

Whatever happens in an account is written to its log, one event a fact, in the transaction that made it so.
The log can be read page by page, followed as a stream, and posted to [endpoints](webhooks.md). It is kept
for `retention.events_days`.

## What an event says

```json
{{"id": "evt_01m835k3hne00tw1k4m3b3hxrt", "type": "message.delivered",
 "timestamp": "2026-11-23T03:01:02.130Z", "sequence": 3, "object_id": "msg_01m835k3g0e00t4q1x2v5n8b7c",
 "data": {{"id": "msg_01m835k3g0e00t4q1x2v5n8b7c", "from": "15550001000", "to": "15550002000",
          "state": "delivered", "status": "delivered", "effective": true, "callback_data": "order 7"}}}}
```

- `id` is a place in the log. Ids sort in the order of the commits, over all processes: who has seen one has
  seen everything before it. It is also the cursor of lists, the `Last-Event-ID` of streams and the
  `webhook-id` of deliveries.
- `timestamp` is when it happened, as whoever told us says; a provider's statuses may come late.
- `object_id` is what it is about, and `sequence` counts that object's events. It begins anew when all that
  were counted have left the log.
- `data` is the whole object as it was then (here shortened). So what is older than what you have, by `id`
  compared as text, can be dropped, and so can what comes twice. `effective` is false for a status that came
  too late to change the state.

## Types

| type | what it says |
|---|---|
{rows}

Wherever types are chosen, `message.*` is all of a kind and `*` is all.

## A page of the log

`GET /v1/events` shows the oldest first, or with `order=newest` the newest. `types`, `object_id`, `number`,
`since` and `until` narrow it. `after` and `before` take an event's id, and mean what follows and what comes
before it in the list; `paging` and the header `Link` lead to the neighbouring pages. One page looks through
20,000 events at most: where few fit, a page may be short, or empty, and still have a `next`. Only a `next`
of null is the end.

A program that catches up now and then asks for `after=` the last id that it knows:

```bash
curl "http://127.0.0.1:7470/v1/events?types=message.*&after=evt_01m835k3hne00tw1k4m3b3hxrt" \\
  -H "Authorization: Bearer $KEY"
```

`GET /v1/events/{{id}}` shows one.

## The stream

`GET /v1/events/stream` keeps the connection open and tells events as they happen, as [server-sent
events](https://html.spec.whatwg.org/multipage/server-sent-events.html): `id:`, `event:` with the type, and
`data:` with what stands above.

```bash
curl -N "http://127.0.0.1:7470/v1/events/stream?types=message.*" -H "Authorization: Bearer $KEY"
```

- Without a place it begins with what happens from now on. With `Last-Event-ID`, which clients send by
  themselves when they come back, or with `?after=`, it begins behind that event, however long ago that was.
  Ask any process: all of them tell the same log.
- It says where it is at once and then with each heartbeat, every 15 s, in a block that has an `id:` and no
  data. So even a client that was cut off before its first event comes back to the right place.
- `types`, `object_id` and `number` narrow it. `format=meta` puts the Cloud API's own webhook into `data`,
  as an endpoint of that format gets it, and leaves out what Meta has no word for.
- A client that reads slower than things happen is not buffered for: it gets its events later, from the log.
  One that reads nothing for 20 s is cut off.
- It ends when its key is revoked, and when the server stops: come back, with the last id.
- An account may have {Limits().event_streams} of them at each process (`limits.event_streams`); one more is
  refused with 429.

Every event comes at least once, in order. One comes twice only to a client that lost its place.

## On a developer's machine

```bash
.venv/bin/trunkline listen --forward-to http://localhost:3000/hook --events 'message.*'
```

posts the account's events to a local server, without a tunnel: it follows the stream and forwards what
comes, with the headers and the signature of a real delivery. The secret that it prints stays the same for
the data folder (or, with `--api-url`, for the key) and account. Each line says what the local server
answered; what fails is not tried again. With `--format meta` it posts the Cloud API's webhooks, with
`--print-only` nothing.

`trunkline trigger message.received --text Hello` makes an event happen, through the [sandbox](sandbox.md):
somebody writes on a handset, or a message is sent to a recipient whose phone does what the event needs.
Nothing is forged, and no real number is used. `trunkline events list`, `show` and `resend` read the log,
and deliver an event to endpoints once more, under its old id."""
