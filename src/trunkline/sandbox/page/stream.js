/**
 * The sandbox's events. A browser keeps six connections to one origin, so all tabs share one stream, held by a
 * SharedWorker. Where there is none, each tab has its own and lets go of it while nobody looks.
 *
 * Out: `hear(name, data)` for each event; `live("open" | "broken")`. What happened during a break is not told again, so
 * everything is to be loaded anew at each "open".
 */

import { addressed } from "./api.js";

const NAMES = ["message", "status", "webhook", "handset", "typing", "number", "clock", "reset"];

export function openStream(hear, live) {
  if (typeof SharedWorker === "function") return shared(hear, live);
  return alone(hear, live);
}

function shared(hear, live) {
  const worker = new SharedWorker(workerAddress(), { name: "sandbox events" });
  worker.port.onmessage = ({ data }) => (data.live ? live(data.live) : hear(data.name, data.data));
  const hello = () => worker.port.postMessage({ listen: addressed("events"), names: NAMES });
  hello();
  addEventListener("pagehide", () => worker.port.postMessage({ leave: true }));
  addEventListener("pageshow", (event) => event.persisted && hello());
}

function alone(hear, live) {
  let source = null;
  const settle = () => {
    if (document.visibilityState === "hidden") {
      source?.close();
      source = null;
    } else if (!source) {
      source = new EventSource(addressed("events"));
      source.onopen = () => live("open");
      source.onerror = () => live("broken");
      for (const name of NAMES) source.addEventListener(name, (event) => hear(name, parsed(event.data)));
    }
  };
  document.addEventListener("visibilitychange", settle);
  settle();
}

/** The page's policy lets no other address become a script. */
function workerAddress() {
  const url = new URL("stream-worker.js", import.meta.url).href;
  const policy = globalThis.trustedTypes?.createPolicy("trunkline-worker", { createScriptURL: () => url });
  return policy ? policy.createScriptURL("") : url;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
