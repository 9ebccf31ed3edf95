/**
 * Messages in words: one line for chat lists and quotations, and the label that a screen reader reads out.
 */

import { clockTime, line, list, number, object, objects } from "./values.js";

const INTERACTIVE = {
  button: "message with buttons",
  list: "message with a list",
  cta_url: "message with a link",
  location_request_message: "request for the location",
  address_message: "request for the address",
  product: "product",
  product_list: "products",
  catalog_message: "catalog",
  flow: "message with a form",
  carousel: "carousel",
  voice_call: "message with a call button",
  call_permission_request: "request to call",
  request_contact_info: "request for contact details",
  order_details: "order details",
  order_status: "order status",
  button_reply: "button reply",
  list_reply: "list reply",
  nfm_reply: "form reply",
  call_permission_reply: "reply to a call request",
};

// Each gives: what it is (for text "", as the text says it), what it holds, and what to call that aloud.
const WORDS = {
  text: (c) => ["", c.body],
  image: (c) => ["image", c.caption, "caption"],
  video: (c) => ["video", c.caption, "caption"],
  audio: (c) => [c.voice === true ? "voice message" : "audio"],
  document: (c, m) => ["document", [line(c.filename ?? object(m.media).filename), line(c.caption)].filter(Boolean).join(", ")],
  sticker: () => ["sticker"],
  location: (c) => ["location", c.name || c.address || coordinates(c)],
  contacts: (c, m) => [...contacts(m.content)],
  reaction: (c) => ["reaction", c.emoji || "taken back"],
  interactive: (c) => interactive(c),
  template: (c, m) => template(c, object(m.template)),
  button: (c) => ["button reply", c.text],
  order: (c) => ["order", `${list(c.product_items).length} items`],
  system: (c) => ["notice", c.body],
  unsupported: (c) => ["unsupported message", line(c.type)],
  deleted: () => ["deleted message"],
  revoke: () => ["deleted message"],
};

export function summary(message) {
  const [kind, marked] = words(message);
  const content = unmarked(line(marked));
  const all = [kind.charAt(0).toUpperCase() + kind.slice(1), content].filter(Boolean).join(": ");
  return all || "Empty message";
}

export function label(message, view) {
  const m = object(message);
  const [kind, content, called] = words(m);
  const said = unmarked(line(content));
  const parts = [line(view.names[view.from], 60), kind, said && called ? `${called} ${said}` : said];
  return [...parts, clockTime(m.at), line(m.status, 30), line(object(m.error).title)].filter(Boolean).join(", ");
}

/** Without the marks of bold, italic and the like, which are not said. */
function unmarked(value) {
  return value.replace(/(?<![\p{L}\p{N}])([*_~`])(?=\S)((?:(?!\1).)+)(?<=\S)\1(?![\p{L}\p{N}])/gu, "$2").replaceAll("```", "");
}

export function coordinates(location) {
  const found = [number(location.latitude), number(location.longitude)];
  return found.includes(null) ? "" : found.map((one) => one.toFixed(5)).join(", ");
}

function words(message) {
  const m = object(message);
  const describe = Object.hasOwn(WORDS, line(m.type)) ? WORDS[line(m.type)] : null;
  return describe ? describe(object(m.content), m) : [`message of type ${line(m.type, 40) || "unknown"}`];
}

function contacts(content) {
  const all = objects(Array.isArray(content) ? content : object(content).contacts);
  const names = all.map((one) => line(object(one.name).formatted_name)).filter(Boolean);
  return [all.length > 1 ? "contacts" : "contact", names.slice(0, 3).join(", ")];
}

function interactive(content) {
  const kind = line(content.type);
  const known = Object.hasOwn(INTERACTIVE, kind) ? INTERACTIVE[kind] : "interactive message";
  const reply = object(content[kind]);
  return [known, kind.endsWith("_reply") ? reply.title || reply.response || reply.body : object(content.body).text];
}

function template(content, drawn) {
  return ["template", drawn.body || object(drawn.header).text || content.name];
}
