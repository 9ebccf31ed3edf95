// What the tests of the Node clients share: the sandbox that the caller started, a person with a handset,
// and a web server for webhooks. DESK in the environment is the line of JSON that `trunkline sandbox --json`
// printed. Facts for a failed test go into its assertion message.

import assert from "node:assert/strict";
import { createServer } from "node:http";

assert(process.env.DESK, "DESK must hold what `trunkline sandbox --json` printed");

export const desk = JSON.parse(process.env.DESK);
export const HANDSET = "15550004711";
export const VERIFY_TOKEN = "our-own-word";

/** One of the sandbox's own routes; what it answered, which must not be a refusal. */
export async function ask(method, path, body) {
  const init = { method };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "content-type": "application/json" };
  }
  const response = await fetch(`${desk.sandbox_url}/_sandbox${path}`, init);
  const text = await response.text();
  assert(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

/** What a person does with a handset. */
export function act(action, handset = HANDSET) {
  return ask("POST", `/handsets/${handset}/actions`, action);
}

/** The body of a send, as it came. */
export async function bodyOf(wamid) {
  return (await ask("GET", `/messages/${encodeURIComponent(wamid)}`)).body;
}

/** A file for a handset to send; its id. */
export async function keepFile(data, mimeType) {
  const url = `${desk.sandbox_url}/_sandbox/media`;
  const response = await fetch(url, { method: "POST", body: data, headers: { "content-type": mimeType } });
  assert(response.ok, `${response.status} ${await response.clone().text()}`);
  return (await response.json()).id;
}

/** What a client made of the webhooks, and a way to wait for one of them. */
export class Inbox {
  #waiting = [];
  updates = [];

  add(update) {
    this.updates.push(update);
    for (const look of [...this.#waiting]) look(update);
  }

  waitFor(fits, seconds = 15) {
    const found = this.updates.find(fits);
    if (found) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        stop();
        reject(new Error(`it did not come; what came: ${JSON.stringify(this.updates, null, 1)}`));
      }, seconds * 1000);
      const look = (update) => {
        if (!fits(update)) return;
        stop();
        resolve(update);
      };
      const stop = () => {
        clearTimeout(late);
        this.#waiting.splice(this.#waiting.indexOf(look), 1);
      };
      this.#waiting.push(look);
    });
  }
}

/** Serves `handle(request, response)` on a free port, and makes it the callback of the number. */
export async function listen(handle) {
  const server = createServer((request, response) => {
    Promise.resolve(handle(request, response)).catch((error) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const callback = {
    override_callback_uri: `http://127.0.0.1:${server.address().port}/hook`,
    verify_token: VERIFY_TOKEN,
  };
  await setCallback(callback);
  return async () => {
    await setCallback({ override_callback_uri: "" });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    // A signature that the client refuses, or a fault of its own, would have been answered with an error.
    const posts = (await ask("GET", "/webhooks")).data.filter((post) => post.url === callback.override_callback_uri);
    assert(posts.length > 0, "no webhook was posted");
    assert.deepEqual(posts.filter((post) => post.status !== 200), []);
  };
}

async function setCallback(configuration) {
  const response = await fetch(`${desk.sandbox_url}/${desk.phone_number_id}`, {
    method: "POST",
    headers: { authorization: `Bearer ${desk.sandbox_token}`, "content-type": "application/json" },
    body: JSON.stringify({ webhook_configuration: configuration }),
  });
  assert(response.ok, await response.text());
}

// Small files of each kind, whole enough for a look at their first bytes.
export const files = {
  image: {
    mimeType: "image/png",
    data: Buffer.from(
      "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de" +
        "0000000c4944415478da6350684800000" + "1c40101c799540000000049454e44ae426082",
      "hex",
    ),
  },
  video: { mimeType: "video/mp4", data: Buffer.from("\0\0\0\x18ftypisom\0\0\x02\0isommp42\0\0\0\x08moov", "latin1") },
  audio: {
    mimeType: "audio/ogg",
    data: Buffer.concat([Buffer.from("OggS\0\x02"), Buffer.alloc(20), Buffer.from("\x01\x13OpusHead\x01\x01"), Buffer.alloc(10)]),
  },
  document: { mimeType: "application/pdf", data: Buffer.from("%PDF-1.4\ntrailer\n<< >>\n%%EOF\n") },
  sticker: {
    mimeType: "image/webp",
    data: Buffer.from("524946461400000057454250565038 4c080000002f0000000088 8808".replaceAll(" ", ""), "hex"),
  },
};
