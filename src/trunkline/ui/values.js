/**
 * Readers of JSON that may hold anything. Each gives a value of the type it is named for, whatever comes in.
 */

const LONGEST = 33_000; // characters of one string that are drawn; the longest body of a template has 32,768
const MOST = 100; // members of one list that are drawn

export function object(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

export function list(value) {
  return Array.isArray(value) ? value.slice(0, MOST) : [];
}

/** Objects only: what else stands in the list is left out. */
export function objects(value) {
  return list(value).filter((item) => typeof item === "object" && item !== null && !Array.isArray(item));
}

/** Text without what would be invisible or would reorder its neighbours; "" for what is no text. */
export function text(value, longest = LONGEST) {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string") return "";
  const shown = visible(value.slice(0, longest));
  if (value.length <= longest) return shown;
  return longest < LONGEST ? `${shown}…` : `${shown}… (${value.length - longest} more characters)`;
}

/** Text on one line, for names, titles and labels. */
export function line(value, longest = 300) {
  return text(value, longest).replace(/\s+/g, " ").trim();
}

/** Text that a message of its type can not do without. */
export function needed(value) {
  const found = text(value);
  if (found === "") throw new TypeError("a part that the message needs is missing");
  return found;
}

/** @returns {number | null} */
export function number(value) {
  if (typeof value === "string" && value.trim() === "") return null;
  const found = typeof value === "number" || typeof value === "string" ? Number(value) : NaN;
  return Number.isFinite(found) ? found : null;
}

/** JSON for people to read. */
export function raw(value) {
  try {
    return text(JSON.stringify(value, null, 2) ?? String(value));
  } catch {
    return "This can not be shown as JSON.";
  }
}

/** 1234 of which `offset` are one unit, as money. */
export function money(value, offset, currency) {
  const amount = number(value);
  if (amount === null) return "";
  return price(amount / (number(offset) || 1), currency);
}

export function price(amount, currency) {
  if (number(amount) === null) return "";
  try {
    return new Intl.NumberFormat(undefined, { style: "currency", currency: line(currency) }).format(number(amount));
  } catch {
    return `${number(amount)} ${line(currency, 10)}`.trim();
  }
}

export function fileSize(bytes) {
  const size = number(bytes);
  if (size === null || size < 0) return "";
  if (size < 1000) return `${size} B`;
  if (size < 1_000_000) return `${Math.round(size / 1000)} kB`;
  return `${(size / 1_000_000).toFixed(1)} MB`;
}

/** A date as M carries it (RFC 3339), or null. */
export function moment(value) {
  const date = new Date(typeof value === "string" || typeof value === "number" ? value : NaN);
  return Number.isNaN(date.getTime()) ? null : date;
}

export function clockTime(value) {
  const date = moment(value);
  return date ? date.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }) : "";
}

export function dayAndTime(value) {
  const date = moment(value);
  return date ? `${date.toLocaleDateString(undefined, { day: "numeric", month: "short" })}, ${clockTime(value)}` : "";
}

/** A small whole number that is always the same for the same text. */
export function hash(value) {
  let sum = 2166136261;
  for (const character of String(value).slice(0, 200)) sum = Math.imul(sum ^ character.codePointAt(0), 16777619);
  return sum >>> 0;
}

/** Control characters as their pictures; marks that turn the direction of what follows are dropped. */
function visible(value) {
  return value
    .replace(/\r\n?/g, "\n")
    .replace(/[\0-\x08\x0b-\x1f]/g, (character) => String.fromCharCode(0x2400 + character.charCodeAt(0)))
    .replace(/[\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, "")
    .replace(/\p{Surrogate}/gu, "\ufffd");
}
