// whatsapp-api-js knows one host only. Its constructor takes the function that makes requests (`ponyfill.fetch`);
// ours turns the host of each and touches nothing else.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { WhatsAppAPI } from "whatsapp-api-js/middleware/node-http";
import * as m from "whatsapp-api-js/messages";
import { act, bodyOf, desk, files, HANDSET, Inbox, keepFile, listen, VERIFY_TOKEN } from "./desk.js";

const phoneID = desk.phone_number_id;
const link = "https://example.com/picture.jpg";

function toTheSandbox(url, options) {
  const target = new URL(url);
  assert([new URL(desk.sandbox_url).host, "graph.facebook.com"].includes(target.host), `unexpected host in ${url}`);
  return fetch(desk.sandbox_url + target.pathname + target.search, options);
}

const client = new WhatsAppAPI({
  token: desk.sandbox_token,
  appSecret: desk.app_secret,
  webhookVerifyToken: VERIFY_TOKEN,
  v: "v25.0",
  ponyfill: { fetch: toTheSandbox },
});

async function upload(type) {
  const form = new FormData();
  form.set("file", new Blob([files[type].data], { type: files[type].mimeType }), `a-${type}`);
  const answer = await client.uploadMedia(phoneID, form);
  assert(answer.id, JSON.stringify(answer));
  return answer.id;
}

// Name of the case → [how the message is made, the type that arrives (for interactive: which)].
const messages = {
  text: [() => new m.Text("Hello https://example.com", true), "text"],
  "image by link": [() => new m.Image(link, false, "A picture"), "image"],
  image: [async () => new m.Image(await upload("image"), true), "image"],
  video: [async () => new m.Video(await upload("video"), true, "A film"), "video"],
  audio: [async () => new m.Audio(await upload("audio"), true, true), "audio"],
  document: [async () => new m.Document(await upload("document"), true, "Your bill", "bill.pdf"), "document"],
  sticker: [async () => new m.Sticker(await upload("sticker"), true), "sticker"],
  location: [() => new m.Location(-122.1484, 37.4847, "Park", "1 Main Street"), "location"],
  contacts: [
    () => new m.Contacts([
      new m.Name("Ada Example", "Ada"),
      new m.Birthday("1990", "12", "24"),
      new m.Phone("+15550004712", "CELL", "15550004712"),
      new m.Email("ada@example.com", "WORK"),
      new m.Organization("Example", undefined, "Engineer"),
    ]),
    "contacts",
  ],
  "reply buttons": [
    () => new m.Interactive(
      new m.ActionButtons(new m.Button("yes", "Yes"), new m.Button("no", "No")),
      new m.Body("Which?"), new m.Header(new m.Image(link)), new m.Footer("Choose"),
    ),
    "button",
  ],
  list: [
    () => new m.Interactive(
      new m.ActionList("Sizes", new m.ListSection("Coffee", new m.Row("s", "Small", "One cup"), new m.Row("l", "Large"))),
      new m.Body("Which size?"),
    ),
    "list",
  ],
  "link button": [() => new m.Interactive(new m.ActionCTA("Open", "https://example.com"), new m.Body("Look")), "cta_url"],
  flow: [
    () => new m.Interactive(new m.ActionNavigateFlow("t-1", "104", "Begin", "FIRST", { name: "Ada" }), new m.Body("Sign up")),
    "flow",
  ],
  "flow with an endpoint": [
    () => new m.Interactive(new m.ActionDataExchangeFlow("t-1", "104", "Begin"), new m.Body("Sign up")),
    "flow",
  ],
  "location request": [() => new m.Interactive(new m.ActionLocation(), new m.Body("Where?")), "location_request_message"],
  "call permission": [
    () => new m.Interactive(new m.ActionCallPermission(), new m.Body("May we call?")),
    "call_permission_request",
  ],
  "contact request": [() => new m.Interactive(new m.ActionContactRequest(), new m.Body("Your number?")), "request_contact_info"],
  catalogue: [() => new m.Interactive(new m.ActionCatalog(new m.Product("SKU-1")), new m.Body("All")), "catalog_message"],
  product: [() => new m.Interactive(new m.ActionProduct(new m.CatalogProduct("SKU-1", "194")), new m.Body("Good")), "product"],
  products: [
    () => new m.Interactive(
      new m.ActionProductList("194", new m.ProductSection("Tea", new m.Product("SKU-1"))),
      new m.Body("All of them"), new m.Header("Teas"),
    ),
    "product_list",
  ],
  template: [
    () => new m.Template(
      "order_update", new m.Language("en_US"),
      new m.HeaderComponent(new m.HeaderParameter(new m.Image(link))),
      new m.BodyComponent(new m.BodyParameter("Ada"), new m.BodyParameter(new m.Currency(1000, "USD", "$1"))),
      new m.URLComponent("7"), new m.PayloadComponent("away"),
    ),
    "template",
  ],
  "template with a carousel": [
    () => new m.Template(
      "offers", "en_US",
      new m.BodyComponent(new m.BodyParameter("Ada")),
      new m.CarouselComponent(
        new m.CarouselCard(new m.Image(link), new m.PayloadComponent("one")),
        new m.CarouselCard(new m.Image(link), new m.PayloadComponent("two")),
      ),
    ),
    "template",
  ],
};

async function send(message, to = HANDSET, ...more) {
  const answer = await client.sendMessage(phoneID, { phone: to }, message, ...more);
  assert(answer.messages, JSON.stringify(answer));
  return answer.messages[0].id;
}

