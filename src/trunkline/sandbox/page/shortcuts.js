/** Keys that work wherever nothing is being written. */

import { html } from "../ui/html.js";
import { quote } from "./answers.js";
import { focusComposer, openAttach } from "./composer.js";
import { show } from "./dialogs.js";
import { choose } from "./inspector.js";
import { addPhone } from "./phones.js";
import { go } from "./route.js";
import { trying } from "./say.js";
import { findMessage, state } from "./store.js";

const KEYS = [
  ["/", "Search the phones", () => document.getElementById("search").focus()],
  ["n", "Add a phone", trying(() => addPhone())],
  ["j", "Next phone", () => step(1)],
  ["k", "Previous phone", () => step(-1)],
  ["c", "Write a message", focusComposer],
  ["a", "Attach", openAttach],
  ["m", "Go to the messages; ↑ and ↓ walk through them", () => [...document.querySelectorAll(".pg-rows wa-message")].at(-1)?.focus()],
  ["r", "Reply to the chosen message", () => state.selected && quote(findMessage(state.selected))],
  ["e", "React to the chosen message", react],
  ["i", "Inspect the chosen message", () => inspect("message")],
  ["w", "Webhooks of this phone", () => inspect("webhooks")],
  ["Escape", "Let go of a reply; close the chat", leave],
  ["?", "This list", () => openShortcuts()],
];

export function listenForKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, dialog, [popover]")) return;
    const found = KEYS.find(([key]) => key === event.key);
    if (!found || (event.key === "Escape" && event.target.closest("#phones, #inspector"))) return;
    event.preventDefault();
    found[2]();
  });
}

export function openShortcuts() {
  show({
    title: "Keyboard shortcuts",
    content: html`<dl class="pg-keys">${KEYS.map(([key, says]) => html`<div><dt><kbd>${key === "Escape" ? "Esc" : key}</kbd></dt><dd>${says}</dd></div>`)}
      <div><dt><kbd>Enter</kbd></dt><dd>Send; with Shift a new line</dd></div></dl>`,
  });
}

function step(by) {
  const rows = [...document.querySelectorAll("#phones .pg-row")];
  const at = rows.findIndex((row) => row.getAttribute("aria-current"));
  const next = rows[at < 0 ? 0 : at + by];
  next?.click();
  next?.scrollIntoView({ block: "nearest" });
}

function leave() {
  if (state.quoted) quote(null);
  else if (state.route.number) go(state.route.handset);
}

function react() {
  const found = [...document.querySelectorAll(".pg-rows wa-message")].find((one) => one.message.id === state.selected);
  found?.querySelector('.wa-tools [aria-label="React"]')?.click();
}

function inspect(tab) {
  choose(tab);
  document.getElementById("app").dataset.pane = "inspector";
  document.getElementById(`tab-${tab}`).focus();
}
