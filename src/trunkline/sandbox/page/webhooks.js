/** The webhooks about the phone that is shown, newest first: what was posted, how it was answered, and once more. */

import { html } from "../ui/html.js";
import { get, post } from "./api.js";
import { jsonBlock } from "./json.js";
import { toast, trying } from "./say.js";
import { on, state } from "./store.js";
import { symbol } from "./symbols.js";
import { clock } from "./words.js";

const AT_ONCE = 60;

export function webhooksPanel(panel) {
  const open = new Set(); // ids of those whose body is shown
  const draw = () => panel.replaceChildren(content(open));
  on("webhooks route", draw);
  draw();
}

function content(open) {
  if (!state.route.handset) return nothing("No phone chosen", "Choose a phone to see what the business is told about it.");
  if (state.webhooks.length === 0) {
    return nothing("No webhook yet", "Messages of this phone and the statuses of messages to it are posted to the business's callback. Once one is set, they are listed here.");
  }
  return html`<ol class="pg-hooks" aria-label="Webhooks, newest first">
    ${state.webhooks.slice(-AT_ONCE).reverse().map((webhook) => entry(webhook, open))}</ol>`;
}

function nothing(title, text) {
  return html`<div class="pg-empty"><h3>${title}</h3><p>${text}</p></div>`;
}

function entry(webhook, open) {
  const said = kind(webhook);
  const good = webhook.status === 200;
  const box = html`<details open=${open.has(webhook.id)}><summary>
      <span class="pg-status" data-good=${String(good)}>${webhook.status ?? "none"}<span class="hidden"> answered</span></span>
      <span class="pg-hook-kind">${said}</span>${webhook.fault ? html`<span class="pg-mark">${webhook.fault}</span>` : null}
      <time datetime=${webhook.at}>${clock(new Date(webhook.at), true)}</time></summary></details>`.firstElementChild;
  const fill = () => {
    if (box.open) open.add(webhook.id);
    else open.delete(webhook.id);
    if (box.open && !box.querySelector(".pg-json")) box.append(html`${details(webhook)}`);
  };
  box.addEventListener("toggle", fill);
  if (box.open) fill();
  return html`<li>${box}</li>`;
}

function details(webhook) {
  const repeat = trying(async () => {
    const { status } = await post(`webhooks/${webhook.id}/repeat`);
    toast(status === null || status === undefined ? "Posted again. There was no answer." : `Posted again: ${status}.`);
  });
  const box = html`<div class="pg-hook"><dl class="pg-facts">
    <div><dt>Posted to</dt><dd>${webhook.url}</dd></div>
    ${webhook.signature ? html`<div><dt>Signature</dt><dd>${webhook.signature}</dd></div>` : null}</dl>
    <span class="pg-hook-body"></span>
    <button type="button" class="pg-button" @click=${repeat}>${symbol("repeat")}Repeat</button></div>`.firstElementChild;
  bodyOf(webhook).then((body) => box.querySelector(".pg-hook-body").replaceChildren(jsonBlock(body, "the body of the webhook")));
  return box;
}

/** The stream may tell of a webhook without its body. */
async function bodyOf(webhook) {
  if (webhook.body) return webhook.body;
  const { data } = await get(`webhooks?after=${webhook.id - 1}&handset=${state.route.handset}`).catch(() => ({ data: [] }));
  return data.find((one) => one.id === webhook.id)?.body ?? "";
}

/** In a few words: "status · delivered", "message · text". */
function kind(webhook) {
  const value = parsed(webhook.body)?.entry?.[0]?.changes?.[0];
  const { statuses, messages } = value?.value ?? {};
  if (statuses?.length) return `status · ${statuses.map((one) => one.status).join(", ")}`;
  if (messages?.length) return `message · ${messages.map((one) => one.type).join(", ")}`;
  return webhook.field ?? value?.field ?? "webhook";
}

function parsed(body) {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
