/**
 * The marks people type in a chat: *bold*, _italic_, ~struck~, `code`, ```blocks```, > quotations, lists, and links.
 * Text comes in, DOM nodes go out; nothing of the text is ever read as markup.
 */

import { html, safeUrl } from "./html.js";
import { follow } from "./controls.js";
import { text } from "./values.js";

const BLOCK = /```([\s\S]+?)```/;
const IN_URL = "[^\\s<>\"'`]";
const HTTP = `https?:\\/\\/${IN_URL}+`;
const WWW = `www\\.[^\\s<>"'\`/.]+\\.${IN_URL}+`;
// What a mark encloses holds no mark of its kind, so that each search ends at the next one.
const INLINE = new RegExp(
  "`([^`\\n]+)`|(" + HTTP + "|" + WWW + ")|(?<![\\p{L}\\p{N}])([*_~])(?=\\S)((?:(?!\\3)[^\\n])+)(?<=\\S)\\3(?![\\p{L}\\p{N}])",
  "gu",
);
const TAGS = { "*": "strong", _: "em", "~": "s" };
const LINE_KINDS = [
  ["quote", /^> ?(.*)$/],
  ["bullet", /^[*-] (.+)$/],
  ["count", /^(\d{1,3}\. .+)$/],
];
const LONG = 900; // characters after which the rest waits behind "Read more"

/** A body of text as it stands in a bubble. */
export function marked(value, view) {
  const all = text(value);
  if (all.length <= LONG * 1.5) return html`<div class="wa-text" dir="auto">${blocks(all, view)}</div>`;
  const box = html`<div class="wa-text" dir="auto"></div>`.firstElementChild;
  const more = () => {
    box.replaceChildren(...blocks(all, view));
    box.tabIndex = -1;
    box.focus(); // the button that had it is gone
  };
  const head = Array.from(all.slice(0, LONG)).slice(0, -1).join("");
  box.append(...blocks(head, view), html`… <button type="button" class="wa-more" @click=${more}>Read more</button>`);
  return box;
}

/** The first address in the text, for its preview. */
export function firstUrl(value) {
  const found = new RegExp(HTTP, "u").exec(text(value))?.[0];
  return found ? safeUrl(trimmed(found)) : null;
}

/** The number of emoji if the text is nothing else, or 0. */
export function emojiCount(value) {
  const found = text(value, 60).replace(/\s/g, "");
  if (found === "" || found.length > 40 || !ONLY_EMOJI.test(found)) return 0;
  return [...new Intl.Segmenter().segment(found)].length;
}

const ONLY_EMOJI = new RegExp(String.raw`^\p{RGI_Emoji}+$`, "v");

function blocks(value, view) {
  return value.split(BLOCK).flatMap((part, index) => {
    if (index % 2) return [codeBlock(part)];
    const between = index ? part.replace(/^\n/, "") : part; // the block brings its own line break
    return between.trim() === "" ? [] : lines(between, view);
  });
}

function codeBlock(code) {
  return html`<pre class="wa-code" tabindex="0"><code>${code.replace(/^\n|\n$/g, "")}</code></pre>`;
}

/** Neighbouring lines of one kind as one paragraph, quotation or list. */
function lines(value, view) {
  const groups = [];
  for (const one of value.split("\n")) {
    const [kind, content] = kindOf(one);
    if (groups.at(-1)?.kind === kind) groups.at(-1).lines.push(content);
    else groups.push({ kind, lines: [content] });
  }
  return groups.map((group) => drawn(group, view));
}

function kindOf(one) {
  for (const [kind, pattern] of LINE_KINDS) {
    const found = pattern.exec(one);
    if (found) return [kind, found[1]];
  }
  return ["plain", one];
}

function drawn({ kind, lines }, view) {
  const items = () => lines.map((one) => html`<li>${inline(one.replace(/^\d+\. /, ""), view)}</li>`);
  if (kind === "quote") return html`<blockquote>${inline(lines.join("\n"), view)}</blockquote>`;
  if (kind === "bullet") return html`<ul>${items()}</ul>`;
  if (kind === "count") return html`<ol start=${parseInt(lines[0], 10)}>${items()}</ol>`;
  return html`<span>${inline(lines.join("\n"), view)}</span>`;
}

function inline(value, view) {
  const parts = [];
  let end = 0;
  for (const found of value.matchAll(INLINE)) {
    parts.push(value.slice(end, found.index));
    const [all, code, url, mark, inner] = found;
    end = found.index + all.length;
    if (code) parts.push(html`<code>${code}</code>`);
    else if (url) end = found.index + pushLink(parts, url, view);
    else parts.push(element(TAGS[mark], inline(inner, view)));
  }
  return [...parts, value.slice(end)];
}

function element(name, children) {
  const made = document.createElement(name);
  made.append(html`${children}`);
  return made;
}

/** @returns {number} how much of the address was one */
function pushLink(parts, found, view) {
  const shown = trimmed(found);
  const url = safeUrl(shown.startsWith("http") ? shown : `https://${shown}`);
  if (!url) parts.push(shown);
  else parts.push(html`<a href=${url} target="_blank" rel="noopener noreferrer" @click=${follow(view, url)}>${shown}</a>`);
  return shown.length;
}

/** Without the punctuation and the marks that only follow an address. */
function trimmed(url) {
  const cut = url.replace(/[.,;:!?*_~]+$/, "");
  return cut.endsWith(")") && !cut.includes("(") ? cut.slice(0, -1) : cut;
}
