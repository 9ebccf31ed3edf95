/** Names, numbers and moments as people read them. */

import { html } from "../ui/html.js";
import { now } from "./store.js";

const DAY = 86_400_000;

/** Grouped for reading: North American numbers as such, others in threes. */
export function phoneNumber(digits) {
  const all = String(digits ?? "").replace(/\D/g, "");
  if (!all) return "";
  const american = /^1(\d{3})(\d{3})(\d{4})$/.exec(all);
  if (american) return `+1 ${american.slice(1).join(" ")}`;
  return `+${all.replace(/(\d{3})(?=\d{2})/g, "$1 ").trim()}`;
}

export function avatar({ name, address, online }) {
  const letters = String(name ?? "").match(/\p{L}/gu) ? initials(name) : String(address).slice(-2);
  return html`<span class="pg-avatar" data-hue=${Number(String(address).slice(-3)) % 8} data-offline=${String(online === false)} aria-hidden="true">
    ${letters}</span>`;
}

/** The time today, the weekday this week, else the date. */
export function shortMoment(at) {
  const date = new Date(at ?? NaN);
  if (Number.isNaN(date.getTime())) return "";
  const days = daysAgo(date);
  if (days <= 0) return clock(date);
  if (days === 1) return "Yesterday";
  if (days < 7) return date.toLocaleDateString(undefined, { weekday: "short" });
  return date.toLocaleDateString(undefined, { day: "numeric", month: "short" });
}

export function dayOf(at) {
  const date = new Date(at ?? NaN);
  if (Number.isNaN(date.getTime())) return "";
  const days = daysAgo(date);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  const year = date.getFullYear() === new Date(now()).getFullYear() ? {} : { year: "numeric" };
  return date.toLocaleDateString(undefined, { weekday: "long", day: "numeric", month: "long", ...year });
}

/** The moment up to which a window is open: "14:05", "tomorrow 14:05". */
export function until(date) {
  const days = -daysAgo(date);
  if (days === 0) return clock(date);
  if (days === 1) return `tomorrow ${clock(date)}`;
  return `${date.toLocaleDateString(undefined, { day: "numeric", month: "short" })}, ${clock(date)}`;
}

export function clock(date, seconds = false) {
  const more = seconds ? { second: "2-digit" } : {};
  return date.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...more });
}

function initials(name) {
  const words = String(name).split(/[\s.-]+/).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const last = words.length > 1 ? words.at(-1) : "";
  if (/^\d+$/.test(last)) return last.slice(-2);
  return [words[0] ?? "", last].map((word) => [...word][0] ?? "").join("").toUpperCase();
}

/** Whole days between the midnights of a moment and of now. */
function daysAgo(date) {
  const midnight = (one) => new Date(one).setHours(0, 0, 0, 0);
  return Math.round((midnight(now()) - midnight(date)) / DAY);
}
