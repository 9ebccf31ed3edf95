/**
 * What can be tapped: rows of buttons under a message, links, and the bottom sheet.
 */

import { html, safeUrl } from "./html.js";
import { icon } from "./icons.js";
import { line } from "./values.js";

/** A button that answers for the handset's person; disabled where nobody may answer. */
export function actionButton(view, { title, symbol, action, detail, label }) {
  return html`<button type="button" class="wa-button" disabled=${!view.interactive} aria-label=${label ?? null}
    @click=${() => view.act(action, detail)}>${symbol ? icon(symbol) : null}<span dir="auto">${line(title)}</span></button>`;
}

/** A button that only opens something to look at, so that it works for everybody. */
export function lookButton(title, symbol, open) {
  return html`<button type="button" class="wa-button" aria-haspopup="dialog" @click=${open}>
    ${icon(symbol)}<span dir="auto">${line(title)}</span></button>`;
}

/** A button that leads elsewhere. An address that is none leaves a button that does nothing. */
export function linkButton(view, { title, url, extra }) {
  const target = safeUrl(url);
  if (!target) {
    return html`<button type="button" class="wa-button" disabled>${icon("link")}<span dir="auto">${line(title)}</span></button>`;
  }
  return html`<a class="wa-button" href=${target} target="_blank" rel="noopener noreferrer"
    @click=${follow(view, target, extra)}>${icon("link")}<span dir="auto">${line(title)}</span></a>`;
}

/** Tells the page of the link first; what the page prevents is not opened. */
export function follow(view, url, extra = {}) {
  return (event) => {
    if (view.interactive && !view.act("open_url", { ...extra, url })) event.preventDefault();
  };
}

/**
 * A sheet from below, closed by Escape, by its button, by a tap beside it, or by `close`.
 * @param {(close: () => void) => Node} fill
 */
export function openSheet(view, title, fill) {
  const screen = view.host.closest("[data-wa-screen]");
  const dialog = document.createElement("dialog");
  const close = () => dialog.close();
  dialog.className = "wa-sheet";
  dialog.setAttribute("aria-label", line(title) || "Details");
  dialog.append(html`<div class="wa-sheet-box">
    <header class="wa-sheet-head">
      <h2 dir="auto">${line(title)}</h2>
      <button type="button" class="tl-icon-button" aria-label="Close" @click=${close}>${icon("close")}</button>
    </header>
    <div class="wa-sheet-body">${fill(close)}</div>
  </div>`);
  dialog.addEventListener("click", (event) => event.target === dialog && close());
  (screen ?? document.body).append(dialog);
  dialog.showModal();
  lieOver(dialog, screen);
}

/** Keeps the sheet over the drawn phone, if there is one, until it is closed. */
function lieOver(dialog, screen) {
  const place = () => {
    if (!screen) return;
    const box = screen.getBoundingClientRect();
    dialog.style.setProperty("--left", `${box.left}px`);
    dialog.style.setProperty("--width", `${box.width}px`);
    dialog.style.setProperty("--bottom", `${Math.max(0, innerHeight - box.bottom)}px`);
    dialog.style.setProperty("--height", `${box.height}px`);
  };
  place();
  addEventListener("resize", place);
  dialog.addEventListener("close", () => {
    removeEventListener("resize", place);
    dialog.remove();
  });
}

/** A row of cards that scrolls sideways, by finger, by key, or by its two buttons. */
export function strip(name, cards) {
  const row = html`<div class="wa-cards" role="group" tabindex="0" aria-label=${`${name}, ${cards.length} cards`}>${cards}</div>`
    .firstElementChild;
  const scroll = (by) => () => row.scrollBy({ left: by * row.firstElementChild.offsetWidth });
  const box = html`<div class="wa-strip">
    ${row}
    <button type="button" class="tl-icon-button wa-back" aria-label="Earlier cards" @click=${scroll(-1)}>${icon("left")}</button>
    <button type="button" class="tl-icon-button wa-on" aria-label="Later cards" @click=${scroll(1)}>${icon("right")}</button>
  </div>`.firstElementChild;
  const fit = () => {
    box.querySelector(".wa-back").hidden = row.scrollLeft < 4;
    box.querySelector(".wa-on").hidden = row.scrollLeft + row.clientWidth > row.scrollWidth - 4;
  };
  row.addEventListener("scroll", fit);
  new ResizeObserver(fit).observe(row);
  return box;
}
