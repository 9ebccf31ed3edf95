/** The sandbox as a whole: the rules that bite, faults to come, and the clock where it is virtual. */

import { html } from "../ui/html.js";
import { get, patch, post, remove } from "./api.js";
import { ask } from "./dialogs.js";
import { loadAll } from "./data.js";
import { toast, trying } from "./say.js";
import { on, state } from "./store.js";
import { iconButton, symbol } from "./symbols.js";

const RULES = {
  windows: ["24-hour window", "Outside it only templates are taken (131047)."],
  known_handsets: ["Known phones only", "Other numbers are not on WhatsApp (131026)."],
  templates: ["Approved templates only", "Others do not exist (132001)."],
  media: ["Media must exist", "Links are fetched, ids must be known (131053)."],
  message_ids: ["Known messages only", "Read marks must name a message that a user wrote (131009)."],
  names_by_hand: ["Names by hand", "New display names wait for a decision."],
  free_utility: ["Free utility", "Utility templates in an open window stay free after September 2026."],
  free_service: ["Free service messages", "Of a number and month, since October 2026."],
  pair_limit: ["Pair rate", "One message per 6 s to the same phone, bursts of 45 (131056)."],
  throughput: ["Sends per second", "More are refused (130429)."],
  tier: ["Recipients a day", "Reached by template outside a window; beyond it 131048."],
  marketing_per_day: ["Marketing per phone and day", "Beyond it 131049."],
  management_per_hour: ["Other calls an hour", "Beyond it 80007."],
  app_calls_per_hour: ["App calls an hour", "Beyond it 4."],
  recipients: ["Allowed recipients", "Numbers, separated by commas; others get 131030."],
};
const HOUR = 3600;

export function rulesPanel(panel) {
  const boxes = ["rules", "faults", "clock"].map((name) => html`<section class=${`pg-${name}`}></section>`.firstElementChild);
  panel.append(...boxes);
  const [rules, faults, clock] = boxes;
  const load = trying(async () => {
    if (state.live !== "open") return;
    await Promise.all([drawRules(rules), drawFaults(faults)]);
  });
  on("live", load);
  on("clock", trying(() => drawClock(clock)));
}

async function drawRules(box) {
  const rules = await get("rules").catch(() => null);
  box.hidden = !rules;
  if (!rules) return;
  const set = trying(async (name, value) => drawn(await patch("rules", { [name]: value })));
  const drawn = (now) => Object.assign(rules, now);
  box.replaceChildren(html`<h3>Rules that bite</h3>
    <p class="pg-small">For the whole sandbox, until it is started again.</p>
    ${Object.entries(rules).map(([name, value]) => rule(name, value, set))}`);
}

function rule(name, value, set) {
  const [title, says] = RULES[name] ?? [name.replaceAll("_", " "), ""];
  const id = `rule-${name}`;
  if (typeof value === "boolean") {
    return html`<label class="pg-rule"><span><strong>${title}</strong><small id=${id}>${says}</small></span>
      <input type="checkbox" role="switch" checked=${Boolean(value)} aria-describedby=${id} aria-label=${title}
        @change=${({ target }) => set(name, target.checked)}></label>`;
  }
  const read = (text) => (text.trim() === "" ? null : name === "recipients" ? text.split(",").map((one) => one.replace(/\D/g, "")).filter(Boolean) : Number(text));
  const shown = value === null || value === undefined ? "" : String(value);
  return html`<label class="pg-rule"><span><strong>${title}</strong><small id=${id}>${says}</small></span>
    <input type=${name === "recipients" ? "text" : "number"} min="0" value=${shown} placeholder=${name === "recipients" ? "anyone" : "no limit"}
      aria-describedby=${id} aria-label=${title} @change=${({ target }) => set(name, read(target.value))}></label>`;
}

async function drawFaults(box) {
  const answer = await get("faults").catch(() => null);
  box.hidden = !answer;
  if (!answer) return;
  const again = () => drawFaults(box);
  const drop = (id) => trying(async () => (await remove(`faults/${id}`), again()));
  box.replaceChildren(html`<h3>Faults to come</h3>
    <ul class="pg-fault-list">${answer.data.map((one) => html`<li><span>${faultWords(one)}</span>
      ${iconButton("Remove this fault", "trash", drop(one.id))}</li>`)}
      ${answer.data.length === 0 ? html`<li class="pg-small">None. A fault changes the next webhooks or sends that it fits.</li>` : null}</ul>
    <div class="pg-form-end pg-start"><button type="button" class="pg-button" @click=${trying(() => addWebhookFault(again))}>${symbol("plus")}Webhook fault…</button>
      <button type="button" class="pg-button" @click=${trying(() => addSendFault(again))}>${symbol("plus")}Send fault…</button></div>`);
}

function faultWords({ kind, code, field, status, handset, times }) {
  const what = kind ? `${kind.replaceAll("_", " ")} of ${status ?? field ?? "any"} webhook` : `send refused with ${code}`;
  return [what, handset ? `for ${handset}` : "", times ? `${times}×` : "always"].filter(Boolean).join(", ");
}

async function addWebhookFault(again) {
  const handset = state.route.handset;
  await ask({
    title: "Webhook fault",
    fields: [
      { name: "kind", label: "What happens", options: ["duplicate", "delay", "reorder", "bad_signature", "oversize", "drop"].map((one) => [one, one.replaceAll("_", " ")]) },
      { name: "status", label: "To which", options: [["", "any webhook"], ...["sent", "delivered", "read", "failed"].map((one) => [one, `status ${one}`])] },
      { name: "times", label: "How many", type: "number", value: "1", hint: "Left empty: all, until the fault is removed." },
      ...(handset ? [{ name: "here", label: "Only for this phone", type: "checkbox", value: true }] : []),
    ],
    submit: "Add fault",
    check: ({ kind, status, times, here }) =>
      post("faults", { kind, ...(status ? { status } : {}), ...(here ? { handset } : {}), times: times === "" ? null : Number(times) }),
  });
  await again();
}

async function addSendFault(again) {
  await ask({
    title: "Send fault",
    intro: "The next sends are refused with this code.",
    fields: [
      { name: "code", label: "Code", type: "number", value: "131000", required: true },
      { name: "times", label: "How many", type: "number", value: "1", hint: "Left empty: all, until the fault is removed." },
    ],
    submit: "Add fault",
    check: ({ code, times }) => post("faults", { code: Number(code), times: times === "" ? null : Number(times) }),
  });
  await again();
}

async function drawClock(box) {
  const told = state.virtualTime ? await get("clock") : null;
  box.hidden = !told;
  if (!told) return;
  state.clockAhead = (told.offset_seconds ?? 0) * 1000;
  const advance = (hours) =>
    trying(async () => {
      await post("clock/advance", { seconds: hours * HOUR });
      toast(`The clock was put forward by ${hours} h.`);
      await loadAll();
    });
  box.replaceChildren(html`<h3>Clock</h3><p class="pg-small">Virtual time: ${new Date(told.now).toLocaleString()}</p>
    <div class="pg-form-end pg-start">${[1, 25].map((hours) => html`<button type="button" class="pg-button" @click=${advance(hours)}>
      ${symbol("clock")}+${hours} h</button>`)}</div>`);
}
