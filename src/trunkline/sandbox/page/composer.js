/** The line below the chat: text, files, a place, a card, a voice note, and what is answered. */

import { html } from "../ui/html.js";
import { summary } from "../ui/message.js";
import { PICKERS, askContact, askLocation, attached, draftKey, drafts } from "./attach.js";
import { sendFile, write } from "./doing.js";
import { emojiPanel } from "./emoji.js";
import { menuButton } from "./menu.js";
import { canRecord, record } from "./recorder.js";
import { complain, trying } from "./say.js";
import { business, changed, on, shownHandset, state } from "./store.js";
import { iconButton, symbol } from "./symbols.js";

const LONGEST = 65_536;
const EMOJI_BOX = "emoji-box";

/** `talk` is the conversation above: it is brought to its end by what is sent. */
export function composer(talk) {
  const key = draftKey();
  const own = { talk, key, files: [], recording: null };
  own.text = html`<textarea id="composer" rows="1" maxlength=${LONGEST} placeholder="Message" aria-label="Message to the business"
    dir="auto" @keydown=${(event) => typed(event, own)} @input=${() => follow(own)} @paste=${(event) => pasted(event, own)}></textarea>`
    .firstElementChild;
  own.text.value = drafts.get(key) ?? "";
  own.quote = html`<div class="pg-quoted"></div>`.firstElementChild;
  own.tray = html`<div class="pg-tray" role="group" aria-label="Attached files"></div>`.firstElementChild;
  own.send = iconButton("Send", "send", () => send(own), { class: "pg-send" });
  own.mic = iconButton("Record a voice note", "mic", trying(() => startRecording(own)), { class: "pg-send" });
  own.line = html`<div class="pg-line">
    ${attachButton(own)}<span class="pg-field-box">${own.text}${emojiButton(own)}</span>${own.send}${own.mic}
  </div>`.firstElementChild;
  const node = html`<section class="pg-composer" aria-label="Write a message">${own.quote}${own.tray}${own.line}</section>`
    .firstElementChild;
  acceptDrops(talk.node, own);
  const stop = [on("quote", () => drawQuote(own)), on("handsets", () => follow(own))];
  drawQuote(own);
  drawTray(own);
  follow(own);
  requestAnimationFrame(() => !matchMedia("(pointer: coarse)").matches && document.activeElement === document.body && own.text.focus());
  return { node, stop: () => (own.recording?.cancel(), clear(own), stop.forEach((one) => one())) };
}

async function send(own) {
  const words = own.text.value.trim();
  const files = own.files;
  if (!words && files.length === 0) return;
  own.files = [];
  own.text.value = "";
  follow(own);
  drawTray(own);
  own.talk.toEnd();
  const rest = await sendAll(files, words);
  if (rest && own.text.value === "") own.text.value = rest; // it was refused: the words are not lost
  follow(own);
}

/** Answers the text that could not be sent, if any. */
async function sendAll(files, words) {
  let caption = words;
  for (const { file, preview } of files) {
    const sent = await sendFile(file, caption);
    if (preview) URL.revokeObjectURL(preview);
    if (!sent) return caption;
    if (["image", "video", "document"].includes(file.kind)) caption = "";
  }
  return caption && !(await write("text", { body: caption })) ? caption : "";
}

function typed(event, own) {
  if (event.key === "Escape" && state.quoted) return unquote();
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return undefined;
  event.preventDefault();
  return send(own);
}

/** Height, buttons and draft follow what is written. */
function follow(own) {
  const filled = own.text.value.trim() !== "" || own.files.length > 0;
  drafts.set(own.key, own.text.value);
  own.text.style.height = "auto";
  if (own.text.value) own.text.style.height = `${Math.min(own.text.scrollHeight, 160)}px`;
  own.mic.hidden = filled || !canRecord();
  own.send.hidden = !own.mic.hidden;
  own.send.disabled = !filled;
  own.text.placeholder = shownHandset()?.online === false ? "This phone is offline" : "Message";
}

function attachButton(own) {
  const pick = (name) => ({ text: PICKERS[name].text, symbol: PICKERS[name].symbol, act: () => choose(name, own) });
  return menuButton(
    "Attach",
    "plus",
    () => [
      ...Object.keys(PICKERS).map(pick),
      null,
      { text: "Location", symbol: "pin", act: trying(async () => sendIf("location", await askLocation(), own)) },
      { text: "Contact", symbol: "person", act: trying(async () => sendIf("contacts", wrapped(await askContact()), own)) },
    ],
    { above: true },
  );
}

async function sendIf(type, content, own) {
  if (content) await write(type, content);
  own.talk.toEnd();
}

function wrapped(card) {
  return card && [card];
}

