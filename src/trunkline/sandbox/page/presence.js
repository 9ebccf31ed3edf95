/**
 * Tells the sandbox which chat is open: the one that is shown while the page can be seen. It decides between
 * `delivered` and `read`.
 */

import { action } from "./api.js";
import { keepHandset } from "./data.js";
import { on, state } from "./store.js";

let told = null; // { handset, number } as the sandbox last heard it from here
let turn = Promise.resolve();
let left = null; // the handset whose chat another tab has closed, until this one has heard of it
const tabs = new BroadcastChannel("trunkline-handsets");

export function keepPresence() {
  on("route live", settle);
  document.addEventListener("visibilitychange", settle);
  addEventListener("focus", () => reassert());
  addEventListener("pagehide", leave);
  on("handsets", stay);
  tabs.onmessage = ({ data }) => {
    left = data;
    stay();
  };
}

/** Done when the sandbox knows of it. */
export function settled() {
  return turn;
}

function settle() {
  turn = turn.then(async () => {
    const wanted = shown();
    if (same(told, wanted)) return;
    if (told && told.handset !== wanted?.handset) await tell(told, "close");
    else if (told && !wanted) await tell(told, "close");
    if (wanted) await tell(wanted, "open");
    told = wanted;
  });
}

/** What another tab closes is open all the same while it is shown here. */
function stay() {
  if (!left || state.handsets.get(left)?.open_chat) return;
  left = null;
  reassert();
}

/** Another tab may have closed it while this one was in the background. */
function reassert() {
  const wanted = shown();
  const handset = wanted && state.handsets.get(wanted.handset);
  if (handset && handset.open_chat !== wanted.number) {
    told = null;
    settle();
  }
}

function shown() {
  const { handset, number } = state.route;
  const visible = document.visibilityState === "visible" && state.live === "open";
  return visible && handset && number ? { handset, number } : null;
}

async function tell({ handset, number }, doing) {
  if (doing === "close") tabs.postMessage(handset);
  try {
    keepHandset((await action(handset, { do: doing, number })).handset);
  } catch {
    // The conversation shows what is wrong with this address.
  }
}

function leave() {
  if (told) {
    tabs.postMessage(told.handset);
    action(told.handset, { do: "close", number: told.number }, true).catch(() => {});
  }
  told = null;
}

function same(one, other) {
  return one?.handset === other?.handset && one?.number === other?.number;
}
