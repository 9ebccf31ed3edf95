/** Words to the person: read out politely, or shown for a while. */

import { html } from "../ui/html.js";
import { iconButton } from "./symbols.js";

const SHOWN_FOR = 7000;

/** For screen readers only. */
export function announce(text) {
  const region = document.getElementById("announcer");
  region.textContent = region.textContent === text ? `${text} ` : text;
}

/** A note that goes by itself. */
export function toast(text) {
  show(text, "status", SHOWN_FOR);
}

/** What went wrong; it stays until it is put away, or a while longer. */
export function complain(problem) {
  show(problem?.message ?? String(problem), "alert", 2 * SHOWN_FOR);
}

/** Runs what a button does and says what went wrong. */
export function trying(work) {
  return async (...given) => {
    try {
      return await work(...given);
    } catch (problem) {
      complain(problem);
      return undefined;
    }
  };
}

function show(text, role, time) {
  const box = html`<div class="pg-toast" role=${role}><span dir="auto">${text}</span></div>`.firstElementChild;
  box.append(iconButton("Dismiss", "close", () => box.remove()));
  document.getElementById("toasts").append(box);
  setTimeout(() => box.remove(), time);
}