function choose(picker, own) {
  const input = Object.assign(document.createElement("input"), { type: "file", multiple: picker !== "sticker" });
  input.accept = PICKERS[picker].accept;
  input.addEventListener("change", () => add([...input.files], picker, own));
  input.click();
}

const add = trying(async (files, picker, own) => {
  for (const file of files) {
    const made = await attached(file, picker);
    if (made.kind === "sticker") {
      await sendFile(made);
      continue;
    }
    own.files.push({ file: made, preview: made.kind === "image" ? URL.createObjectURL(made.blob) : null });
  }
  drawTray(own);
  follow(own);
  own.text.focus();
});

function drawTray(own) {
  const drop = (one) => () => {
    own.files = own.files.filter((other) => other !== one);
    if (one.preview) URL.revokeObjectURL(one.preview);
    drawTray(own);
    follow(own);
    own.text.focus();
  };
  own.tray.hidden = own.files.length === 0;
  own.tray.replaceChildren(
    html`${own.files.map((one) => html`<span class="pg-attached">
      ${one.preview ? html`<img src=${one.preview} alt="">` : symbol(one.file.kind === "document" ? "file" : one.file.kind === "audio" ? "mic" : one.file.kind)}
      <span dir="auto">${one.file.name}</span>${iconButton(`Remove ${one.file.name}`, "close", drop(one))}</span>`)}`,
  );
}

function clear(own) {
  for (const { preview } of own.files) if (preview) URL.revokeObjectURL(preview);
}

function pasted(event, own) {
  const files = [...event.clipboardData.files];
  if (files.length === 0) return;
  event.preventDefault();
  add(files, "media", own);
}

function acceptDrops(target, own) {
  const over = (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    target.toggleAttribute("data-over", true);
  };
  const out = () => target.removeAttribute("data-over");
  target.addEventListener("dragover", over);
  target.addEventListener("dragleave", out);
  target.addEventListener("drop", (event) => {
    out();
    event.preventDefault();
    add([...event.dataTransfer.files], "media", own);
  });
}

function drawQuote(own) {
  const { quoted } = state;
  own.quote.hidden = !quoted;
  if (!quoted) return own.quote.replaceChildren();
  const who = quoted.from === "business" ? business()?.name : "You";
  own.quote.replaceChildren(
    html`<span class="pg-quoted-text"><strong dir="auto">${who}</strong><span dir="auto">${summary(quoted)}</span></span>
    ${iconButton("Do not reply to it", "close", unquote)}`,
  );
  return own.text.focus();
}

function unquote() {
  state.quoted = null;
  changed("quote");
}

function emojiButton(own) {
  const insert = (emoji) => {
    own.text.setRangeText(emoji, own.text.selectionStart, own.text.selectionEnd, "end");
    box.hidePopover();
    own.text.focus();
    follow(own);
  };
  const box = html`<div id=${EMOJI_BOX} class="pg-menu pg-emoji-box" popover="auto">${emojiPanel(insert)}</div>`.firstElementChild;
  const button = iconButton("Emoji", "smile", () => {});
  button.popoverTargetElement = box;
  box.addEventListener("toggle", ({ newState }) => {
    if (newState !== "open") return;
    const place = button.getBoundingClientRect();
    box.style.left = `${Math.max(8, Math.min(place.right - box.offsetWidth, innerWidth - box.offsetWidth - 8))}px`;
    box.style.top = `${Math.max(8, place.top - box.offsetHeight - 10)}px`;
    box.querySelector("button").focus();
  });
  return html`${button}${box}`;
}

async function startRecording(own) {
  own.recording = await record();
  const end = (keep) => async () => {
    const recording = own.recording;
    own.recording = null;
    clearInterval(ticking);
    bar.replaceWith(own.line);
    if (!keep) return recording.cancel();
    await sendFile(await recording.stop());
    return own.talk.toEnd();
  };
  const time = html`<span class="pg-recording" role="status">Recording 0:00</span>`.firstElementChild;
  const began = performance.now();
  const ticking = setInterval(() => {
    const seconds = Math.round((performance.now() - began) / 1000);
    time.textContent = `Recording ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }, 500);
  const bar = html`<div class="pg-line">${iconButton("Throw away", "trash", trying(end(false)))}${time}
    ${iconButton("Send voice note", "send", trying(end(true)), { class: "pg-send" })}</div>`.firstElementChild;
  own.line.replaceWith(bar);
  bar.querySelector(".pg-send").focus();
}

export function focusComposer() {
  document.getElementById("composer")?.focus();
}

export function openAttach() {
  const button = document.querySelector('.pg-composer [aria-label="Attach"]');
  if (button) button.click();
  else complain("Open a chat first.");
}
