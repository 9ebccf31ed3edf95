/**
 * Loads what the sandbox knows and keeps it in step with the stream. Events that arrive while a chat is being loaded are
 * held back and applied on top of it, so that an older answer can not undo a newer event.
 */

import { addressed, get } from "./api.js";
import { changed, chatKey, chatOf, now, state } from "./store.js";

const RANK = { sent: 1, delivered: 2, read: 3, played: 4, failed: 5 };
const TYPING_LASTS = 25_000;
const WEBHOOKS_KEPT = 200;
const SETTLING = 150;

const loading = new Map(); // chatKey -> events that wait
let refreshing = null;

/** Everything that is drawn, from the beginning. */
export async function loadAll() {
  const [numbers, handsets] = await Promise.all([get("numbers"), get("handsets")]);
  state.numbers = numbers.data;
  state.waba = numbers.waba_id ?? "";
  state.sandboxUrl = numbers.sandbox_url ?? location.origin;
  state.virtualTime = numbers.virtual_time === true;
  if (!state.numbers.some((one) => one.phone_number_id === state.number)) {
    state.number = state.numbers[0]?.phone_number_id ?? null;
  }
  state.handsets = new Map(handsets.data.map((handset) => [handset.address, handset]));
  changed("numbers", "handsets", "clock");
  state.chats.clear();
  await Promise.all([loadShownHandset(), loadShownChat(), loadWebhooks()]);
}

/** A phone that is linked to and that nobody used yet is one all the same. */
export async function loadShownHandset() {
  const { handset } = state.route;
  if (handset) keepHandset(await get(`handsets/${handset}`));
}

export async function loadShownChat() {
  const { handset, number } = state.route;
  if (!handset || !number) return;
  const key = chatKey(handset, number);
  if (loading.has(key)) return;
  loading.set(key, []);
  try {
    const chat = await get(`chats/${handset}/${encodeURIComponent(number)}`);
    state.chats.set(key, chat.messages.map(reachable));
    if (chat.handset) state.handsets.set(chat.handset.address, chat.handset);
  } finally {
    const held = loading.get(key);
    loading.delete(key);
    for (const apply of held) apply();
    changed("chat", "handsets");
  }
}

export async function loadWebhooks() {
  const { handset } = state.route;
  if (!handset) return;
  const { data } = await get(`webhooks?handset=${handset}`);
  if (handset !== state.route.handset) return;
  state.webhooks = data.slice(-WEBHOOKS_KEPT);
  changed("webhooks");
}

export function keepHandset(handset) {
  if (!handset?.address) return;
  state.handsets.set(handset.address, handset);
  changed("handsets");
}

/** A message that is new, or that changed. Answers whether it is new here. */
export function keepMessage(message, handset, number) {
  const key = chatKey(handset, number);
  if (loading.has(key)) loading.get(key).push(() => keepMessage(message, handset, number));
  const messages = state.chats.get(key);
  if (message.from === "business") stopTyping(key);
  if (!messages) return true;
  if (message.type === "reaction") return keepReaction(messages, message);
  const at = messages.findIndex((one) => one.id === message.id);
  if (at < 0) messages.push(reachable(message));
  else messages[at] = { ...reachable(message), status: later(messages[at].status, message.status) };
  changed("chat");
  return at < 0;
}

/** `error` is an object as in a message, or only its code. */
export function keepStatus({ id, status, error }) {
  for (const held of loading.values()) held.push(() => keepStatus({ id, status, error }));
  const messages = [...state.chats.values()].find((all) => all.some((one) => one.id === id));
  if (!messages) return;
  const at = messages.findIndex((one) => one.id === id);
  const reason = typeof error === "number" ? { code: error } : error;
  messages[at] = { ...messages[at], status: later(messages[at].status, status), error: reason ?? messages[at].error };
  changed("chat");
}

/** Reactions are no messages of their own: they hang on the one they are about. */
function keepReaction(messages, { from, content }) {
  const at = messages.findIndex((one) => one.id === content?.message_id);
  if (at < 0) return false;
  const others = (messages[at].reactions ?? []).filter((one) => one.from !== from);
  const reactions = content.emoji ? [...others, { from, emoji: content.emoji }] : others;
  messages[at] = { ...messages[at], reactions };
  changed("chat");
  return false;
}

export function keepWebhook(webhook) {
  if (webhook.handset && webhook.handset !== state.route.handset) return;
  const at = state.webhooks.findIndex((one) => one.id === webhook.id);
  if (at < 0) state.webhooks.push(webhook);
  else state.webhooks[at] = { ...state.webhooks[at], ...webhook };
  state.webhooks.splice(0, state.webhooks.length - WEBHOOKS_KEPT);
  changed("webhooks");
}

export function startTyping(handset, number) {
  const key = chatKey(handset, number);
  clearTimeout(state.typing.get(key));
  state.typing.set(key, setTimeout(() => stopTyping(key), TYPING_LASTS));
  changed("typing");
}

/** What the list shows of a phone that had a message; the counts are the sandbox's. */
export function noteLast(message, handset, number) {
  const known = state.handsets.get(handset);
  if (known) {
    const chat = chatOf(known, number);
    known.chats = [...(known.chats ?? []).filter((one) => one !== chat && one.phone_number_id !== number), { ...chat, last: message }];
    changed("handsets");
  }
  refreshSoon(handset);
}

const stale = new Set();

/** Several events of one moment end in one look. */
export function refreshSoon(handset) {
  stale.add(handset);
  refreshing ??= setTimeout(async () => {
    refreshing = null;
    const asked = [...stale];
    stale.clear();
    const found = await Promise.allSettled(asked.map((one) => get(`handsets/${one}`)));
    for (const { value } of found) keepHandset(value);
  }, SETTLING);
}

/** Where the "unread" line stands: before the first of the last `unread` messages of the business. */
export function markUnread(handset, number, unread) {
  const key = chatKey(handset, number);
  const received = (state.chats.get(key) ?? []).filter((one) => one.from === "business" && one.status !== "failed");
  const first = unread > 0 ? received.at(-unread) : null;
  if (first) state.dividers.set(key, first.id);
  else state.dividers.delete(key);
  changed("chat");
}

/** Messages that wait at the business's side for a phone that is switched off. */
export function isWaiting(message, handset) {
  return message.from === "business" && handset?.online === false && !(RANK[message.status] >= RANK.delivered);
}

export function windowOf(handset, number) {
  const closes = Date.parse(chatOf(handset, number).window_closes_at ?? "");
  return { closes: Number.isNaN(closes) ? null : new Date(closes), open: closes > now() };
}

function stopTyping(key) {
  if (!state.typing.has(key)) return;
  clearTimeout(state.typing.get(key));
  state.typing.delete(key);
  changed("typing");
}

function later(one, other) {
  return (RANK[other] ?? 0) >= (RANK[one] ?? 0) ? other : one;
}

/** The message with a media address that this page may load. */
function reachable(message) {
  if (!message.media?.url) return message;
  return { ...message, media: { ...message.media, url: addressed(message.media.url) } };
}
