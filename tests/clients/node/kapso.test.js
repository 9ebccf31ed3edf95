// @kapso/whatsapp-cloud-api, pointed at the sandbox by its own `baseUrl`.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { WhatsAppClient } from "@kapso/whatsapp-cloud-api";
import { normalizeWebhook, verifySignature } from "@kapso/whatsapp-cloud-api/server";
import { act, bodyOf, desk, files, HANDSET, Inbox, keepFile, listen, VERIFY_TOKEN } from "./desk.js";

const client = new WhatsAppClient({ baseUrl: desk.sandbox_url, accessToken: desk.sandbox_token });
const phoneNumberId = desk.phone_number_id;
const businessAccountId = desk.waba_id;
const to = { phoneNumberId, to: HANDSET };
const link = "https://example.com/picture.jpg";

async function upload(type) {
  const { data, mimeType } = files[type];
  const file = new Blob([data], { type: mimeType });
  return (await client.media.upload({ phoneNumberId, type: mimeType, file, fileName: `a-${type}` })).id;
}

// Name of the case → [what the client is asked, the type that arrives (for interactive: which)].
const sends = {
  text: [() => client.messages.sendText({ ...to, body: "Hello", previewUrl: true }), "text"],
  "image by link": [() => client.messages.sendImage({ ...to, image: { link, caption: "A picture" } }), "image"],
  image: [async () => client.messages.sendImage({ ...to, image: { id: await upload("image") } }), "image"],
  video: [async () => client.messages.sendVideo({ ...to, video: { id: await upload("video"), caption: "A film" } }), "video"],
  audio: [async () => client.messages.sendAudio({ ...to, audio: { id: await upload("audio"), voice: true } }), "audio"],
  document: [
    async () => client.messages.sendDocument({ ...to, document: { id: await upload("document"), filename: "bill.pdf" } }),
    "document",
  ],
  sticker: [async () => client.messages.sendSticker({ ...to, sticker: { id: await upload("sticker") } }), "sticker"],
  location: [
    () => client.messages.sendLocation({ ...to, location: { latitude: 37.4847, longitude: -122.1484, name: "Park", address: "1 Main Street" } }),
    "location",
  ],
  contacts: [
    () => client.messages.sendContacts({
      ...to,
      contacts: [{
        name: { formattedName: "Ada Example", firstName: "Ada" },
        phones: [{ phone: "+15550004712", type: "WORK", waId: "15550004712" }],
        org: { company: "Example" },
      }],
    }),
    "contacts",
  ],
  "reply buttons": [
    () => client.messages.sendInteractiveButtons({
      ...to, header: { type: "image", image: { link } }, bodyText: "Which?", footerText: "Choose",
      buttons: [{ id: "yes", title: "Yes" }, { id: "no", title: "No" }],
    }),
    "button",
  ],
  list: [
    () => client.messages.sendInteractiveList({
      ...to, bodyText: "Which size?", buttonText: "Sizes",
      sections: [{ title: "Coffee", rows: [{ id: "s", title: "Small", description: "One cup" }, { id: "l", title: "Large" }] }],
    }),
    "list",
  ],
  "link button": [
    () => client.messages.sendInteractiveCtaUrl({ ...to, bodyText: "Look", parameters: { displayText: "Open", url: "https://example.com" } }),
    "cta_url",
  ],
  flow: [
    () => client.messages.sendInteractiveFlow({
      ...to, bodyText: "Sign up",
      parameters: { flowId: "104", flowCta: "Begin", flowToken: "t-1", flowAction: "navigate", flowActionPayload: { screen: "FIRST" } },
    }),
    "flow",
  ],
  "address form": [
    () => client.messages.sendInteractiveAddress({ ...to, bodyText: "Where to?", parameters: { country: "IN", values: { name: "Ada" } } }),
    "address_message",
  ],
  product: [
    () => client.messages.sendInteractiveProduct({ ...to, bodyText: "Good", catalogId: "194", productRetailerId: "SKU-1" }),
    "product",
  ],
  products: [
    () => client.messages.sendInteractiveProductList({
      ...to, header: { type: "text", text: "Teas" }, bodyText: "All of them", catalogId: "194",
      sections: [{ title: "Tea", productItems: [{ productRetailerId: "SKU-1" }] }],
    }),
    "product_list",
  ],
  catalogue: [
    () => client.messages.sendInteractiveCatalogMessage({ ...to, bodyText: "All", parameters: { thumbnailProductRetailerId: "SKU-1" } }),
    "catalog_message",
  ],
  carousel: [
    () => client.messages.sendInteractiveCarousel({
      ...to, bodyText: "Two of them",
      cards: [0, 1].map((cardIndex) => ({
        cardIndex, header: { type: "image", image: { link } }, bodyText: "One",
        action: { type: "cta_url", displayText: "Open", url: "https://example.com" },
      })),
    }),
    "carousel",
  ],
  "location request": [
    () => client.messages.sendInteractiveLocationRequest({ ...to, bodyText: "Where are you?", parameters: { requestMessage: "Where?" } }),
    "location_request_message",
  ],
  template: [
    () => client.messages.sendTemplate({
      ...to,
      template: { name: "order_update", language: { code: "en_US" }, components: [{ type: "body", parameters: [{ type: "text", text: "Ada" }] }] },
    }),
    "template",
  ],
};

