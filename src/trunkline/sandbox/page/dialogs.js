/**
 * Dialogs: `ask` puts questions in a form and gives the answers by name, or null; `show` lays something open.
 *
 * A field: { name, label, type?, value?, required?, hint?, pattern?, rows?, options?: [[value, label]], step?, max? }
 */

import { html } from "../ui/html.js";
import { iconButton } from "./symbols.js";

export function ask({ title, intro, fields, submit = "Save", check = () => null }) {
  return new Promise((resolve) => {
    let answers = null;
    const problem = html`<p class="pg-problem" role="alert"></p>`.firstElementChild;
    const done = async (event) => {
      event.preventDefault();
      const given = Object.fromEntries(fields.map((field) => [field.name, read(event.target.elements[field.name])]));
      try {
        await check(given);
      } catch (wrong) {
        problem.textContent = wrong.message;
        return;
      }
      answers = given;
      dialog.close();
    };
    const form = html`<form class="pg-form" @submit=${done}>
      ${intro ? html`<p class="pg-intro">${intro}</p>` : null}
      ${fields.map(field)}${problem}
      <div class="pg-form-end">
        <button type="button" class="pg-button" @click=${() => dialog.close()}>Cancel</button>
        <button class="pg-button pg-main">${submit}</button>
      </div>
    </form>`;
    const dialog = show({ title, content: form });
    dialog.addEventListener("close", () => resolve(answers));
    dialog.querySelector("input, textarea, select")?.focus();
  });
}

/** @returns {HTMLDialogElement} */
export function show({ title, content, wide = false }) {
  const dialog = html`<dialog class=${wide ? "pg-dialog pg-wide" : "pg-dialog"} aria-label=${title}>
    <div class="pg-dialog-box"><header><h2>${title}</h2></header>${content}</div>
  </dialog>`.firstElementChild;
  dialog.querySelector("header").append(iconButton("Close", "close", () => dialog.close()));
  let pressed = null;
  dialog.addEventListener("pointerdown", (event) => (pressed = event.target));
  dialog.addEventListener("click", (event) => event.target === dialog && pressed === dialog && dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** A question with yes and no. */
export function confirm(title, text, yes) {
  return ask({ title, intro: text, fields: [], submit: yes }).then((answers) => answers !== null);
}

export function field({ name, label, type = "text", value = "", required, hint, pattern, rows, options, step, max, placeholder }) {
  const about = hint ? `hint-${name}` : null;
  const input = () => {
    if (options) {
      return html`<select name=${name} aria-describedby=${about}>
        ${options.map(([one, text]) => html`<option value=${one} selected=${one === value}>${text}</option>`)}</select>`;
    }
    if (rows) {
      return html`<textarea name=${name} rows=${rows} required=${required} spellcheck="false" .value=${value}
        placeholder=${placeholder} aria-describedby=${about}></textarea>`;
    }
    return html`<input name=${name} type=${type} value=${type === "checkbox" ? null : value} checked=${type === "checkbox" && value}
      required=${required} pattern=${pattern} step=${step} maxlength=${max} placeholder=${placeholder} dir="auto"
      autocomplete="off" aria-describedby=${about}>`;
  };
  return html`<label class=${`pg-field pg-field-${type}`}><span>${label}</span>${input()}
    ${hint ? html`<small id=${about}>${hint}</small>` : null}</label>`;
}

function read(input) {
  return input.type === "checkbox" ? input.checked : input.value;
}
