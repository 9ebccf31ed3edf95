/**
 * The form behind a request for an address: saved addresses to choose, or fields to fill in.
 */

import { openSheet } from "./controls.js";
import { html } from "./html.js";
import { line, object, objects, text } from "./values.js";

const FIELDS = {
  name: "Name",
  phone_number: "Phone number",
  in_pin_code: "PIN code",
  house_number: "House number",
  floor_number: "Floor",
  tower_number: "Tower",
  building_name: "Building",
  address: "Address",
  landmark_area: "Landmark or area",
  city: "City",
  state: "State",
};
const REQUIRED = ["name", "phone_number", "in_pin_code", "address"];

export function addressForm(view, parameters) {
  const country = line(parameters.country, 10);
  openSheet(view, "Your address", (close) => {
    const send = (values) => {
      close();
      view.act("address", { country, values });
    };
    return html`${saved(view, parameters, send)}${form(view, parameters, send)}`;
  });
}

function saved(view, parameters, send) {
  const all = objects(parameters.saved_addresses);
  if (all.length === 0) return null;
  return html`<section class="wa-rows"><h3>Saved addresses</h3>
    ${all.map((one) => html`<button type="button" class="wa-row" disabled=${!view.interactive}
      @click=${() => send({ ...object(one.value), saved_address_id: line(one.id) })}>
      <span><strong dir="auto">${line(object(one.value).name) || line(one.id)}</strong>
      <span class="wa-small" dir="auto">${words(object(one.value))}</span></span><span class="wa-dot"></span></button>`)}
  </section>`;
}

function words(value) {
  return ["house_number", "building_name", "address", "city", "in_pin_code"].map((one) => line(value[one], 80)).filter(Boolean).join(", ");
}

function form(view, parameters, send) {
  const values = object(parameters.values);
  const errors = object(parameters.validation_errors);
  const submit = (event) => {
    event.preventDefault();
    const filled = [...new FormData(event.target)].filter(([, value]) => value !== "");
    send(Object.fromEntries(filled));
  };
  return html`<form class="wa-form" @submit=${submit}>
    ${Object.entries(FIELDS).map(([name, title]) => html`<label class="tl-field"><span>${title}</span>
      <input name=${name} dir="auto" value=${text(values[name], 200)} required=${REQUIRED.includes(name)} disabled=${!view.interactive}
        inputmode=${["phone_number", "in_pin_code"].includes(name) ? "numeric" : null} />
      ${line(errors[name]) ? html`<span class="tl-error">${line(errors[name])}</span>` : null}</label>`)}
    <button class="tl-button tl-button-main" disabled=${!view.interactive}>Send address</button>
  </form>`;
}