describe("kapso sends", () => {
  for (const [name, [send, kind]] of Object.entries(sends)) {
    it(name, async () => {
      const sent = await send();
      const body = await bodyOf(sent.messages[0].id);
      assert([body.type, body.interactive?.type].includes(kind), JSON.stringify(body));
    });
  }

  it("a reaction, a read mark and a typing bubble", async () => {
    const { messages } = await client.messages.sendText({ ...to, body: "Hello" });
    await client.messages.sendReaction({ ...to, reaction: { messageId: messages[0].id, emoji: "\u{1f44d}" } });
    const { message } = await act({ do: "send", type: "text", text: { body: "Anybody there?" } });
    const read = await client.messages.markRead({ phoneNumberId, messageId: message.id, typingIndicator: { type: "text" } });
    assert.equal(read.success, true);
  });

  it("a refusal with Meta's code", async () => {
    await assert.rejects(
      client.messages.sendText({ phoneNumberId, to: "15555559006", body: "Hello" }),
      (error) => error.code === 131056 && error.httpStatus === 400,
    );
    await assert.rejects(
      new WhatsAppClient({ baseUrl: desk.sandbox_url, accessToken: "EAAnotours" }).messages.sendText({ ...to, body: "Hello" }),
      (error) => error.isAuthError(),
    );
  });
});

describe("kapso manages", () => {
  it("media", async () => {
    const mediaId = await upload("image");
    const found = await client.media.get({ mediaId });
    assert.equal(found.mimeType ?? found.mime_type, "image/png", JSON.stringify(found));
    const got = Buffer.from(await client.media.download({ mediaId, auth: "always" }));
    assert.deepEqual(got, files.image.data);
    assert.equal((await client.media.delete({ mediaId })).success, true);
  });

  it("templates", async () => {
    const name = "kapso_parcel";
    const created = await client.templates.create({
      businessAccountId, name, language: "en_US", category: "UTILITY",
      components: [{ type: "BODY", text: "Hello {{1}}, your parcel comes soon.", example: { body_text: [["Ada"]] } }],
    });
    assert.match(created.id, /^\d+$/);
    const listed = await client.templates.list({ businessAccountId, name, limit: 10 });
    assert.deepEqual(listed.data.map((template) => template.id), [created.id]);
    assert.equal((await client.templates.delete({ businessAccountId, name })).success, true);
  });

  it("the business profile", async () => {
    await client.phoneNumbers.businessProfile.update({ phoneNumberId, about: "Open till six", websites: ["https://example.com"] });
    const profile = await client.phoneNumbers.businessProfile.get({ phoneNumberId, fields: "about,websites" });
    assert.equal(profile.data[0].about, "Open till six");
  });

  it("the number's registration", async () => {
    const asking = client.phoneNumbers.requestCode({ phoneNumberId, codeMethod: "SMS", language: "en_US" });
    await assert.rejects(asking, (error) => error.code === 136024); // it is verified already
    assert.equal((await client.phoneNumbers.register({ phoneNumberId, pin: "123456" })).success, true);
  });

  it("flows", async () => {
    const children = [{ type: "TextBody", text: "Hello" }];
    const form = { version: "7.1", screens: [{ id: "FIRST", title: "First", terminal: true, layout: { type: "SingleColumnLayout", children } }] };
    const made = await client.flows.deploy(form, { wabaId: businessAccountId, name: "kapso form", publish: true, preview: true });
    assert.deepEqual(made.validationErrors ?? [], []);
    assert.match(made.previewUrl, /^http/);
    assert.equal((await client.flows.get({ flowId: made.flowId })).status, "PUBLISHED");
    assert.equal((await client.flows.deprecate({ flowId: made.flowId })).success, true);
  });
});

