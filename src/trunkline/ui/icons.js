/**
 * The icons, drawn for this project: lines on a grid of 24, in the colour of the text around them.
 */

import { html } from "./html.js";

const LINES = {
  alert: "M12 8v5M12 16.5v.01M12 3.5 21.5 20h-19z",
  ban: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M6 6l12 12",
  bag: "M5 8h14l-1 12H6zM9 8V7a3 3 0 0 1 6 0v1",
  calendar: "M4 6h16v14H4zM4 10.5h16M8.5 3.5V8M15.5 3.5V8",
  card: "M3 6h18v12H3zM3 10.5h18M6.5 14.5H11",
  cart: "M3 4h2.5l2.3 11h10l2.2-8H6.3M9.5 19.5v.01M16.5 19.5v.01",
  check: "M5 12.5 10 17.5 19.5 7",
  checks: "M2 12.5 7 17.5 16.5 7M11.5 16.5l1 1L22 7",
  clock: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M12 7.5V12l3 2",
  close: "M6 6l12 12M18 6 6 18",
  code: "M8.5 8 4.5 12l4 4M15.5 8l4 4-4 4",
  copy: "M9 9h11v11H9zM5.5 15H4V4h11v1.5",
  download: "M12 4v11M7 10.5l5 5 5-5M5 20h14",
  expand: "M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7",
  file: "M6 3h8l4.5 4.5V21H6zM14 3v5h4.5",
  form: "M5 3.5h14v17H5zM8.5 8h7M8.5 12h7M8.5 16h4",
  forward: "M13 5.5 19.5 12 13 18.5V15c-4.5 0-7 1.2-8.5 4 .2-5.5 3-9 8.5-9.5z",
  image: "M3.5 5h17v14h-17zM3.5 16l5-5 4.5 4.5 3-3 4.5 4.5M15.5 9v.01",
  info: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M12 11v5M12 8v.01",
  left: "M14.5 5.5 8 12l6.5 6.5",
  link: "M7 17 17 7M9 7h8v8",
  list: "M9 6.5h11M9 12h11M9 17.5h11M4.5 6.5v.01M4.5 12v.01M4.5 17.5v.01",
  megaphone: "M4 10v4h3l9 5V5l-9 5zM19 10a3 3 0 0 1 0 4",
  mic: "M12 3.5a2.8 2.8 0 0 1 2.8 2.8v5a2.8 2.8 0 0 1-5.6 0v-5A2.8 2.8 0 0 1 12 3.5M6 11a6 6 0 0 0 12 0M12 17v3.5",
  pause: "M8.5 5.5v13M15.5 5.5v13",
  person: "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8M4.5 20.5c.6-4 3.6-6 7.5-6s6.9 2 7.5 6",
  phone: "M5 4h4l1.5 4.5L8 10.5c1.2 2.5 3 4.3 5.5 5.5l2-2.5L20 15v4c-8 2-17-7-15-15z",
  pin: "M12 21c4.5-5 6.5-8.3 6.5-11.2a6.5 6.5 0 0 0-13 0C5.5 12.7 7.5 16 12 21M12 7.5a2.3 2.3 0 1 1 0 4.6 2.3 2.3 0 0 1 0-4.6",
  play: "M8 5.5 18.5 12 8 18.5z",
  reply: "M10 5.5 3.5 12l6.5 6.5V15c4.5 0 8 1 10.5 4-.3-5.5-4-9.5-10.5-9.5z",
  right: "M9.5 5.5 16 12l-6.5 6.5",
  shield: "M12 3 19.5 6v5.5c0 4.5-3 8-7.5 9.5-4.5-1.5-7.5-5-7.5-9.5V6zM8.8 12l2.4 2.4 4.2-4.4",
  smile: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M8.5 14a4.2 4.2 0 0 0 7 0M9.2 9.8v.01M14.8 9.8v.01",
  sticker: "M4 4h16v10l-6 6H4zM20 14h-6v6M8.5 9v.01M14 9v.01",
  tag: "M4 4h8l8.5 8.5-7.5 7.5L4.5 11.5zM8.3 8.3v.01",
  video: "M3.5 6.5h11v11h-11zM14.5 10.5l6-3v9l-6-3z",
};

/** Decoration: what it means must stand beside it as text or as the label of what holds it. */
export function icon(name) {
  return html`<svg class=${`tl-icon tl-icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d=${LINES[name] ?? LINES.info} />
  </svg>`;
}
