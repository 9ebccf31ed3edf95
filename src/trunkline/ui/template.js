/**
 * Templates, from R: the template with its parameters filled in. A template that was not filled in is shown by name.
 */

import { actionButton, linkButton, lookButton, openSheet, strip } from "./controls.js";
import { html } from "./html.js";
import { icon } from "./icons.js";
import { place } from "./cards.js";
import { head } from "./media.js";
import { catalogButton, productCard, productSheet } from "./products.js";
import { unknown } from "./replies.js";
import { body, footer } from "./text.js";
import { dayAndTime, line, number, object, objects } from "./values.js";

const FEW = 3; // more buttons than this wait in a sheet

export function template(content, view, m) {
  const filled = object(m.template);
  const all = buttons(filled, view, m);
  const main = html`${header(filled.header, view, m)}${offer(filled.limited_time_offer)}${body(filled.body, view)}${footer(filled.footer)}`;
  if (main.childElementCount === 0 && all.length === 0) return unknown(m, line(content.name));
  const cards = objects(filled.cards);
  return {
    main,
    after: all.length ? html`${shortened(all, view)}` : null,
    below: cards.length ? strip("Carousel", cards.map((one, index) => card(one, index, view, m))) : null,
    shape: "card",
  };
}

function header(part, view, m, known = m.media) {
  const found = object(part);
  const kind = line(found.type, 20).toLowerCase();
  if (kind === "text") return line(found.text) ? html`<p class="wa-title" dir="auto">${line(found.text)}</p>` : null;
  if (kind === "location") return place(object(found.location));
  if (kind === "product") return productHead(found);
  if (["image", "video", "gif", "document"].includes(kind)) return head(kind, object(found.media), view, object(found.media).url ? null : known);
  return null;
}

function productHead(found) {
  const one = object(found.product ?? found);
  return productCard(line(one.product_retailer_id) || "Product", one.catalog_id);
}

function offer(part) {
  const found = object(part);
  if (!line(found.text)) return null;
  const ends = number(found.expiration_time_ms);
  return html`<div class="wa-offer">${icon("tag")}<span><strong dir="auto">${line(found.text)}</strong>
    ${ends ? html`<span class="wa-small">Ends ${dayAndTime(ends)}</span>` : null}</span></div>`;
}

/** The first few, and the rest in a sheet. */
function shortened(all, view) {
  if (all.length <= FEW) return all.map((draw) => draw());
  const more = () =>
    openSheet(view, "All options", (close) => html`<div class="wa-after wa-all" @click=${close}>${all.map((draw) => draw())}</div>`);
  return [...all.slice(0, FEW - 1).map((draw) => draw()), lookButton("See all options", "list", more)];
}

/** Functions, as a button may be drawn twice. */
function buttons(part, view, m, cardIndex = null) {
  return objects(part.buttons).map((one, position) => {
    const index = number(one.index) ?? position;
    const type = line(one.type, 40).toLowerCase();
    const draw = Object.hasOwn(BUTTONS, type) ? BUTTONS[type] : plain;
    const place = cardIndex === null ? { index } : { index, card_index: cardIndex };
    return () => draw({ ...one, text: line(one.text) || type.replaceAll("_", " ") }, view, { place, sent: sentWith(m, index, cardIndex) });
  });
}

const BUTTONS = {
  quick_reply: (one, view, { place }) =>
    act(view, one, "reply", "quick_reply", { payload: one.payload ?? one.text, text: one.text, ...place }),
  url: (one, view, { place }) => linkButton(view, { title: one.text, url: one.url, extra: place }),
  phone_number: (one, view) => act(view, one, "phone", "call", { phone_number: line(one.phone_number) }),
  copy_code: (one, view) => act(view, one, "copy", "copy_code", { code: line(one.code) }),
  otp: (one, view) => act(view, one, "copy", "copy_code", { code: line(one.code) }),
  flow: (one, view, { place, sent }) => act(view, one, "form", "flow", { text: one.text, parameters: { ...place, ...sent } }),
  catalog: (one, view, { sent }) => catalogButton(view, one.text, line(sent.thumbnail_product_retailer_id)),
  mpm: products,
  spm: (one, view, { sent }) =>
    act(view, one, "bag", "product", { product_retailer_id: line(sent.product_retailer_id), catalog_id: line(sent.catalog_id) }),
  voice_call: (one, view) => act(view, one, "phone", "voice_call", { display_text: one.text, payload: one.payload }),
  order_details: (one, view, { sent }) => {
    const parameters = object(sent.order_details);
    return act(view, one, "card", "order_details", { reference_id: line(parameters.reference_id), parameters });
  },
  request_contact_info: (one, view) => act(view, one, "person", "contact_info", {}),
};

function act(view, one, symbol, action, detail) {
  return actionButton(view, { title: one.text, symbol, action, detail });
}

function products(one, view, { sent }) {
  return lookButton(one.text, "list", () => productSheet(view, one.text, objects(sent.sections), line(sent.catalog_id)));
}

/** A kind of button that is not known here. */
function plain(one) {
  return html`<button type="button" class="wa-button" disabled><span dir="auto">${one.text}</span></button>`;
}

/** What the send gave for one button: the `action` of its parameter. */
function sentWith(m, index, cardIndex) {
  let components = objects(object(m.content).components);
  if (cardIndex !== null) {
    const cards = objects(components.find((one) => /^carousel$/i.test(one.type))?.cards);
    components = objects(cards[cardIndex]?.components);
  }
  const found = components.find((one) => /^button$/i.test(one.type) && number(one.index) === index);
  return object(objects(found?.parameters)[0]?.action);
}

function card(one, index, view, m) {
  const all = buttons(one, view, m, index);
  return html`<div class="wa-card">${header(one.header, view, m, null)}
    <div class="wa-card-body">${body(one.body, view)}</div>
    ${all.length ? html`<div class="wa-after">${all.map((draw) => draw())}</div>` : null}</div>`;
}
