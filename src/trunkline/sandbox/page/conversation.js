/** The messages of the chat that is shown, with days, the line before what is unread, and what waits. */

import { html } from "../ui/html.js";
import { renderMessage, summary } from "../ui/message.js";
import { onMessageAction } from "./answers.js";
import { isWaiting } from "./data.js";
import { act } from "./doing.js";
import { firstSteps } from "./empty.js";
import { announce } from "./say.js";
import { business, changed, chatKey, on, shownHandset, shownMessages, state } from "./store.js";
import { iconButton } from "./symbols.js";
import { dayOf } from "./words.js";

const AT_ONCE = 150; // messages that are drawn; the earlier ones when they are asked for
const NEAR = 80; // pixels from the end within which the view follows what arrives
const SHORTLY = 2000; // milliseconds from a touch, key or wheel to the scrolling that it makes

export function conversation() {
  const rows = html`<div class="pg-rows"></div>`.firstElementChild;
  const newer = iconButton("To the newest message", "down", () => toEnd(), { class: "pg-newer" });
  const node = html`<section class="pg-talk" aria-label="Conversation" tabindex="0">${rows}</section>`.firstElementChild;
  const view = { node, rows, elements: new Map(), following: true, most: AT_ONCE, known: null };
  const toEnd = () => {
    view.following = true;
    node.scrollTop = node.scrollHeight;
  };
  let last = 0;
  let movedAt = -Infinity;
  for (const kind of ["wheel", "touchmove", "pointerdown", "keydown"]) {
    node.addEventListener(kind, () => (movedAt = performance.now()), { passive: true });
  }
  newer.hidden = true;
  node.addEventListener("scroll", () => {
    const near = node.scrollHeight - node.scrollTop - node.clientHeight < NEAR;
    // What moves by being drawn, without a hand on it, is no scrolling away.
    const byHand = performance.now() - movedAt < SHORTLY;
    if (near || (node.scrollTop < last && byHand)) view.following = near;
    last = node.scrollTop;
    newer.hidden = near;
  });
  const follow = () => view.following && toEnd();
  // Where as much is taken away at the top as comes at the end, the size stays.
  const redraw = () => {
    draw(view);
    follow();
    requestAnimationFrame(follow);
  };
  const grown = new ResizeObserver(follow);
  grown.observe(rows);
  grown.observe(node);
  listen(view);
  const stops = [on("chat handsets", redraw), on("selection", () => mark(view)), on("typing", redraw)];
  draw(view);
  const holder = html`<div class="pg-talk-holder">${node}${newer}</div>`.firstElementChild;
  return { node: holder, toEnd, focus: () => node.focus(), stop: () => (grown.disconnect(), stops.forEach((one) => one())) };
}

function listen(view) {
  view.node.addEventListener("wa-action", onMessageAction);
  view.node.addEventListener("click", (event) => {
    const found = event.target.closest("wa-message");
    if (!found) return;
    if (event.target.closest(".wa-play")) played(found.message);
    if (!event.target.closest("a, button, input, video, summary, [role=slider]")) select(found.message.id);
  });
  view.node.addEventListener("focusin", (event) => event.target.matches("wa-message") && select(event.target.message.id));
  view.node.addEventListener("keydown", (event) => walk(event, view));
}

function select(id) {
  if (state.selected === id) return;
  state.selected = id;
  changed("selection");
}

