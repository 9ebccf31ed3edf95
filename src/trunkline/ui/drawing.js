/**
 * From a message's type to the function that draws it.
 *
 * A drawer takes (content, view, m) and gives a Node, or { main, after?, below?, shape? }: `after` stands under the time,
 * `below` under the bubble, and shape is "bubble", "card" (a bubble of fixed width), "picture" (the time lies on the
 * picture), "bare" (no bubble) or "pill" (a notice in the middle). It throws if the message lacks what its type needs.
 */

import { contacts, location } from "./cards.js";
import { interactive } from "./interactive.js";
import { audio, document_, image, sticker, video } from "./media.js";
import { order } from "./products.js";
import { buttonReply, deleted, edit, reaction, system, unknown, unsupported } from "./replies.js";
import { template } from "./template.js";
import { textMessage } from "./text.js";
import { object } from "./values.js";

const DRAWERS = {
  text: textMessage,
  image,
  video,
  audio,
  document: document_,
  sticker,
  location,
  contacts,
  interactive,
  template,
  button: buttonReply,
  order,
  reaction,
  system,
  unsupported,
  deleted,
  revoke: deleted,
  edit,
};

export function drawing(message, view) {
  const m = object(message);
  try {
    if (!Object.hasOwn(DRAWERS, m.type)) return finished(unknown(message));
    return finished(DRAWERS[m.type](m.type === "contacts" ? m.content : object(m.content), view, m));
  } catch {
    return finished(unknown(message));
  }
}

function finished(drawn) {
  const parts = drawn instanceof Node ? { main: drawn } : drawn;
  return { after: null, below: null, shape: "bubble", ...parts };
}
