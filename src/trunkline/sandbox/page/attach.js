/** What is attached to a message: files of every kind, a place, a card. */

import { ask } from "./dialogs.js";
import { state } from "./store.js";
import { phoneNumber } from "./words.js";

export const PICKERS = {
  media: { text: "Photo or video", symbol: "image", accept: "image/*,video/*" },
  document: { text: "Document", symbol: "file", accept: "" },
  audio: { text: "Audio", symbol: "mic", accept: "audio/*" },
  sticker: { text: "Sticker", symbol: "sticker", accept: "image/*" },
};
const STICKER_SIDE = 512;
const SENT_AS_THEY_ARE = ["image/jpeg", "image/png"];

/** A file as the phone sends it: pictures of other kinds become JPEG, stickers WebP of 512 by 512. */
export async function attached(file, picker = "media") {
  const family = file.type.split("/")[0];
  if (picker === "sticker") return { kind: "sticker", blob: await redrawn(file, "image/webp", STICKER_SIDE), name: "sticker.webp" };
  if (picker === "document" || !["image", "video", "audio"].includes(family)) {
    return { kind: "document", blob: file, name: file.name || "document" };
  }
  if (family !== "image" || SENT_AS_THEY_ARE.includes(file.type)) return { kind: family, blob: file, name: file.name || family };
  return { kind: "image", blob: await redrawn(file, "image/jpeg"), name: `${file.name || "image"}.jpg` };
}

async function redrawn(file, type, side = 0) {
  if (file.type === type) return file;
  const picture = await createImageBitmap(file).catch(() => {
    throw new Error(`${file.name || "This file"} is not a picture that this browser can read.`);
  });
  const scale = side ? side / Math.max(picture.width, picture.height) : 1;
  const [width, height] = [picture.width * scale, picture.height * scale];
  const canvas = Object.assign(document.createElement("canvas"), { width: side || width, height: side || height });
  canvas.getContext("2d").drawImage(picture, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
  return new Promise((resolve) => canvas.toBlob(resolve, type, 0.9));
}

export async function askLocation(title = "Location") {
  const answers = await ask({
    title,
    intro: "The place is made up: the browser is not asked where you are.",
    fields: [
      { name: "latitude", label: "Latitude", type: "number", step: "any", value: "52.5163", required: true },
      { name: "longitude", label: "Longitude", type: "number", step: "any", value: "13.3777", required: true },
      { name: "name", label: "Name", value: "Brandenburg Gate" },
      { name: "address", label: "Address", value: "Pariser Platz, Berlin" },
    ],
    submit: "Send location",
    check: ({ latitude, longitude }) => {
      if (Math.abs(Number(latitude)) > 90) throw new Error("A latitude lies between -90 and 90.");
      if (Math.abs(Number(longitude)) > 180) throw new Error("A longitude lies between -180 and 180.");
    },
  });
  if (!answers) return null;
  const named = Object.fromEntries(["name", "address"].map((key) => [key, answers[key].trim()]).filter(([, value]) => value));
  return { latitude: Number(answers.latitude), longitude: Number(answers.longitude), ...named };
}

export async function askContact() {
  const answers = await ask({
    title: "Contact card",
    fields: [
      { name: "name", label: "Name", value: "Ada Example", required: true },
      { name: "phone", label: "Phone number", type: "tel", value: "+1 555 000 9876", required: true },
      { name: "email", label: "Email", type: "email" },
      { name: "company", label: "Company" },
    ],
    submit: "Send contact",
  });
  if (!answers) return null;
  return card(answers.name, answers.phone.replace(/\D/g, ""), answers);
}

/** The card of the phone's own person. */
export function cardOf(handset) {
  return { ...card(handset.name, handset.address), origin: "contact_request" };
}

function card(name, digits, { email, company } = {}) {
  const [first, ...rest] = name.trim().split(/\s+/);
  return {
    name: { formatted_name: name.trim(), first_name: first, ...(rest.length ? { last_name: rest.join(" ") } : {}) },
    phones: [{ phone: phoneNumber(digits), type: "CELL", wa_id: digits }],
    ...(email ? { emails: [{ email, type: "WORK" }] } : {}),
    ...(company ? { org: { company } } : {}),
  };
}

/** The draft of each chat outlives a look at another one. */
export const drafts = new Map();

export function draftKey() {
  return `${state.route.handset}/${state.route.number}`;
}
