/**
 * Draws every message of gallery.json: [{ title, messages: [M, …] }]. A message that another quotes stands in the file too.
 * `?title=` in the address shows the groups of that title only.
 */

import { html } from "./html.js";
import { renderMessage } from "./message.js";

const main = document.querySelector("main");
const choices = document.querySelector("form");
const log = document.querySelector("output");
const groups = await (await fetch("gallery.json")).json();
const all = new Map(groups.flatMap((group) => group.messages).map((message) => [message.id, message]));

function show() {
  const { viewer, theme } = Object.fromEntries(new FormData(choices));
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  const wanted = new URLSearchParams(location.search).get("title");
  main.replaceChildren(
    html`${groups.filter(({ title }) => !wanted || title === wanted).map((group) => html`<section class="gallery-group">
      <h2>${group.title}</h2>
      ${group.messages.map((message) => drawn(message, viewer))}
    </section>`)}`,
  );
  main.ariaBusy = "false";
}

function drawn(message, viewer) {
  const quoted = all.get(message.context?.id) ?? null;
  return renderMessage(message, { viewer, interactive: true, quoted, names: { business: "Harbour Shop", handset: "Noor" } });
}

choices.addEventListener("change", show);
main.addEventListener("wa-action", (event) => {
  const { message, ...detail } = event.detail;
  log.textContent = JSON.stringify(detail);
  if (detail.action === "open_url") event.preventDefault();
});
show();
