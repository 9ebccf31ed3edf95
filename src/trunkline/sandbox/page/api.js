/**
 * Calls to the sandbox's own routes. A refusal is thrown as `Refusal`, in the sandbox's words.
 *
 * From another machine the sandbox asks for its token: it comes in as `?access_token=` of the page's address or is asked
 * for once, and is kept for this tab only.
 */

const ROOT = new URL("../", import.meta.url);
const KEY = "sandbox_token";

export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export function get(path) {
  return call("GET", path);
}

export function post(path, body = {}) {
  return call("POST", path, JSON.stringify(body), "application/json");
}

export function patch(path, body) {
  return call("PATCH", path, JSON.stringify(body), "application/json");
}

export function remove(path) {
  return call("DELETE", path);
}

/** @returns {Promise<string>} the media id */
export async function upload(blob, filename) {
  const type = blob.type || "application/octet-stream";
  return (await call("POST", `media?filename=${encodeURIComponent(filename)}`, blob, type)).id;
}

/** The action of a handset; `keepalive` lets it outlive the page. */
export function action(handset, body, keepalive = false) {
  const path = `handsets/${encodeURIComponent(handset)}/actions`;
  return call("POST", path, JSON.stringify(body), "application/json", keepalive);
}

/** An address for what can carry no header: a picture, the stream of events. */
export function addressed(path) {
  const url = new URL(path, ROOT);
  const token = sessionStorage.getItem(KEY);
  if (token && url.origin === ROOT.origin) url.searchParams.set("access_token", token);
  return url.href;
}

export function keepToken(token) {
  sessionStorage.setItem(KEY, token);
}

async function call(method, path, body, type, keepalive = false) {
  const headers = {};
  const token = sessionStorage.getItem(KEY);
  if (type) headers["content-type"] = type;
  if (token) headers.authorization = `Bearer ${token}`;
  const response = await reached(new URL(path, ROOT), { method, body, headers, keepalive });
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new Refusal(response.status, answer?.error?.message ?? `The sandbox answered ${response.status}.`);
  return answer ?? {};
}

async function reached(url, options) {
  try {
    return await fetch(url, options);
  } catch {
    throw new Refusal(0, "The sandbox can not be reached.");
  }
}
