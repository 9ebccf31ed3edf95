/** Icons that the page needs beside those of the shared parts; drawn the same way. */

import { html } from "../ui/html.js";
import { icon } from "../ui/icons.js";

const LINES = {
  back: "M14.5 5.5 8 12l6.5 6.5",
  bolt: "M13 3 5 13.5h6L10.5 21 19 10h-6.5z",
  braces: "M8.5 4c-4 0-.5 7-4.5 8 4 1 .5 8 4.5 8M15.5 4c4 0 .5 7 4.5 8-4 1-.5 8-4.5 8",
  clip: "M19.5 11.5 12 19a4.6 4.6 0 0 1-6.5-6.5l8-8a3.1 3.1 0 0 1 4.4 4.4l-7.7 7.7a1.6 1.6 0 0 1-2.2-2.2l7-7",
  down: "M5.5 9.5 12 16l6.5-6.5",
  flag: "M5.5 21V4h12l-2.5 4.5L17.5 13h-12",
  keyboard: "M3 6.5h18v11H3zM6.5 10v.01M10 10v.01M14 10v.01M17.5 10v.01M7.5 14h9",
  moon: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z",
  more: "M12 5.5v.01M12 12v.01M12 18.5v.01",
  offline: "M4 4l16 16M3 9.5A13.5 13.5 0 0 1 8 6.6M12 5.5c3.4 0 6.6 1.5 9 4M6.5 13a8.5 8.5 0 0 1 3.5-2.2M15 11.3a8.5 8.5 0 0 1 2.5 1.7M12 18v.01",
  panel: "M3.5 5h17v14h-17zM14.5 5v14",
  plus: "M12 5v14M5 12h14",
  repeat: "M4.5 11V9.5A3.5 3.5 0 0 1 8 6h11M16 3l3 3-3 3M19.5 13v1.5A3.5 3.5 0 0 1 16 18H5M8 21l-3-3 3-3",
  search: "M10.5 4.5a6 6 0 1 0 0 12 6 6 0 0 0 0-12M15 15l5 5",
  send: "M4 12 20 4.5 16 20l-4.5-6zM11.5 14 20 4.5",
  stop: "M7 7h10v10H7z",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  trash: "M5 7h14M9.5 7V4.5h5V7M7 7l1 13h8l1-13M10.5 11v5.5M13.5 11v5.5",
};

export function symbol(name) {
  if (!LINES[name]) return icon(name);
  return html`<svg class=${`tl-icon tl-icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d=${LINES[name]} />
  </svg>`;
}

/** A round button that is only a picture; its label is read out and shown as a tip. */
export function iconButton(label, name, act, more = {}) {
  return html`<button type="button" class=${`pg-icon ${more.class ?? ""}`} title=${label} aria-label=${label}
    aria-pressed=${more.pressed ?? null} @click=${act}>${symbol(name)}</button>`.firstElementChild;
}
