/** A button that opens a menu: arrow keys walk through it, Escape and a tap elsewhere close it. */

import { html } from "../ui/html.js";
import { iconButton, symbol } from "./symbols.js";

let count = 0;

/** `items()` gives [{ text, symbol, act, danger?, checked? } | null], asked for anew at each opening; null draws a line. */
export function menuButton(label, name, items, { above = false } = {}) {
  const id = `menu-${(count += 1)}`;
  const menu = html`<div id=${id} class="pg-menu" role="menu" popover="auto" aria-label=${label}></div>`.firstElementChild;
  const button = iconButton(label, name, () => {});
  button.setAttribute("aria-haspopup", "menu");
  button.setAttribute("aria-expanded", "false");
  button.popoverTargetElement = menu;
  menu.addEventListener("beforetoggle", ({ newState }) => newState === "open" && fill(menu, items()));
  menu.addEventListener("toggle", ({ newState }) => {
    button.setAttribute("aria-expanded", String(newState === "open"));
    if (newState !== "open") return;
    place(menu, button, above);
    menu.querySelector("button")?.focus();
  });
  menu.addEventListener("keydown", walk);
  return html`<span class="pg-menu-holder">${button}${menu}</span>`.firstElementChild;
}

function fill(menu, items) {
  menu.replaceChildren(html`${items.map((item) => (item ? entry(menu, item) : html`<hr>`))}`);
}

function entry(menu, { text, symbol: name, act, danger, checked }) {
  const choose = () => {
    menu.hidePopover();
    act();
  };
  const role = checked === undefined ? "menuitem" : "menuitemcheckbox";
  return html`<button type="button" role=${role} aria-checked=${checked === undefined ? null : String(checked)} tabindex="-1"
    class=${danger ? "pg-danger" : ""} @click=${choose}>${symbol(checked ? "check" : name)}<span>${text}</span></button>`;
}

function place(menu, button, above) {
  const box = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const left = above ? box.left : box.right - width;
  const top = above ? box.top - height - 6 : box.bottom + 6;
  menu.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
  menu.style.top = `${Math.max(8, Math.min(top, innerHeight - height - 8))}px`;
}

function walk(event) {
  const buttons = [...event.currentTarget.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  buttons.at(next % buttons.length)?.focus();
}
