/** The inspector on the right: the message as JSON, the webhooks of this phone, and the sandbox's rules and clock. */

import { html } from "../ui/html.js";
import { summary } from "../ui/message.js";
import { get } from "./api.js";
import { jsonBlock } from "./json.js";
import { rulesPanel } from "./rules.js";
import { findMessage, on, state } from "./store.js";
import { iconButton } from "./symbols.js";
import { webhooksPanel } from "./webhooks.js";

const TABS = [
  ["message", "Message", messagePanel],
  ["webhooks", "Webhooks", webhooksPanel],
  ["rules", "Rules", rulesPanel],
];

export function drawInspector(box) {
  const panels = html`<div class="pg-panels"></div>`.firstElementChild;
  const tabs = html`<div class="pg-tabs" role="tablist" aria-label="Inspector" @keydown=${walk}></div>`.firstElementChild;
  const back = () => {
    document.getElementById("app").dataset.pane = state.route.handset ? "phone" : "phones";
  };
  box.append(html`<header class="pg-bar">${iconButton("Back to the phone", "back", back, { class: "pg-narrow" })}<h2 class="hidden">Inspector</h2>${tabs}</header>${panels}`);
  for (const [name, title, make] of TABS) {
    const panel = html`<div id=${`panel-${name}`} role="tabpanel" aria-labelledby=${`tab-${name}`}></div>`.firstElementChild;
    panels.append(panel);
    tabs.append(html`<button type="button" role="tab" id=${`tab-${name}`} aria-controls=${panel.id} @click=${() => choose(name)}>${title}</button>`);
    make(panel);
  }
  choose("message");
}

export function choose(name) {
  for (const [other] of TABS) {
    const tab = document.getElementById(`tab-${other}`);
    tab.setAttribute("aria-selected", String(other === name));
    tab.tabIndex = other === name ? 0 : -1;
    document.getElementById(`panel-${other}`).hidden = other !== name;
  }
}

function walk(event) {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  const at = TABS.findIndex(([name]) => document.activeElement.id === `tab-${name}`);
  const [name] = TABS.at((at + by) % TABS.length);
  choose(name);
  document.getElementById(`tab-${name}`).focus();
}

function messagePanel(panel) {
  let asked = 0;
  let shown = "";
  const draw = async () => {
    const message = findMessage(state.selected);
    const wanted = message ? `${message.id} ${message.status} ${JSON.stringify(message.reactions)}` : "";
    if (wanted === shown && panel.hasChildNodes()) return;
    shown = wanted;
    if (!message) return panel.replaceChildren(nothing());
    const turn = (asked += 1);
    const raw = await get(`messages/${encodeURIComponent(message.id)}`).catch(() => null);
    if (turn !== asked) return undefined;
    return panel.replaceChildren(about(message, raw));
  };
  on("selection chat route", draw);
  draw();
}

function nothing() {
  return html`<div class="pg-empty"><h3>No message chosen</h3>
    <p>Choose a message in the chat to see it as JSON: what the business sent, or what its webhook gets.</p></div>`;
}

function about(message, raw) {
  const side = message.from === "business" ? "Sent by the business" : "Sent by this phone";
  const facts = [
    ["Type", message.type],
    ["Status", message.status ?? "none"],
    ["Id", message.id],
    ...(message.error ? [["Error", `${message.error.code} ${message.error.title}`]] : []),
  ];
  const { body, ...rest } = raw ?? {};
  return html`<h3 dir="auto">${summary(message)}</h3><p class="pg-small">${side}</p>
    <dl class="pg-facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    <h4>${message.from === "business" ? "Request body" : "As in the webhook"}</h4>${jsonBlock(body ?? message.content, "the message")}
    ${raw ? html`<details class="pg-more-json"><summary>What the sandbox keeps of it</summary>${jsonBlock(rest, "what is kept")}</details>` : null}`;
}
