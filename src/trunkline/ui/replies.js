/**
 * What comes back from people, and what nobody wrote: taps, answered forms, notices, and what can not be drawn.
 */

import { html } from "./html.js";
import { icon } from "./icons.js";
import { marked } from "./marks.js";
import { dayAndTime, line, needed, number, object, objects, raw, text } from "./values.js";

/** A tap on a template's quick reply. */
export function buttonReply(content) {
  return tapped(needed(content.text));
}

/** `interactive` as a person's answer: the part that is named as its type. */
export const ANSWERS = {
  button_reply: (reply) => tapped(needed(reply.title)),
  list_reply: (reply) => tapped(needed(reply.title), reply.description),
  nfm_reply: formReply,
  call_permission_reply: callReply,
};

function tapped(title, description) {
  return html`<div class="wa-tapped">${icon("reply")}<span><span dir="auto">${line(title)}</span>
    ${line(description) ? html`<span class="wa-small" dir="auto">${line(description)}</span>` : null}</span></div>`;
}

function formReply(reply) {
  const values = answers(reply.response_json);
  return {
    main: html`<div class="wa-tapped">${icon("form")}<span><span dir="auto">${line(reply.body) || "Form answered"}</span>
        <span class="wa-small">${reply.name === "address_message" ? "Address" : "Form"}</span></span></div>
      ${values.length ? html`<dl class="wa-facts">${values.map(fact)}</dl>` : null}`,
    shape: "card",
  };
}

/** The answers as pairs; what is no JSON object is shown as it came. */
function answers(json) {
  let found;
  try {
    found = typeof json === "string" ? JSON.parse(json) : json;
  } catch {
    return [["response_json", json]];
  }
  const all = { ...object(found), ...object(object(found).values) };
  const pairs = Object.entries(all).filter(([name]) => !["flow_token", "values"].includes(name));
  return pairs.slice(0, 40).map(([name, value]) => [name, readable(value)]);
}

function readable(value) {
  if (Array.isArray(value) && value.every((one) => typeof one !== "object")) return value.join(", ");
  return typeof value === "object" ? raw(value) : value;
}

export function fact([name, value]) {
  return html`<div><dt dir="auto">${line(name, 60).replaceAll("_", " ")}</dt><dd dir="auto">${text(value, 2000)}</dd></div>`;
}

function callReply(reply) {
  const accepted = needed(reply.response) === "accept";
  const until = number(reply.expiration_timestamp);
  const term = accepted && until ? `Until ${dayAndTime(until * 1000)}` : null;
  return html`<div class="wa-tapped">${icon(accepted ? "phone" : "ban")}<span>
    <span>${accepted ? "Calls allowed" : "Calls not allowed"}</span>
    ${term ? html`<span class="wa-small">${term}</span>` : null}</span></div>`;
}

export function reaction(content) {
  const emoji = line(content.emoji, 30);
  return html`<p class="wa-small wa-line-icon">${icon("smile")}<span>${emoji ? `Reacted ${emoji}` : "Took a reaction back"}</span></p>`;
}

export function system(content) {
  return { main: html`<p class="wa-pill">${icon("info")}<span dir="auto">${needed(content.body)}</span></p>`, shape: "pill" };
}

export function unsupported(content, view, m) {
  const kind = line(content.type || object(m.content?.unsupported).type);
  const error = object(objects(m.errors ?? content.errors)[0] ?? m.error);
  return html`<div class="wa-tapped wa-quiet">${icon("ban")}<span>
    <span>This kind of message is not supported here${kind ? html` (<code>${kind}</code>)` : null}.</span>
    ${line(error.title) ? html`<span class="wa-small" dir="auto">${line(error.title)}</span>` : null}</span></div>`;
}

export function deleted() {
  return html`<div class="wa-tapped wa-quiet">${icon("ban")}<em>This message was deleted.</em></div>`;
}

/** A new wording of an older message. */
export function edit(content, view) {
  const message = object(content.message);
  return html`<p class="wa-mark">${icon("copy")}Edited</p>${marked(needed(object(message.text).body ?? message.body), view)}`;
}

/** @param {string} [title] what is known of it all the same */
export function unknown(message, title = "") {
  const type = [object(message).type, object(object(message).content).type].map((one) => line(one, 60)).filter(Boolean);
  return {
    main: html`${title ? html`<p class="wa-title" dir="auto">${title}</p>` : null}
      <div class="wa-tapped wa-quiet">${icon("code")}<span>This message can not be drawn here
        (<code dir="auto">${type.join(" / ") || "no type"}</code>).</span></div>
      <details class="wa-raw"><summary>Show as JSON</summary><pre tabindex="0" dir="ltr">${raw(message)}</pre></details>`,
    shape: "card",
  };
}
