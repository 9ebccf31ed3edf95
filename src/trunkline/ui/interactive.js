/**
 * Interactive messages: what a business offers to tap, and the answers to it.
 */

import { addressForm } from "./address.js";
import { actionButton, linkButton, lookButton, openSheet, strip } from "./controls.js";
import { html } from "./html.js";
import { icon } from "./icons.js";
import { head } from "./media.js";
import { bill, catalog, orderStatus, product, productCard, productList } from "./products.js";
import { ANSWERS } from "./replies.js";
import { body, footer } from "./text.js";
import { line, needed, object, objects } from "./values.js";

export function interactive(content, view, m) {
  const kind = needed(content.type);
  if (Object.hasOwn(ANSWERS, kind)) return ANSWERS[kind](object(content[kind]), view);
  if (Object.hasOwn(WHOLE, kind)) return WHOLE[kind](content, view, object(content.action), header(content.header, view, m));
  if (!Object.hasOwn(BUTTONS, kind)) throw new TypeError("an unknown kind of interactive message");
  return {
    main: html`${header(content.header, view, m)}${body(content.body, view)}${footer(content.footer)}`,
    after: html`${BUTTONS[kind](object(content.action), view, object(content.body))}`,
    shape: "card",
  };
}

// Kinds that draw all of themselves.
const WHOLE = { product, product_list: productList, catalog_message: catalog, order_details: bill, order_status: orderStatus, carousel };

// Kinds that are header, body, footer, and these buttons.
const BUTTONS = {
  button: (action, view) => some(objects(action.buttons)).map((button) => replyButton(object(button.reply), view)),
  list: listButton,
  cta_url: (action, view) => urlButton(action, view),
  location_request_message: (action, view) =>
    actionButton(view, { title: "Send location", symbol: "pin", action: "send_location", detail: {} }),
  address_message: addressButton,
  flow: flowButton,
  voice_call: callButton,
  call_permission_request: permissionButton,
  request_contact_info: (action, view) =>
    actionButton(view, { title: "Share contact", symbol: "person", action: "contact_info", detail: {} }),
};

function header(part, view, m) {
  const { type, text, ...media } = object(part);
  if (line(text)) return html`<p class="wa-title" dir="auto">${line(text)}</p>`;
  return ["image", "video", "document"].includes(type) ? head(type, media[type], view, m.media) : null;
}

function some(all) {
  if (all.length === 0) throw new TypeError("nothing to tap");
  return all;
}

function replyButton({ id, title }, view) {
  return actionButton(view, {
    title: needed(title),
    symbol: "reply",
    action: "reply_button",
    detail: { id: line(id), title: line(title) },
  });
}

function listButton(action, view) {
  const sections = some(objects(action.sections));
  const title = line(action.button) || "Choose";
  return lookButton(title, "list", () => openSheet(view, title, (close) => html`${sections.map((one) => rows(one, view, close))}`));
}

function rows(section, view, close) {
  return html`<section class="wa-rows">
    ${line(section.title) ? html`<h3 dir="auto">${line(section.title)}</h3>` : null}
    ${objects(section.rows).map((one) => row(one, view, close))}
  </section>`;
}

function row(one, view, close) {
  const detail = { id: line(one.id), title: line(one.title), description: line(one.description) };
  const choose = () => {
    close();
    view.act("list_row", detail);
  };
  return html`<button type="button" class="wa-row" disabled=${!view.interactive} @click=${choose}>
    <span><strong dir="auto">${detail.title}</strong>
      ${detail.description ? html`<span class="wa-small" dir="auto">${detail.description}</span>` : null}</span>
    <span class="wa-dot"></span></button>`;
}

function urlButton(action, view) {
  const { display_text: title, url } = object(action.parameters);
  return linkButton(view, { title: needed(title), url });
}

function addressButton(action, view) {
  return lookButton("Provide address", "pin", () => addressForm(view, object(action.parameters)));
}

function flowButton(action, view) {
  const parameters = object(action.parameters);
  const title = line(parameters.flow_cta) || "Open";
  return actionButton(view, { title, symbol: "form", action: "flow", detail: { text: title, parameters } });
}

function callButton(action, view) {
  const { display_text: words, ttl_minutes, payload } = object(action.parameters);
  const title = line(words) || "Call now";
  return actionButton(view, { title, symbol: "phone", action: "voice_call", detail: { display_text: title, ttl_minutes, payload } });
}

function permissionButton(action, view) {
  const choices = [
    ["Always allow", "accept", true],
    ["Allow for now", "accept", false],
    ["Do not allow", "reject", false],
  ];
  return lookButton("Choose", "phone", () =>
    openSheet(view, "May this business call you?", (close) => html`<section class="wa-rows">
      ${choices.map(([title, response, is_permanent]) => html`<button type="button" class="wa-row" disabled=${!view.interactive}
        @click=${() => (close(), view.act("call_permission", { response, is_permanent }))}>
        <span><strong>${title}</strong></span>${icon(response === "accept" ? "phone" : "ban")}</button>`)}
    </section>`),
  );
}

function carousel(content, view) {
  const cards = some(objects(object(content.action).cards ?? content.cards));
  return { main: html`${body(content.body, view)}`, below: strip("Carousel", cards.map((one) => card(one, view))) };
}

function card(one, view) {
  const action = object(one.action);
  if (line(action.product_retailer_id)) return productCarouselCard(action, view);
  const { type, ...media } = object(one.header);
  const buttons = objects(action.buttons);
  return html`<div class="wa-card">
    ${["image", "video"].includes(type) ? head(type, media[type], view) : null}
    <div class="wa-card-body">${body(one.body, view)}</div>
    <div class="wa-after">${
      buttons.length
        ? buttons.map((button) => replyButton(object(button.reply ?? button.quick_reply), view))
        : urlButton(action, view)
    }</div>
  </div>`;
}

function productCarouselCard(action, view) {
  const detail = { product_retailer_id: line(action.product_retailer_id), catalog_id: line(action.catalog_id) };
  return html`<div class="wa-card">
    <div class="wa-card-body">${productCard(detail.product_retailer_id, detail.catalog_id)}</div>
    <div class="wa-after">${actionButton(view, { title: "View", symbol: "bag", action: "product", detail })}</div>
  </div>`;
}