describe("kapso receives", () => {
  const inbox = new Inbox();
  let stop;

  before(async () => {
    stop = await listen(async (request, response) => {
      const asked = new URL(request.url, "http://localhost").searchParams;
      if (request.method === "GET") {
        response.statusCode = asked.get("hub.verify_token") === VERIFY_TOKEN ? 200 : 403;
        response.end(asked.get("hub.challenge"));
        return;
      }
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const rawBody = Buffer.concat(chunks);
      const signatureHeader = request.headers["x-hub-signature-256"];
      response.statusCode = verifySignature({ appSecret: desk.app_secret, rawBody, signatureHeader }) ? 200 : 401;
      if (response.statusCode === 200) {
        const { messages, statuses } = normalizeWebhook(JSON.parse(rawBody));
        for (const update of [...messages, ...statuses]) inbox.add(update);
      }
      response.end();
    });
  });
  after(() => stop());

  it("the statuses of a message", async () => {
    const { messages } = await client.messages.sendText({ ...to, body: "Hello", bizOpaqueCallbackData: "order 7" });
    for (const status of ["sent", "delivered", "read"]) {
      const told = await inbox.waitFor((update) => update.id === messages[0].id && update.status === status);
      assert.equal(told.recipientId, HANDSET);
    }
  });

  it("why a message failed", async () => {
    const { messages } = await client.messages.sendText({ phoneNumberId, to: "15555559001", body: "Hello" });
    const told = await inbox.waitFor((update) => update.id === messages[0].id && update.status === "failed");
    assert.equal(told.errors[0].code, 131026);
  });

  for (const [type, { data, mimeType }] of Object.entries(files)) {
    it(`a handset's ${type}`, async () => {
      const { message } = await act({ do: "send", type, [type]: { id: await keepFile(data, mimeType) } });
      const told = await inbox.waitFor((update) => update.id === message.id);
      const got = await client.media.download({ mediaId: told[type].id, auth: "always" });
      assert.deepEqual(Buffer.from(got), data);
    });
  }

  const inbound = {
    text: { body: "Good day \u{1f60a}" },
    location: { latitude: 37.4847, longitude: -122.1484, name: "Park" },
    contacts: [{ name: { formatted_name: "Ada Example" }, phones: [{ phone: "+15550004712" }] }],
    order: { catalog_id: "194", text: "Please", product_items: [{ product_retailer_id: "SKU-1", quantity: 2, item_price: 4.5, currency: "USD" }] },
    unsupported: { type: "poll_creation" },
  };
  for (const [type, content] of Object.entries(inbound)) {
    it(`a handset's ${type}`, async () => {
      const { message } = await act({ do: "send", type, [type]: content });
      const told = await inbox.waitFor((update) => update.id === message.id);
      assert.equal(told.kapso.direction, "inbound");
      assert.equal(told.from, HANDSET);
      if (type === "text") assert.equal(told.text.body, content.body);
    });
  }

  it("a tap, a choice, a form and a reaction", async () => {
    const asked = (await sends["reply buttons"][0]()).messages[0].id;
    await act({ do: "tap", message_id: asked, title: "Yes" });
    assert.equal((await inbox.waitFor((update) => update.interactive?.buttonReply)).context.id, asked);

    await act({ do: "choose", message_id: (await sends.list[0]()).messages[0].id, row: "s" });
    assert.equal((await inbox.waitFor((update) => update.interactive?.listReply)).interactive.listReply.title, "Small");

    const response = { flow_token: "t-1", first_name: "Ada" };
    await act({ do: "fill", message_id: (await sends.flow[0]()).messages[0].id, response });
    const filled = await inbox.waitFor((update) => update.interactive?.nfmReply);
    assert.equal(filled.kapso.flowToken, "t-1");
    assert.equal(filled.kapso.flowResponse.firstName, "Ada");

    await act({ do: "react", message_id: asked, emoji: "\u2764\ufe0f" });
    assert.equal((await inbox.waitFor((update) => update.reaction)).reaction.messageId, asked);
  });
});