describe("whatsapp-api-js sends", () => {
  for (const [name, [make, kind]] of Object.entries(messages)) {
    it(name, async () => {
      const body = await bodyOf(await send(await make()));
      assert([body.type, body.interactive?.type].includes(kind), JSON.stringify(body));
    });
  }

  it("a quoted reply and a reaction", async () => {
    const first = await send(new m.Text("Hello"));
    assert.equal((await bodyOf(await send(new m.Text("Again"), HANDSET, first))).context.message_id, first);
    assert.equal((await bodyOf(await send(new m.Reaction(first, "\u{1f44d}")))).reaction.message_id, first);
  });

  it("and is told Meta's code of a refusal", async () => {
    const answer = await client.sendMessage(phoneID, { phone: "15555559006" }, new m.Text("Hello"));
    assert.equal(answer.error?.code, 131056, JSON.stringify(answer));
  });
});

describe("whatsapp-api-js manages", () => {
  it("media", async () => {
    const id = await upload("image");
    const found = await client.retrieveMedia(id, phoneID);
    assert.equal(found.mime_type, "image/png", JSON.stringify(found));
    const got = await client.fetchMedia(found.url);
    assert.deepEqual(Buffer.from(await got.arrayBuffer()), files.image.data);
    assert.deepEqual(await client.deleteMedia(id), { success: true });
  });

  it("codes to scan", async () => {
    const made = await client.createQR(phoneID, "Hello, I have a question", "svg");
    assert(made.code && made.qr_image_url, JSON.stringify(made));
    assert.equal((await client.retrieveQR(phoneID, made.code)).data?.[0].prefilled_message, "Hello, I have a question");
    assert((await client.retrieveQR(phoneID)).data.some((one) => one.code === made.code));
    assert.equal((await client.updateQR(phoneID, made.code, "Hello again")).prefilled_message, "Hello again");
    assert.deepEqual(await client.deleteQR(phoneID, made.code), { success: true });
  });

  it("the block list", async () => {
    const phone = "15550004798";
    await act({ do: "send", type: "text", text: { body: "Hello" } }, phone); // only who wrote of late can be blocked
    const blocked = await client.blockUser(phoneID, { phone });
    assert.equal(blocked.block_users?.added_users[0].wa_id, phone, JSON.stringify(blocked));
    const let_in = await client.unblockUser(phoneID, { phone });
    assert.equal(let_in.block_users?.removed_users[0].wa_id, phone, JSON.stringify(let_in));
  });
});

describe("whatsapp-api-js receives", () => {
  const inbox = new Inbox();
  let stop;

  before(async () => {
    client.on.message = (event) => inbox.add(event);
    client.on.status = (event) => inbox.add(event);
    stop = await listen(async (request, response) => {
      if (request.method === "GET") {
        response.end(client.handle_get(request));
        return;
      }
      response.statusCode = await client.handle_post(request);
      response.end();
    });
  });
  after(() => stop());

  it("the statuses of a message", async () => {
    const id = await send(new m.Text("Hello"), HANDSET, undefined, "order 7");
    for (const status of ["sent", "delivered", "read"]) {
      const told = await inbox.waitFor((event) => event.id === id && event.status === status);
      assert.equal(told.biz_opaque_callback_data, "order 7");
      assert.equal(told.recipient.phone, HANDSET);
    }
  });

  it("why a message failed", async () => {
    const id = await send(new m.Text("Hello"), "15555559001");
    assert.equal((await inbox.waitFor((event) => event.id === id && event.status === "failed")).error.code, 131026);
  });

  for (const [type, { data, mimeType }] of Object.entries(files)) {
    it(`a handset's ${type}`, async () => {
      const { message } = await act({ do: "send", type, [type]: { id: await keepFile(data, mimeType) } });
      const told = await inbox.waitFor((event) => event.message?.id === message.id);
      const found = await client.retrieveMedia(told.message[type].id);
      const got = await client.fetchMedia(found.url);
      assert.deepEqual(Buffer.from(await got.arrayBuffer()), data);
    });
  }

  it("a text, and answers it", async () => {
    const { message } = await act({ do: "send", type: "text", text: { body: "Good day \u{1f60a}" } });
    const event = await inbox.waitFor((event) => event.message?.id === message.id);
    assert.equal(event.message.text.body, "Good day \u{1f60a}");
    assert.equal(event.recipient.phone, HANDSET);
    assert.deepEqual(await event.received("text"), { success: true });
    const answer = await event.reply(new m.Text("Good day to you"), true);
    assert.equal((await bodyOf(answer.messages[0].id)).context.message_id, message.id);
  });

  it("a tap, a choice, a form and a quick reply", async () => {
    await act({ do: "tap", message_id: await send(messages["reply buttons"][0]()), index: 0 });
    const tapped = await inbox.waitFor((event) => event.message?.interactive?.button_reply);
    assert.equal(tapped.message.interactive.button_reply.id, "yes");

    await act({ do: "choose", message_id: await send(messages.list[0]()), row: "Large" });
    const chosen = await inbox.waitFor((event) => event.message?.interactive?.list_reply);
    assert.equal(chosen.message.interactive.list_reply.id, "l");

    await act({ do: "fill", message_id: await send(messages.flow[0]()), response: { flow_token: "t-1", name: "Ada" } });
    const filled = await inbox.waitFor((event) => event.message?.interactive?.nfm_reply);
    assert.equal(JSON.parse(filled.message.interactive.nfm_reply.response_json).name, "Ada");
  });
});
