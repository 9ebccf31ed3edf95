/** The list of phones: search, add, and for each its name, number, last message, unread count and state. */

import { html } from "../ui/html.js";
import { summary } from "../ui/message.js";
import { action } from "./api.js";
import { keepHandset, loadAll } from "./data.js";
import { ask } from "./dialogs.js";
import { addNumber } from "./doing.js";
import { menuButton } from "./menu.js";
import { go } from "./route.js";
import { trying } from "./say.js";
import { openShortcuts } from "./shortcuts.js";
import { changed, chatOf, on, state } from "./store.js";
import { iconButton, symbol } from "./symbols.js";
import { themeItems } from "./theme.js";
import { avatar, phoneNumber, shortMoment } from "./words.js";

const AT_ONCE = 150; // phones that are drawn; the others are found by search

let sought = "";
let shown = AT_ONCE;

export function drawPhones(box) {
  const list = html`<ul class="pg-list" aria-label="Phones"></ul>`.firstElementChild;
  const find = ({ target }) => {
    sought = target.value.trim().toLowerCase();
    shown = AT_ONCE;
    fill(list);
  };
  const numbers = html`<div class="pg-business"></div>`.firstElementChild;
  box.append(html`<header class="pg-bar">
      <h2>Handsets</h2>
      ${menuButton("Page menu", "more", pageMenu)}
    </header>
    ${numbers}
    <div class="pg-find">
      <label class="pg-search">${symbol("search")}<span class="hidden">Search phones</span>
        <input type="search" id="search" placeholder="Name or number" autocomplete="off" @input=${find}></label>
      ${iconButton("Add a phone", "plus", trying(addPhone), { class: "pg-filled" })}
    </div>
    ${list}
    <p class="pg-live" role="status"></p>`);
  on("handsets route numbers", () => fill(list));
  on("numbers", () => fillNumbers(numbers));
  on("live", () => tellLive(box.querySelector(".pg-live")));
}

function fillNumbers(box) {
  const choose = ({ target }) => {
    state.number = target.value;
    changed("handsets", "numbers");
    if (state.route.number) go(state.route.handset, target.value);
  };
  const [only] = state.numbers;
  box.replaceChildren(
    state.numbers.length > 1
      ? html`<label><span>Business number</span><select id="business" @change=${choose}>${state.numbers.map(
          (one) => html`<option value=${one.phone_number_id} selected=${one.phone_number_id === state.number}>
            ${one.name} · ${phoneNumber(one.digits)}</option>`,
        )}</select></label>`
      : html`<span>Business number</span><strong dir="auto">${only?.name}</strong> <span class="pg-digits">${phoneNumber(only?.digits)}</span>`,
  );
}

function fill(list) {
  const all = found();
  const rows = all.slice(0, shown).map(row);
  const more = () => {
    shown += AT_ONCE;
    fill(list);
  };
  const focused = document.activeElement?.closest?.(".pg-list a")?.hash;
  list.replaceChildren(
    html`${rows}${all.length > shown ? html`<li><button type="button" class="pg-button pg-more" @click=${more}>
      Show more of ${all.length} phones</button></li>` : null}
    ${all.length === 0 ? html`<li class="pg-none">${sought ? "No phone fits." : "No phone yet. Add one, or send a message to any number."}</li>` : null}`,
  );
  if (focused) [...list.querySelectorAll("a")].find((one) => one.hash === focused)?.focus();
}

/** Those that had something to do with the chosen business first, the newest of them on top. */
function found() {
  const digits = sought.replace(/\D/g, "");
  const fits = (one) =>
    !sought ||
    `${one.name} ${one.username ?? ""}`.toLowerCase().includes(sought) ||
    (digits && one.address.includes(digits));
  const at = (one) => chatOf(one).last?.at ?? "";
  const all = [...state.handsets.values()].filter(fits);
  return all.sort((one, other) => (at(one) < at(other) ? 1 : at(one) > at(other) ? -1 : one.address < other.address ? -1 : 1));
}

function row(handset) {
  const { unread, last } = chatOf(handset);
  const current = handset.address === state.route.handset;
  const open = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(handset.address, state.number);
  };
  const marks = [
    handset.online === false ? ["offline", "Offline"] : null,
    handset.blocked?.includes(state.number) ? ["ban", "Has blocked the business"] : null,
    handset.marketing_stopped?.includes(state.number) ? ["megaphone", "Marketing stopped"] : null,
  ].filter(Boolean);
  return html`<li><a class="pg-row" href=${`#/${handset.address}/${state.number}`} aria-current=${current ? "true" : null} @click=${open}>
    ${avatar(handset)}
    <span class="pg-row-main">
      <span class="pg-row-top"><strong dir="auto">${handset.name}</strong>
        <time datetime=${last?.at ?? null}>${shortMoment(last?.at)}</time></span>
      <span class="pg-row-below"><span class="pg-last" dir="auto">${last ? said(last) : phoneNumber(handset.address)}</span>
        ${marks.map(([name, title]) => html`<span class="pg-sign" role="img" aria-label=${title} title=${title}>${symbol(name)}</span>`)}
        ${unread ? html`<span class="pg-unread"><span aria-hidden="true">${unread > 99 ? "99+" : unread}</span><span class="hidden">${unread} unread</span></span>` : null}</span>
    </span></a></li>`;
}

function said(message) {
  return `${message.from === "handset" ? "You: " : ""}${summary(message)}`;
}

export async function addPhone() {
  const made = {};
  const answers = await ask({
    title: "Add a phone",
    intro: "Every possible number is a phone already. Adding one puts it in the list, in your hands.",
    fields: [
      { name: "address", label: "Phone number", type: "tel", required: true, placeholder: "+1 555 000 1234", value: free() },
      { name: "name", label: "Name", max: 25, hint: "What the business sees as the profile name." },
    ],
    submit: "Add phone",
    check: async ({ address, name }) => {
      const digits = address.replace(/\D/g, "");
      if (digits.length < 7 || digits.length > 15) throw new Error("A phone number has 7 to 15 digits, country code first.");
      Object.assign(made, (await action(digits, name ? { do: "rename", name } : { do: "hold" })).handset);
    },
  });
  if (!answers) return;
  keepHandset(made);
  go(made.address, state.number);
}

/** The next number after 15550001233 that is nobody's yet. */
function free() {
  let number = 15550001234;
  while (state.handsets.has(String(number))) number += 1;
  return `+${number}`;
}

async function addBusiness() {
  await ask({
    title: "Add a business number",
    fields: [
      { name: "name", label: "Name", required: true, max: 60 },
      { name: "digits", label: "Phone number", type: "tel", hint: "Left empty, one is made up." },
    ],
    submit: "Add number",
    check: async ({ name, digits }) => {
      await addNumber({ name, ...(digits ? { digits: digits.replace(/\D/g, "") } : {}) });
      await loadAll();
    },
  });
}

function pageMenu() {
  return [
    { text: "Add a phone…", symbol: "plus", act: trying(addPhone) },
    { text: "Add a business number…", symbol: "plus", act: trying(addBusiness) },
    null,
    ...themeItems(),
    null,
    { text: "Keyboard shortcuts", symbol: "keyboard", act: openShortcuts },
  ];
}

function tellLive(box) {
  box.textContent = state.live === "broken" ? "Connection lost. Trying again…" : "";
  box.hidden = state.live !== "broken";
}
