/** What the person's taps on messages do: see ui/message.js for the actions. */

import { html } from "../ui/html.js";
import { ask, show } from "./dialogs.js";
import { act, write } from "./doing.js";
import { askLocation, cardOf } from "./attach.js";
import { complain, toast } from "./say.js";
import { changed, findMessage, shownHandset, state } from "./store.js";

const TAPS = {
  reply_button: ({ message, id }) => act("tap", { message_id: message.id, id }),
  quick_reply: ({ message, index, text }) => act("tap", { message_id: message.id, ...(index === undefined ? { title: text } : { index }) }),
  list_row: ({ message, id, title }) => act("choose", { message_id: message.id, row: id ?? title }),
  open_url: ({ url }) => showAddress(url),
  call: ({ phone_number: number }) => show({ title: "Call", content: html`<p class="pg-intro">The phone would dial <strong>${number}</strong> now. The sandbox places no calls.</p>` }),
  voice_call: () => show({ title: "Call the business", content: html`<p class="pg-intro">The phone would call the business now. The sandbox places no calls.</p>` }),
  copy_code: ({ code }) => copied(code),
  call_permission: ({ message, response, is_permanent: permanent }) => allowCalls(message, response, permanent),
  send_location: ({ message }) => shareLocation(message),
  contact_info: ({ message }) => write("contacts", [cardOf(shownHandset())], { context: message.id }),
  address: ({ message, values }) => act("fill", { message_id: message.id, response: { values } }),
  flow: ({ message, text, parameters }) => fillFlow(message, text, parameters),
  product: ({ message, product_retailer_id: id }) => order(message, id),
  catalog: ({ message, thumbnail_product_retailer_id: id }) => order(message, id),
  order_details: ({ reference_id: id }) => show({ title: "Order details", content: html`<p class="pg-intro">Payment of order <code>${id}</code> would begin now. The sandbox moves no money.</p>` }),
  react: ({ message, emoji }) => act("react", { message_id: message.id, emoji }),
  quote: ({ message }) => quote(message),
  show_quoted: ({ id }) => showQuoted(id),
  open_media: ({ media }) => showMedia(media),
};
const HELD_BACK = ["open_url", "open_media"]; // the page does these itself

export function onMessageAction(event) {
  const { action } = event.detail;
  if (HELD_BACK.includes(action)) event.preventDefault();
  Promise.resolve(TAPS[action]?.(event.detail)).catch(complain);
}

export function quote(message) {
  state.quoted = message;
  changed("quote");
}

function showAddress(url) {
  const dialog = show({
    title: "Open link",
    content: html`<p class="pg-intro">This link leads to <strong>${new URL(url).host}</strong>.</p>
      <p class="pg-address" dir="ltr">${url}</p>
      <div class="pg-form-end"><button type="button" class="pg-button" @click=${() => copied(url)}>Copy</button>
        <a class="pg-button pg-main" href=${url} target="_blank" rel="noopener noreferrer" @click=${() => dialog.close()}>Open</a></div>`,
  });
  dialog.querySelector("a").focus();
}

async function copied(text) {
  await navigator.clipboard.writeText(text ?? "");
  toast(`Copied: ${text}`);
}

function allowCalls(message, response, permanent) {
  const day = 86_400;
  const expires = response === "accept" && !permanent ? { expiration_timestamp: Math.floor(Date.now() / 1000) + 7 * day } : {};
  const reply = { response, ...expires, response_source: "user_action", is_permanent: Boolean(permanent) };
  const interactive = { type: "call_permission_reply", call_permission_reply: reply };
  return write("interactive", interactive, { context: message.id });
}

async function shareLocation(message) {
  const place = await askLocation("Send your location");
  if (place) await act("share_location", { message_id: message.id, ...place });
}

/** The form of a flow is the business's own; here its answer is written by hand. */
async function fillFlow(message, title, parameters) {
  const screen = parameters?.flow_action_payload ?? {};
  const known = Object.entries(screen.data ?? {}).filter(([, value]) => ["string", "number", "boolean"].includes(typeof value));
  const example = known.length > 0 ? Object.fromEntries(known) : { answer: "Yes" };
  const answers = await ask({
    title: title || "Form",
    intro: "The screens of a flow are not drawn here. Write what the form sends back when it is complete.",
    fields: [
      { name: "response", label: "Response (JSON)", rows: 8, required: true, value: JSON.stringify(example, null, 2), hint: "flow_token is added by itself." },
    ],
    submit: "Send form",
    check: ({ response }) => void asObject(response),
  });
  if (answers) await act("fill", { message_id: message.id, response: asObject(answers.response) });
}

function asObject(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch (problem) {
    throw new Error(`This is not JSON: ${problem.message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("The response is a JSON object.");
  return value;
}

async function order(message, id) {
  const answers = await ask({
    title: "Order",
    intro: "The cart is sent to the business as an order.",
    fields: [
      { name: "product", label: "Product (retailer id)", value: id ?? "", required: true },
      { name: "quantity", label: "Quantity", type: "number", value: "1", required: true, step: 1 },
      { name: "price", label: "Price of one", type: "number", value: "10", required: true, step: "any" },
      { name: "currency", label: "Currency", value: "USD", required: true, pattern: "[A-Z]{3}", hint: "Three letters, such as USD." },
      { name: "text", label: "Note", max: 1000 },
    ],
    submit: "Send order",
  });
  if (!answers) return;
  const item = {
    product_retailer_id: answers.product,
    quantity: Number(answers.quantity),
    item_price: Number(answers.price),
    currency: answers.currency,
  };
  await act("order", { message_id: message.id, items: [item], ...(answers.text ? { text: answers.text } : {}) });
}

function showQuoted(id) {
  const found = [...document.querySelectorAll(".pg-rows wa-message")].find((one) => one.message.id === id);
  if (!found || !findMessage(id)) return toast("That message is further up, or gone.");
  found.scrollIntoView({ block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  found.classList.add("pg-flash");
  setTimeout(() => found.classList.remove("pg-flash"), 1600);
  return found.focus({ preventScroll: true });
}

function showMedia(media) {
  const name = media.caption || media.filename || "Media";
  const drawn = {
    image: () => html`<img src=${media.url} alt=${name}>`,
    video: () => html`<video src=${media.url} controls autoplay aria-label=${name}></video>`,
  }[media.kind === "sticker" ? "image" : media.kind];
  show({
    title: name,
    wide: true,
    content: html`<div class="pg-media">${drawn?.() ?? html`<p class="pg-intro">${media.mime_type}</p>`}</div>
      <div class="pg-form-end"><a class="pg-button" href=${media.url} download=${media.filename || true}>Download</a>
      <a class="pg-button pg-main" href=${media.url} target="_blank" rel="noopener noreferrer">Open in a tab</a></div>`,
  });
}
