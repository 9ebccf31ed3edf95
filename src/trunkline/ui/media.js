/**
 * Pictures, film, sound and files, as messages and as the head of other messages.
 *
 * Only media of this origin are loaded. What lies elsewhere, and what fails to load, is named instead.
 */

import { voiceNote } from "./audio.js";
import { follow } from "./controls.js";
import { html, localUrl, safeUrl } from "./html.js";
import { icon } from "./icons.js";
import { marked } from "./marks.js";
import { fileSize, hash, line, object, text } from "./values.js";

const NAMES = { image: "Image", video: "Video", audio: "Audio", document: "Document", sticker: "Sticker", gif: "Video" };
const FAMILIES = [
  ["pdf", /^pdf$/],
  ["sheet", /^(xlsx?|csv|ods|numbers)$/],
  ["text", /^(docx?|odt|rtf|txt|md|pages)$/],
  ["slides", /^(pptx?|odp|key)$/],
  ["archive", /^(zip|gz|tar|7z|rar)$/],
];

export function image(content, view, m) {
  return withCaption(head("image", content, view, m.media), content.caption, view);
}

export function video(content, view, m) {
  return withCaption(head("video", content, view, m.media), content.caption, view);
}

export function audio(content, view, m) {
  const media = resolved(content, "audio", view, m.media);
  return { main: voiceNote(media, content.voice === true, hash(line(m.id))), shape: "card" };
}

export function document_(content, view, m) {
  return { ...withCaption(head("document", content, view, m.media), content.caption, view), shape: "card" };
}

export function sticker(content, view, m) {
  const media = resolved(content, "sticker", view, m.media);
  if (!media.url) return { main: placeholder(media), shape: "picture" };
  return { main: html`<div class="wa-sticker">${picture(media, "Sticker", view)}</div>`, shape: "bare" };
}

/** The picture, film or file at the head of a message or card. `known` is what the chat's JSON has resolved for it. */
export function head(kind, part, view, known = null) {
  const media = resolved(part, kind, view, known);
  if (kind === "document") return file(media, view);
  if (!media.url) return placeholder(media);
  if (kind !== "image") return film(media, view);
  return html`<div class="wa-picture">${picture(media, media.caption || "Image", view)}</div>`;
}

function withCaption(main, caption, view) {
  const words = text(caption);
  return words ? { main: html`${main}${marked(words, view)}`, shape: "card" } : { main, shape: "picture" };
}

function resolved(part, kind, view, known) {
  const own = object(part);
  const found = { ...own, ...object(known) };
  const address = found.url || view.mediaUrl?.(own, kind) || own.link;
  return {
    kind,
    url: localUrl(address),
    elsewhere: localUrl(address) ? null : safeUrl(own.link ?? address),
    mime_type: line(found.mime_type, 100),
    filename: line(own.filename || found.filename, 240),
    size: fileSize(found.size),
    caption: line(own.caption, 1024),
  };
}

function picture(media, name, view) {
  const missing = (event) => event.target.closest(".wa-picture, .wa-sticker").replaceChildren(placeholder(media));
  const drawn = html`<img src=${media.url} alt=${name} loading="lazy" decoding="async" @error=${missing} />`;
  if (!view.interactive) return drawn;
  return html`<button type="button" class="wa-open" aria-label=${`Open: ${name}`} @click=${() => open(media, view)}>${drawn}</button>`;
}

function film(media, view) {
  const missing = (event) => event.target.closest(".wa-picture").replaceChildren(placeholder(media));
  return html`<div class="wa-picture wa-film">
    <video src=${media.url} controls preload="metadata" playsinline aria-label=${media.caption || "Video"} @error=${missing}></video>
    ${
      view.interactive
        ? html`<button type="button" class="tl-icon-button wa-open-film" aria-label="Open video" @click=${() => open(media, view)}>
            ${icon("expand")}</button>`
        : null
    }
  </div>`;
}

function open({ url, mime_type, filename, kind, caption }, view) {
  view.act("open_media", { media: { url, mime_type, filename, kind, caption } });
}

function file(media, view) {
  const extension = line((/\.([a-z0-9]{1,5})$/i.exec(media.filename) ?? /\/([a-z0-9]{1,5})$/i.exec(media.mime_type))?.[1] ?? "", 5);
  const family = FAMILIES.find(([, pattern]) => pattern.test(extension.toLowerCase()))?.[0] ?? "other";
  const about = [extension.toUpperCase() || media.mime_type, media.size, host(media)].filter(Boolean).join(" · ");
  const inside = html`<span class="wa-badge" data-family=${family}>${icon("file")}</span>
    <span class="wa-file-name"><strong dir="auto">${media.filename || "Document"}</strong><span class="wa-small">${about}</span></span>`;
  const url = media.url ?? media.elsewhere;
  if (!url) return html`<div class="wa-file">${inside}</div>`;
  return html`<a class="wa-file" href=${url} target="_blank" rel="noopener noreferrer" download=${media.filename || true}
    @click=${(event) => opened(event, media, view)}>${inside}${icon("download")}</a>`;
}

function opened(event, media, view) {
  if (!media.url) return follow(view, media.elsewhere)(event);
  if (view.interactive && !view.act("open_media", { media: { ...media, elsewhere: undefined } })) event.preventDefault();
}

/** Says what would stand here. */
function placeholder(media) {
  return html`<div class="wa-missing">${icon(media.kind === "gif" ? "video" : media.kind)}
    <span>${NAMES[media.kind] ?? "Media"}${media.elsewhere ? null : " not available"}</span>
    ${media.elsewhere ? html`<a href=${media.elsewhere} target="_blank" rel="noopener noreferrer">${host(media)}</a>` : null}
  </div>`;
}

function host(media) {
  return media.elsewhere ? new URL(media.elsewhere).host : "";
}
