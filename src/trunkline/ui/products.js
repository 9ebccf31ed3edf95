/**
 * Goods: products and catalogs by their numbers (what a catalog holds is not in the message), orders, and bills.
 */

import { actionButton, lookButton, openSheet } from "./controls.js";
import { html } from "./html.js";
import { icon } from "./icons.js";
import { hash, line, money, number, object, objects, price, text } from "./values.js";
import { body, footer } from "./text.js";

/** What a product is called here: nothing but its number in the catalog is known. */
export function productCard(id, catalog) {
  return html`<div class="wa-product">${tile(id)}<span><strong dir="auto">${line(id) || "Product"}</strong>
    ${line(catalog) ? html`<span class="wa-small">Catalog ${line(catalog, 40)}</span>` : null}</span></div>`;
}

export function tile(id) {
  return html`<span class="wa-tile" data-tint=${hash(line(id)) % 6}>${icon("bag")}</span>`;
}

export function product(content, view, action) {
  const id = line(action.product_retailer_id);
  const detail = { product_retailer_id: id, catalog_id: line(action.catalog_id) };
  return {
    main: html`${productCard(id, action.catalog_id)}${body(content.body, view)}${footer(content.footer)}`,
    after: actionButton(view, { title: "View product", symbol: "bag", action: "product", detail }),
    shape: "card",
  };
}

export function productList(content, view, action) {
  const sections = objects(action.sections);
  const ids = sections.flatMap((one) => objects(one.product_items)).map((one) => line(one.product_retailer_id));
  const title = line(object(content.header).text) || "Products";
  return {
    main: html`<div class="wa-product">${tile(ids[0])}<span><strong dir="auto">${title}</strong>
        <span class="wa-small">${ids.length} item${ids.length === 1 ? "" : "s"}</span></span></div>
      ${body(content.body, view)}${footer(content.footer)}`,
    after: lookButton("View items", "list", () => productSheet(view, title, sections, line(action.catalog_id))),
    shape: "card",
  };
}

export function productSheet(view, title, sections, catalogId) {
  openSheet(view, title, (close) => html`${sections.map((section) => html`<section class="wa-rows">
    ${line(section.title) ? html`<h3 dir="auto">${line(section.title)}</h3>` : null}
    ${objects(section.product_items).map((item) => productRow(view, line(item.product_retailer_id), catalogId, close))}
  </section>`)}`);
}

function productRow(view, id, catalogId, close) {
  const choose = () => {
    close();
    view.act("product", { product_retailer_id: id, catalog_id: catalogId });
  };
  return html`<button type="button" class="wa-row" disabled=${!view.interactive} @click=${choose}>
    ${tile(id)}<span><strong dir="auto">${id}</strong></span>${icon("right")}</button>`;
}

export function catalog(content, view, action) {
  const thumbnail = line(object(action.parameters).thumbnail_product_retailer_id);
  return {
    main: html`<div class="wa-product">${tile(thumbnail)}<span><strong>Catalog</strong>
        ${thumbnail ? html`<span class="wa-small" dir="auto">${thumbnail}</span>` : null}</span></div>
      ${body(content.body, view)}${footer(content.footer)}`,
    after: catalogButton(view, "View catalog", thumbnail),
    shape: "card",
  };
}

export function catalogButton(view, title, thumbnail) {
  const detail = { thumbnail_product_retailer_id: thumbnail };
  return actionButton(view, { title, symbol: "cart", action: "catalog", detail });
}

/** What a person has put into the cart. */
export function order(content, view) {
  const items = objects(content.product_items);
  if (items.length === 0) throw new TypeError("an order without items");
  const count = items.reduce((sum, item) => sum + (number(item.quantity) ?? 1), 0);
  const total = items.reduce((sum, item) => sum + (number(item.item_price) ?? 0) * (number(item.quantity) ?? 1), 0);
  return {
    main: html`<div class="wa-product">${tile(items[0].product_retailer_id)}<span>
        <strong>${count} item${count === 1 ? "" : "s"}</strong>
        <span class="wa-small">${price(total, items[0].currency)} (estimated total)</span></span></div>
      <ul class="wa-lines">${items.map((item) => lineItem(item.product_retailer_id, item.quantity, price(item.item_price, item.currency)))}</ul>
      ${body(content.text, view)}`,
    shape: "card",
  };
}

/** A bill (`order_details`). Amounts are whole numbers of 1/offset of the currency. */
export function bill(content, view, action, header) {
  const parameters = object(action.parameters);
  const { currency, reference_id: reference } = parameters;
  const details = object(parameters.order);
  const items = objects(details.items);
  const sum = (part) => money(object(part).value, object(part).offset ?? 100, currency);
  const rows = ["subtotal", "discount", "shipping", "tax"].filter((name) => sum(details[name]));
  return {
    main: html`${header}<div class="wa-bill-head">${icon("card")}<span><strong>Order ${line(reference, 60)}</strong>
        ${items.length ? html`<span class="wa-small">${items.length} item${items.length === 1 ? "" : "s"}</span>` : null}</span></div>
      <ul class="wa-lines">${items.map((item) => lineItem(item.name, item.quantity, sum(item.sale_amount ?? item.amount)))}</ul>
      <dl class="wa-sums">${rows.map((name) => sumRow(name, `${name === "discount" ? "−" : ""}${sum(details[name])}`))}
        ${sumRow("total", sum(parameters.total_amount))}</dl>
      ${body(content.body, view)}${footer(content.footer)}`,
    after: actionButton(view, {
      title: "Review and pay",
      symbol: "card",
      action: "order_details",
      detail: { reference_id: line(reference), parameters },
    }),
    shape: "card",
  };
}

export function orderStatus(content, view, action, header) {
  const parameters = object(action.parameters);
  const state = object(parameters.order);
  return {
    main: html`${header}<div class="wa-bill-head">${icon("bag")}<span><strong>Order ${line(parameters.reference_id, 60)}</strong>
        <span class="wa-status">${line(state.status, 40).replaceAll("_", " ") || "updated"}</span>
        ${line(state.description) ? html`<span class="wa-small" dir="auto">${line(state.description)}</span>` : null}</span></div>
      ${body(content.body, view)}${footer(content.footer)}`,
    shape: "card",
  };
}

function lineItem(name, quantity, amount) {
  return html`<li><span dir="auto">${text(name, 120)}</span><span class="wa-small">× ${number(quantity) ?? 1}</span><span>${amount}</span></li>`;
}

function sumRow(name, value) {
  return html`<div data-row=${name}><dt>${name}</dt><dd>${value}</dd></div>`;
}
