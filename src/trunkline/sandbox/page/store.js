/**
 * What the page knows, in one place. Whoever changes it says so with `changed(topic)`; whoever draws it listens with
 * `on(topics, draw)` and is called once for all that changed in one go.
 */

export const state = {
  numbers: [], // business numbers
  waba: "",
  sandboxUrl: location.origin,
  handsets: new Map(), // digits -> H
  chats: new Map(), // chatKey -> M[], oldest first
  dividers: new Map(), // chatKey -> id of the first message that was new when the chat was opened
  typing: new Map(), // chatKey -> timer
  route: { handset: null, number: null },
  number: null, // the business number chosen at the top
  selected: null, // id of the message in the inspector
  quoted: null, // M that the composer answers to
  webhooks: [], // of this handset, oldest first
  live: "connecting", // or "open", "broken"
  virtualTime: false, // whether the sandbox's clock can be put forward
  clockAhead: 0, // ms by which the sandbox's clock is ahead of this machine's
};

const listeners = new Set();
const waiting = new Set();

/** @returns {() => void} stops listening */
export function on(topics, draw) {
  const listener = { topics: topics.split(" "), draw };
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function changed(...topics) {
  if (waiting.size === 0) queueMicrotask(tell);
  for (const topic of topics) waiting.add(topic);
}

function tell() {
  const topics = new Set(waiting);
  waiting.clear();
  for (const { topics: wanted, draw } of [...listeners]) if (wanted.some((topic) => topics.has(topic))) draw(topics);
}

export function chatKey(handset, number) {
  return `${handset}/${number}`;
}

/** The handset that is shown, or undefined. */
export function shownHandset() {
  return state.handsets.get(state.route.handset);
}

export function shownMessages() {
  return state.chats.get(chatKey(state.route.handset, state.route.number)) ?? [];
}

export function findMessage(id) {
  return shownMessages().find((message) => message.id === id);
}

export function business(number = state.route.number) {
  return state.numbers.find((one) => one.phone_number_id === number);
}

/** What a handset keeps of its chat with a business: unread, last, window_closes_at. */
export function chatOf(handset, number = state.number) {
  return handset?.chats?.find((chat) => chat.phone_number_id === number) ?? { phone_number_id: number, unread: 0, last: null };
}

export function now() {
  return Date.now() + state.clockAhead;
}
