/** What stands where there is nothing yet: how to begin. */

import { html } from "../ui/html.js";
import { addPhone } from "./phones.js";
import { toast, trying } from "./say.js";
import { state } from "./store.js";
import { symbol } from "./symbols.js";

/** No phone is chosen. */
export function noPhone() {
  return html`<div class="pg-empty">
    <span class="pg-drawing" aria-hidden="true">${symbol("phone")}</span>
    <h2>Take a phone in your hand</h2>
    <p>Every number is a phone here. Choose one from the list, or add one; then write to the business, answer its
      messages, and watch what it is told.</p>
    <button type="button" class="pg-button pg-main" @click=${trying(addPhone)}>${symbol("plus")}Add a phone</button>
  </div>`;
}

/** How the business sends its first message to the phone that is shown. */
export function firstSteps({ folded = false } = {}) {
  const line = curl(state.route.handset, state.route.number ?? state.number);
  const copy = trying(async () => {
    await navigator.clipboard.writeText(line);
    toast("Copied.");
  });
  const code = html`<pre class="pg-curl" tabindex="0"><code>${line}</code></pre>
    <button type="button" class="pg-button" @click=${copy}>${symbol("copy")}Copy</button>
    <p class="pg-small">The token is printed when the sandbox starts.</p>`;
  if (folded) return html`<details class="pg-steps"><summary>Send a message to this phone</summary>${code}</details>`;
  return html`<div class="pg-steps"><h3>No message yet</h3>
    <p>Write one below: the business gets it as a webhook, and its window opens for 24 hours. Or let the business
      write first:</p>${code}</div>`;
}

function curl(handset, number) {
  const body = JSON.stringify({ messaging_product: "whatsapp", to: handset, type: "text", text: { body: "Hello" } });
  return `curl ${state.sandboxUrl}/v25.0/${number}/messages \\
  -H 'Authorization: Bearer <token>' \\
  -H 'Content-Type: application/json' \\
  -d '${body}'`;
}
