/**
 * What every message has around its content: what it answers, when and how far it came, reactions, and the tools to
 * react and reply. Each function gives a Node, or null if there is nothing to draw.
 */

import { html, localUrl, safeUrl } from "./html.js";
import { icon } from "./icons.js";
import { summary } from "./label.js";
import { clockTime, line, moment, object, objects, text } from "./values.js";

const TICKS = {
  sent: ["check", "Sent"],
  delivered: ["checks", "Delivered"],
  read: ["checks", "Read"],
  played: ["checks", "Played"],
  failed: ["alert", "Failed"],
};
const EMOJI = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

/** Time and ticks. A status that has no ticks of its own, such as queued, is a message still under way. */
export function foot(message, view) {
  const m = object(message);
  return html`<div class="wa-foot">
    ${moment(m.at) ? html`<time datetime=${moment(m.at).toISOString()}>${clockTime(m.at)}</time>` : null}
    ${view.mine && line(m.status) ? ticks(line(m.status)) : null}
  </div>`.firstElementChild;
}

function ticks(status) {
  const [symbol, name] = Object.hasOwn(TICKS, status) ? TICKS[status] : ["clock", "Waiting"];
  return html`<span class=${`wa-ticks wa-ticks-${name.toLowerCase()}`} role="img" aria-label=${name}>${icon(symbol)}</span>`;
}

export function failure(message) {
  const m = object(message);
  const error = object(m.error);
  if (m.status !== "failed" && Object.keys(error).length === 0) return null;
  const title = line(error.title) || "The message was not delivered";
  const details = text(error.details, 500);
  return html`<p class="wa-failure">${icon("alert")}<span><strong dir="auto">${title}</strong>
    ${line(error.code) ? html` <span class="wa-code-number">${line(error.code)}</span>` : null}
    ${details && details !== title ? html`<br /><span dir="auto">${details}</span>` : null}</span></p>`.firstElementChild;
}

export function forwarded(message) {
  const context = { ...object(object(message).content).context, ...object(object(message).context) };
  if (context.frequently_forwarded === true) return mark("Forwarded many times");
  return context.forwarded === true ? mark("Forwarded") : null;
}

function mark(words) {
  return html`<p class="wa-mark">${icon("forward")}${words}</p>`;
}

export function quotation(message, view) {
  const quoted = view.quoted;
  if (typeof quoted !== "object" || quoted === null) return null;
  const side = quoted.from === "business" ? "business" : "handset";
  const inside = html`<span class="wa-quote-text"><strong dir="auto">${line(view.names[side], 60)}</strong>
    <span dir="auto">${summary(quoted).slice(0, 200)}</span></span>${thumbnail(quoted)}`;
  const show = () => view.act("show_quoted", { id: line(quoted.id) });
  if (!view.interactive) return html`<div class="wa-quote" data-from=${side}>${inside}</div>`;
  return html`<button type="button" class="wa-quote" data-from=${side} @click=${show}>
    <span class="tl-hidden">In reply to</span>${inside}</button>`;
}

function thumbnail(quoted) {
  const url = ["image", "sticker"].includes(quoted.type) ? localUrl(object(quoted.media).url) : null;
  return url ? html`<img src=${url} alt="" width="44" height="44" loading="lazy" />` : null;
}

/** The advertisement that the chat began with. */
export function referral(message) {
  const found = object(object(message).referral ?? object(object(message).content).referral);
  const title = line(found.headline) || line(found.body);
  if (!title) return null;
  const url = safeUrl(found.source_url);
  return html`<div class="wa-referral">${icon("megaphone")}<span><strong dir="auto">${title}</strong>
    <span dir="auto">${line(found.body)}</span>
    ${url ? html`<span class="wa-host">${new URL(url).host}</span>` : null}</span></div>`;
}

export function reactions(message, view) {
  const all = objects(object(message).reactions).filter((one) => line(one.emoji));
  if (all.length === 0) return null;
  const who = (one) => line(view.names[one.from === "business" ? "business" : "handset"], 60);
  const shown = [...new Set(all.map((one) => line(one.emoji, 30)))];
  return html`<p class="wa-reactions">
    <span class="tl-hidden">${all.map((one) => `${who(one)} reacted ${line(one.emoji, 30)}`).join(", ")}</span>
    <span aria-hidden="true">${shown.join(" ")}${all.length > 1 ? ` ${all.length}` : ""}</span></p>`.firstElementChild;
}

export function tools(message, view) {
  if (!view.interactive || !line(object(message).id)) return html`<div class="wa-tools"></div>`.firstElementChild;
  const own = objects(object(message).reactions).find((one) => one.from !== "business")?.emoji;
  const box = html`<div class="wa-tools">
    <button type="button" class="tl-icon-button" aria-label="React" aria-expanded="false"
      @click=${(event) => togglePicker(box, event.currentTarget, view, own)}>${icon("smile")}</button>
    <button type="button" class="tl-icon-button" aria-label="Reply" @click=${() => view.act("quote")}>${icon("reply")}</button>
  </div>`.firstElementChild;
  return box;
}

function togglePicker(box, button, view, own) {
  const open = box.querySelector(".wa-picker");
  button.setAttribute("aria-expanded", String(!open));
  if (open) return open.remove();
  const close = () => {
    picker.remove();
    button.setAttribute("aria-expanded", "false");
  };
  const choose = (emoji) => {
    close();
    button.focus();
    view.act("react", { emoji: emoji === own ? "" : emoji });
  };
  const picker = html`<div class="wa-picker" role="group" aria-label="Choose a reaction">
    ${EMOJI.map((emoji) => html`<button type="button" aria-pressed=${String(emoji === own)} @click=${() => choose(emoji)}>${emoji}</button>`)}
  </div>`.firstElementChild;
  picker.addEventListener("keydown", (event) => event.key === "Escape" && (close(), button.focus()));
  box.addEventListener("focusout", (event) => !box.contains(event.relatedTarget) && close(), { once: true });
  box.append(picker);
  picker.querySelector("button").focus();
}
