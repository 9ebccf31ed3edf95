/**
 * Places and people: a location with a drawn map, and contact cards with their details in a sheet.
 */

import { lookButton, openSheet } from "./controls.js";
import { html, safeUrl } from "./html.js";
import { icon } from "./icons.js";
import { coordinates } from "./label.js";
import { fact } from "./replies.js";
import { hash, line, needed, number, object, objects, text } from "./values.js";

export function location(content) {
  return { main: place(content), shape: "card" };
}

export function place(part) {
  const where = needed(coordinates(part));
  const named = line(part.name) || line(part.address);
  return html`<div class="wa-map">${map(number(part.latitude), number(part.longitude))}</div>
    <div class="wa-place">
      ${named ? html`<strong dir="auto">${named}</strong>` : null}
      ${line(part.name) && line(part.address) ? html`<span dir="auto">${line(part.address)}</span>` : null}
      <span class="wa-small">${where}</span>
    </div>`;
}

/** Streets that exist nowhere, the same for the same place: a real map would have to be fetched. */
function map(latitude, longitude) {
  const seed = hash(`${latitude.toFixed(3)},${longitude.toFixed(3)}`);
  const bit = (place, size) => (seed >>> place) % size;
  const slope = bit(3, 40) - 20;
  const streets = [
    `M0 ${30 + bit(0, 20)} L280 ${30 + bit(0, 20) + slope}`,
    `M0 ${100 + bit(6, 20)} L280 ${100 + bit(6, 20) + slope}`,
    `M${50 + bit(9, 30)} 0 L${70 + bit(9, 30) - slope} 150`,
    `M${190 + bit(12, 40)} 0 L${210 + bit(12, 40) - slope} 150`,
  ];
  const lanes = [`M0 ${72 + bit(2, 16)} L280 ${64 + slope}`, `M${130 + bit(5, 24)} 0 L${120 + bit(5, 24)} 150`, `M${20 + bit(7, 12)} 0 V150`];
  return html`<svg viewBox="0 0 280 150" preserveAspectRatio="xMidYMid slice" role="img" aria-label="Drawn map, not to scale">
    <rect class="wa-map-land" width="280" height="150" />
    <rect class="wa-map-park" x=${150 + bit(4, 60)} y=${8 + bit(8, 20)} width=${70 + bit(1, 30)} height=${34 + bit(2, 16)} rx="8" />
    <path class="wa-map-water" d=${`M-10 ${140 + slope / 2} C60 ${112 + slope} 120 ${158 - slope} 290 ${124 - slope} V170 H-10z`} />
    <path class="wa-map-lane" d=${lanes.join("")} />
    <path class="wa-map-edge" d=${streets.join("")} />
    <path class="wa-map-street" d=${streets.join("")} />
    <ellipse class="wa-map-shadow" cx="140" cy="88" rx="9" ry="3.5" />
    <path class="wa-map-pin" d="M140 87c11-13.5 16-20.5 16-28.5a16 16 0 0 0-32 0c0 8 5 15 16 28.5z" />
    <circle class="wa-map-hole" cx="140" cy="58" r="5.5" />
  </svg>`;
}

export function contacts(content, view) {
  const all = objects(Array.isArray(content) ? content : object(content).contacts);
  const names = all.map(nameOf).filter(Boolean);
  const [first, ...others] = names;
  const title = others.length ? `${needed(first)} and ${others.length} other${others.length > 1 ? "s" : ""}` : needed(first);
  const about = line(object(all[0].org).company) || line(objects(all[0].phones)[0]?.phone);
  const show = () => openSheet(view, all.length > 1 ? "Contacts" : "Contact", () => html`${all.map(details)}`);
  return {
    main: html`<div class="wa-person">${avatar(first)}<span><strong dir="auto">${title}</strong>
      ${about && !others.length ? html`<span class="wa-small" dir="auto">${about}</span>` : null}</span></div>`,
    after: lookButton(all.length > 1 ? "View all" : "View contact", "person", show),
    shape: "card",
  };
}

function nameOf(contact) {
  const name = object(contact.name);
  return line(name.formatted_name) || line(`${line(name.first_name)} ${line(name.last_name)}`);
}

function avatar(name) {
  const initials = name.split(" ").filter(Boolean).map((word) => Array.from(word)[0]);
  const shown = initials.length > 1 ? [initials[0], initials.at(-1)] : initials;
  return html`<span class="wa-avatar" data-tint=${hash(name) % 6} aria-hidden="true">${shown.join("").toUpperCase()}</span>`;
}

function details(contact) {
  const name = nameOf(contact);
  const org = object(contact.org);
  const facts = [
    ...objects(contact.phones).map((one) => [sort("phone", one), `${text(one.phone, 60)}${one.wa_id ? " · in this messenger" : ""}`]),
    ...objects(contact.emails).map((one) => [sort("email", one), one.email]),
    ...objects(contact.addresses).map((one) => [sort("address", one), address(one)]),
    ["organisation", [org.title, org.department, org.company].map((one) => line(one)).filter(Boolean).join(", ")],
    ["birthday", contact.birthday],
  ].filter(([, value]) => line(value));
  return html`<section class="wa-contact">
    <div class="wa-person">${avatar(name)}<span><strong dir="auto">${name || "No name"}</strong></span></div>
    <dl class="wa-facts">${facts.map(fact)}${objects(contact.urls).map(website)}</dl>
  </section>`;
}

/** "phone (work)" */
function sort(kind, { type }) {
  return line(type) ? `${kind} (${line(type, 40).toLowerCase()})` : kind;
}

function address(one) {
  return ["street", "city", "state", "zip", "country"].map((part) => line(one[part])).filter(Boolean).join(", ");
}

function website(one) {
  const url = safeUrl(one.url);
  if (!url) return fact([sort("website", one), one.url]);
  return html`<div><dt>${sort("website", one)}</dt>
    <dd><a href=${url} target="_blank" rel="noopener noreferrer">${line(one.url)}</a></dd></div>`;
}
