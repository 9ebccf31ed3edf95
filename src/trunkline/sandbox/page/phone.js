/** The phone in the middle: its list of chats, or one chat with header, conversation and composer. */

import { html } from "../ui/html.js";
import { summary } from "../ui/message.js";
import { composer } from "./composer.js";
import { conversation } from "./conversation.js";
import { loadShownChat, loadShownHandset, loadWebhooks, markUnread, windowOf } from "./data.js";
import { firstSteps, noPhone } from "./empty.js";
import { menuButton } from "./menu.js";
import { phoneItems } from "./phone-menu.js";
import { go } from "./route.js";
import { announce, complain } from "./say.js";
import { business, chatKey, chatOf, on, shownHandset, state } from "./store.js";
import { iconButton, symbol } from "./symbols.js";
import { avatar, phoneNumber, shortMoment, until } from "./words.js";

const WAITS = "No chat is open: what arrives now is delivered, and read once its chat is opened.";
const READS = "Nobody holds this phone: it reads what arrives by itself, until one of its chats is opened here.";

let drawn = null; // the address that is drawn
let stop = () => {};

export function drawPhone(box) {
  const screen = html`<div class="pg-screen" data-wa-screen></div>`.firstElementChild;
  box.append(html`<div class="pg-device">${screen}</div>`);
  const draw = () => {
    const { handset, number } = state.route;
    const wanted = `${handset}/${number}/${Boolean(shownHandset())}/${business()?.name}`;
    if (wanted === drawn) return;
    drawn = wanted;
    stop();
    const part = inside(handset, number);
    screen.replaceChildren(part.node);
    screen.dataset.shows = part.shows;
    stop = part.stop ?? (() => {});
  };
  on("route handsets numbers", draw);
  on("route", load);
  draw();
}

async function load() {
  const { handset, number } = state.route;
  const { unread } = chatOf(shownHandset(), number); // before the chat counts as open
  try {
    await Promise.all([loadShownHandset(), loadShownChat(), loadWebhooks()]);
    if (number) markUnread(handset, number, unread);
  } catch (problem) {
    if (state.live === "open") complain(problem);
  }
}

function inside(handset, number) {
  if (!handset) return { node: noPhone(), shows: "nothing" };
  if (!shownHandset()) return { node: html`<p class="pg-wait" role="status">Loading…</p>`, shows: "nothing" };
  if (number && !business()) return { node: unknownNumber(number), shows: "nothing" };
  return number ? chat() : home();
}

function unknownNumber(number) {
  return html`<div class="pg-empty"><h2>No such business number</h2>
    <p>This sandbox has no business number with the id <code>${number}</code>.</p>
    <button type="button" class="pg-button" @click=${() => go(state.route.handset)}>Chats of this phone</button></div>`;
}

function chat() {
  const talk = conversation();
  const typing = composer(talk);
  const head = header();
  const node = html`${head.node}${talk.node}${typing.node}`;
  const stops = [head.stop, talk.stop, typing.stop];
  return { node, shows: "chat", stop: () => stops.forEach((one) => one()) };
}

function header() {
  const { number } = state.route;
  const about = html`<p class="pg-about"></p>`.firstElementChild;
  const holder = html`<p class="pg-holder"></p>`.firstElementChild;
  const node = html`<header class="pg-head">
    ${iconButton("Close the chat", "back", () => go(state.route.handset))}
    ${businessSign(business(number))}
    <div class="pg-head-main"><h2 dir="auto">${business(number).name}</h2>${about}</div>
    ${inspectorButton()}
    ${menuButton("Phone menu", "more", phoneItems)}
  </header>${holder}`;
  const draw = () => {
    about.replaceChildren(aboutChat(number));
    holder.replaceChildren(whose(shownHandset()));
  };
  draw();
  return { node, stop: on("handsets typing clock", draw) };
}

/** On a narrow window the inspector is a pane of its own. */
export function inspectorButton() {
  const open = () => {
    document.getElementById("app").dataset.pane = "inspector";
    document.querySelector("#inspector button").focus();
  };
  return iconButton("Inspector", "braces", open, { class: "pg-narrow" });
}

function businessSign(one) {
  return html`<span class="pg-avatar pg-shop" data-hue=${Number(one.digits.slice(-2)) % 8} aria-hidden="true">${symbol("bag")}</span>`;
}

function aboutChat(number) {
  const handset = shownHandset();
  const digits = phoneNumber(business(number)?.digits);
  if (state.typing.has(chatKey(handset?.address, number))) return html`<span class="pg-typing">typing…</span>`;
  const { open, closes } = windowOf(handset, number);
  const words = open ? `open until ${until(closes)}` : closes ? "window closed" : "no window yet";
  return html`<span class="pg-digits">${digits}</span> <span class="pg-window" data-open=${String(open)}
    title="The 24 hours in which the business may answer freely">${words}</span>`;
}

/** Who holds the phone and what state it is in. */
function whose(handset, { named = true } = {}) {
  if (!handset) return "";
  const marks = [
    handset.online === false ? "offline" : null,
    handset.blocked?.includes(state.route.number) ? "business blocked" : null,
    handset.marketing_stopped?.includes(state.route.number) ? "marketing stopped" : null,
    handset.behaviour ? `behaves as ${handset.behaviour}` : null,
  ].filter(Boolean);
  return html`${named ? html`<span dir="auto">${handset.name}</span> · ` : null}<span class="pg-digits">${phoneNumber(handset.address)}</span>
    ${handset.username ? html`<span> · @${handset.username}</span>` : null}
    ${marks.map((mark) => html`<span class="pg-mark">${mark}</span>`)}`;
}

function home() {
  const list = html`<ul class="pg-list"></ul>`.firstElementChild;
  const title = html`<div class="pg-head-main"></div>`.firstElementChild;
  const person = html`<span></span>`.firstElementChild;
  const note = html`<p class="pg-note"></p>`.firstElementChild;
  const draw = () => {
    const handset = shownHandset();
    note.textContent = handset.held ? WAITS : READS;
    person.replaceChildren(avatar(handset));
    title.replaceChildren(html`<h2 dir="auto">${handset.name}</h2><p class="pg-about">${whose(handset, { named: false })}</p>`);
    list.replaceChildren(html`${state.numbers.map((one) => chatRow(handset, one))}`);
  };
  draw();
  const node = html`<header class="pg-head">
      ${iconButton("All phones", "back", () => go(), { class: "pg-narrow" })}
      ${person}${title}${inspectorButton()}${menuButton("Phone menu", "more", phoneItems)}
    </header>
    <section class="pg-home" aria-label="Chats of this phone"><h3>Chats</h3>${list}
      ${note}
      ${firstSteps({ folded: true })}</section>`;
  announce(`${shownHandset().name}, list of chats`);
  return { node, shows: "home", stop: on("handsets numbers", draw) };
}

function chatRow(handset, one) {
  const { unread, last } = chatOf(handset, one.phone_number_id);
  const open = (event) => {
    event.preventDefault();
    go(handset.address, one.phone_number_id);
  };
  return html`<li><a class="pg-row" href=${`#/${handset.address}/${one.phone_number_id}`} @click=${open}>${businessSign(one)}
    <span class="pg-row-main"><span class="pg-row-top"><strong dir="auto">${one.name}</strong><time>${shortMoment(last?.at)}</time></span>
    <span class="pg-row-below"><span class="pg-last" dir="auto">${last ? summary(last) : phoneNumber(one.digits)}</span>
    ${unread ? html`<span class="pg-unread"><span aria-hidden="true">${unread}</span><span class="hidden">${unread} unread</span></span>` : null}</span></span></a></li>`;
}
