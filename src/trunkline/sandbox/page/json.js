/** JSON for people: indented, with colours for what is what. */

import { html } from "../ui/html.js";
import { trying } from "./say.js";
import { iconButton } from "./symbols.js";

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b/g;
const MOST_COLOURED = 60_000; // characters

export function jsonBlock(value, name) {
  const text = typeof value === "string" ? indented(value) : JSON.stringify(value, null, 2);
  const copy = iconButton(`Copy ${name}`, "copy", trying(() => navigator.clipboard.writeText(text)), { class: "pg-copy" });
  return html`<div class="pg-json">${copy}<pre tabindex="0" role="region" aria-label=${name}><code>${coloured(text)}</code></pre></div>`;
}

function indented(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function coloured(text) {
  if (text.length > MOST_COLOURED) return text;
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(TOKEN)) {
    const [all, string, colon, number] = found;
    const kind = string ? (colon ? "key" : "string") : number ? "number" : "word";
    const shown = string ?? all;
    parts.push(text.slice(end, found.index), html`<span class=${`pg-${kind}`}>${shown}</span>`);
    end = found.index + shown.length;
  }
  return [...parts, text.slice(end)];
}