/** Up and down go from message to message, wherever in the chat the focus is. */
function walk(event, view) {
  const current = event.target.closest("wa-message");
  const inside = current && event.target !== current;
  if (inside || !["ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) return;
  const all = [...view.rows.querySelectorAll("wa-message")];
  const at = current ? all.indexOf(current) : all.length;
  const next = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: all.length - 1 }[event.key];
  if (!all[next]) return;
  event.preventDefault();
  all[next].focus();
}

/** The first time that a voice note of the business is played, its sender hears of it. */
function played(message) {
  if (message.from === "business" && message.content?.voice === true && message.status !== "played") {
    act("play", { message_id: message.id });
  }
}

function draw(view) {
  const wanted = items(view);
  const keep = new Set(wanted.map(({ key }) => key));
  for (const [key, element] of view.elements) {
    if (keep.has(key)) continue;
    element.remove();
    view.elements.delete(key);
  }
  let before = view.rows.firstElementChild;
  for (const { key, make, update } of wanted) {
    let element = view.elements.get(key);
    if (!element) view.elements.set(key, (element = make()));
    else update?.(element);
    if (element === before) before = element.nextElementSibling;
    else view.rows.insertBefore(element, before);
  }
  tellNew(view);
  mark(view);
}

/** What stands in the chat from top to bottom, each with a key by which it is known again. */
function items(view) {
  const handset = shownHandset();
  const all = shownMessages();
  const arrived = all.filter((message) => !isWaiting(message, handset) && !isLost(message));
  const shown = arrived.slice(-view.most);
  const divider = state.dividers.get(chatKey(state.route.handset, state.route.number));
  const list = [];
  if (arrived.length === 0 && state.chats.has(chatKey(state.route.handset, state.route.number))) {
    list.push({ key: "empty", make: () => html`<div>${firstSteps()}</div>`.firstElementChild });
  }
  if (arrived.length > shown.length) list.push({ key: "earlier", make: () => earlier(view) });
  let day = null;
  for (const message of shown) {
    const date = dayOf(message.at);
    if (date !== day) list.push(line(`day ${(day = date)}`, "pg-day", date));
    if (message.id === divider) list.push(line("unread", "pg-unread-line", "Unread messages"));
    list.push({ key: message.id, make: () => drawn(message), update: (element) => redraw(element, message) });
  }
  const lost = all.filter(isLost).at(-1);
  if (lost) list.push(notice(lost));
  return [...list, ...hints(all, handset)];
}

function hints(all, handset) {
  const waiting = all.filter((message) => isWaiting(message, handset)).length;
  const list = [];
  if (handset?.online === false) {
    const more = waiting ? ` ${waiting === 1 ? "A message waits" : `${waiting} messages wait`} for it.` : "";
    list.push(line(`offline ${waiting}`, "pg-hint", `This phone is offline.${more}`));
  }
  if (state.typing.has(chatKey(state.route.handset, state.route.number))) {
    list.push({ key: "typing", make: () => html`<p class="pg-dots" role="img" aria-label="typing"><i></i><i></i><i></i></p>`.firstElementChild });
  }
  return list;
}

/** A message that failed before it reached the phone is not in its chat; it is only told. */
function isLost(message) {
  return message.from === "business" && message.status === "failed";
}

function notice(message) {
  const { code, title } = message.error ?? {};
  const words = `Not delivered: ${[code, title].filter(Boolean).join(" ") || "failed"}`;
  const make = () =>
    html`<p class="pg-hint pg-failed"><button type="button" @click=${() => select(message.id)}>${words}
      <span>${summary(message).slice(0, 80)}</span></button></p>`.firstElementChild;
  return { key: `lost ${message.id} ${code}`, make };
}

function line(key, name, text) {
  return { key, make: () => html`<p class=${name}><span>${text}</span></p>`.firstElementChild };
}

function earlier(view) {
  const more = () => {
    const from = view.node.scrollHeight - view.node.scrollTop;
    view.most += AT_ONCE;
    view.following = false;
    draw(view);
    view.node.scrollTop = view.node.scrollHeight - from;
  };
  return html`<p class="pg-earlier"><button type="button" class="pg-button" @click=${more}>Earlier messages</button></p>`.firstElementChild;
}

function drawn(message) {
  const names = { business: business()?.name ?? "Business", handset: "You" };
  const element = renderMessage(message, { viewer: "handset", interactive: true, names, mediaUrl, quoted: quotedBy(message) });
  element.tabIndex = -1;
  return element;
}

/** Of a file in a header or on a card: of these the chat says no more than the id. */
function mediaUrl({ id }) {
  return typeof id === "string" && id ? `/_sandbox/media/${encodeURIComponent(id)}` : null;
}

function redraw(element, message) {
  if (element.message !== message) element.message = message;
  if (!element.quoted && message.context?.id) element.quoted = quotedBy(message);
}

function quotedBy(message) {
  return shownMessages().find((one) => one.id === message.context?.id) ?? null;
}

function mark(view) {
  for (const [key, element] of view.elements) {
    if (element.localName === "wa-message") element.toggleAttribute("data-selected", key === state.selected);
  }
}

/** Says what arrived since the chat was drawn. */
function tellNew(view) {
  const loaded = state.chats.has(chatKey(state.route.handset, state.route.number));
  if (!loaded) return;
  const ids = new Set([...view.elements.keys()]);
  if (view.known) {
    const fresh = shownMessages().filter((one) => one.from === "business" && ids.has(one.id) && !view.known.has(one.id));
    if (fresh.length > 0) announce(fresh.map((one) => `${business()?.name}: ${summary(one)}`).join(". "));
  }
  view.known = ids;
}
