/**
 * Text messages, and the body and footer that other types share.
 */

import { follow } from "./controls.js";
import { html } from "./html.js";
import { icon } from "./icons.js";
import { emojiCount, firstUrl, marked } from "./marks.js";
import { line, needed, text } from "./values.js";

export function textMessage(content, view) {
  const body = needed(content.body);
  const emoji = emojiCount(body);
  if (emoji > 0 && emoji <= 3) {
    return { main: html`<p class="wa-emoji" data-count=${emoji}>${body.trim()}</p>`, shape: "bare" };
  }
  const url = content.preview_url === true ? firstUrl(body) : null;
  return url ? { main: html`${preview(url, view)}${marked(body, view)}`, shape: "card" } : marked(body, view);
}

export function body(part, view) {
  const value = text(part?.text ?? part);
  return value ? marked(value, view) : null;
}

export function footer(part) {
  const value = line(part?.text ?? part);
  return value ? html`<p class="wa-footer" dir="auto">${value}</p>` : null;
}

/** Host and path only: what the page behind it says would have to be fetched. */
function preview(url, view) {
  const { host, pathname, search } = new URL(url);
  const path = line(`${pathname}${search}`, 120);
  return html`<a class="wa-preview" href=${url} target="_blank" rel="noopener noreferrer" @click=${follow(view, url)}>
    <span class="wa-badge">${icon("link")}</span>
    <span><strong>${host}</strong>${path === "/" ? null : html`<span class="wa-path">${path}</span>`}</span></a>`;
}
