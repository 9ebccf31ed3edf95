/**
 * The address of what is shown: `#/<handset>` is a phone with its chats closed, `#/<handset>/<phone_number_id>` a chat.
 */

import { changed, state } from "./store.js";

export function followAddress() {
  addEventListener("hashchange", read);
  read();
}

export function go(handset = null, number = null, { replace = false } = {}) {
  const hash = `#/${[handset, number].filter(Boolean).map(encodeURIComponent).join("/")}`;
  if (hash === location.hash) return read();
  if (replace) history.replaceState(null, "", hash);
  else history.pushState(null, "", hash);
  return read();
}

function read() {
  const [handset = null, number = null] = location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decoded);
  if (handset !== state.route.handset || number !== state.route.number) {
    state.selected = null;
    state.quoted = null;
  }
  state.route = { handset: handset?.replace(/\D/g, "") || null, number };
  if (number) state.number = number;
  document.getElementById("app").dataset.pane = handset ? "phone" : "phones";
  changed("route", "selection", "quote");
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
