/** Puts the page together: draws its three panes, follows the address, and listens to the sandbox. */

import { keepToken } from "./api.js";
import {
  keepMessage, keepStatus, keepWebhook, loadAll, noteLast, refreshSoon, startTyping,
} from "./data.js";
import { ask } from "./dialogs.js";
import { drawInspector } from "./inspector.js";
import { drawPhone } from "./phone.js";
import { drawPhones } from "./phones.js";
import { keepPresence } from "./presence.js";
import { followAddress } from "./route.js";
import { complain } from "./say.js";
import { listenForKeys } from "./shortcuts.js";
import { openStream } from "./stream.js";
import { business, changed, chatKey, chatOf, on, state } from "./store.js";
import { applyTheme } from "./theme.js";

const HEARD = {
  message: ({ handset, phone_number_id: number, ...message }) => {
    keepMessage(message, handset, number);
    if (message.type === "reaction") refreshSoon(handset);
    else noteLast(message, handset, number);
  },
  status: (told) => {
    keepStatus(told);
    refreshSoon(told.handset);
  },
  webhook: keepWebhook,
  handset: ({ address }) => refreshSoon(address),
  typing: ({ handset, phone_number_id: number }) => startTyping(handset, number),
  number: () => load(),
  clock: () => changed("clock"),
  reset: () => load(),
};

applyTheme();
takeToken();
followAddress();
drawPhones(document.getElementById("phones"));
drawPhone(document.getElementById("phone"));
drawInspector(document.getElementById("inspector"));
keepPresence();
listenForKeys();
openStream((name, data) => HEARD[name]?.(data), live);
on("handsets route", title);

function live(now) {
  if (now === "open") load();
  state.live = now;
  changed("live");
}

async function load() {
  try {
    await loadAll();
  } catch (problem) {
    if (problem.status === 401) return askToken();
    complain(problem);
  }
  return undefined;
}

async function askToken() {
  const answers = await ask({
    title: "Token of the sandbox",
    intro: "From another machine the sandbox asks for its token. It is kept for this tab only.",
    fields: [{ name: "token", label: "Token", type: "password", required: true }],
    submit: "Continue",
  });
  if (!answers) return;
  keepToken(answers.token.trim());
  location.reload();
}

/** A token in the address is put away, so that it is not copied along with the link. */
function takeToken() {
  const url = new URL(location.href);
  const token = url.searchParams.get("access_token");
  if (!token) return;
  keepToken(token);
  url.searchParams.delete("access_token");
  history.replaceState(null, "", url);
}

function title() {
  const unread = [...state.handsets.values()].reduce((sum, one) => sum + chatOf(one).unread, 0);
  const handset = state.handsets.get(state.route.handset);
  const name = [handset?.name, state.route.number ? business()?.name : null].filter(Boolean).join(" · ");
  document.title = `${unread ? `(${unread}) ` : ""}${name || "Handsets"}`;
}
