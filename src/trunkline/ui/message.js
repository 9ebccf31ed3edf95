/**
 * <wa-message>: one message of a chat, drawn as a messenger draws it.
 *
 *   <link rel="stylesheet" href="ui.css">   (draws in light and dark; <html data-theme="light|dark"> chooses by hand)
 *   import { renderMessage, summary } from "./message.js";
 *   chat.append(renderMessage(m, { viewer: "handset", quoted, interactive: true }));
 *   chat.addEventListener("wa-action", (event) => ...event.detail.action...);
 *
 * Comes in: M, the message as the chat's JSON gives it
 *   { id, from: "business"|"handset", type, content, template?, context?, at, status?, error?, media?, reactions? }
 * and options, each also a property of the element:
 *   viewer       "handset" | "business": whose messages stand at the end side and carry ticks. Default "handset".
 *   interactive  true: what can be tapped is enabled, if the viewer is the handset. Default false.
 *   quoted       the M that `context.id` names, or null. Draws the quotation.
 *   names        { business, handset }: what labels and quotations call the two. Default "Business" and "Handset".
 *   mediaUrl     (media, kind) => url | null: where the page may load a media object {id|link, …} that M has not
 *                resolved in `media` (pictures of carousel cards). Default: its `link`, if of this origin.
 *
 * The element is a `role="article"` with a readable label. Setting `message` to a newer M draws only what changed: a new
 * status or reaction leaves a playing voice note alone. No M makes it throw: what can not be read is shown by its type
 * and its JSON. Nothing is fetched but media of this origin; links elsewhere are links.
 *
 * Goes out: `wa-action` (bubbles, composed, cancelable), detail { action, message, … }:
 *   reply_button {id, title}                    list_row {id, title, description}
 *   quick_reply {payload, text, index, card_index?}
 *   open_url {url, index?, card_index?}: prevent it to keep the link from being opened (index: of a template's button)
 *   call {phone_number}                         voice_call {display_text, ttl_minutes, payload}
 *   copy_code {code}                            call_permission {response: "accept"|"reject", is_permanent}
 *   send_location {}                            contact_info {}
 *   address {country, values}                   flow {text, parameters}: parameters as on the wire, or of a template's
 *                                               button {index, card_index?, flow_token?, flow_action_data?}
 *   product {product_retailer_id, catalog_id}   catalog {thumbnail_product_retailer_id}
 *   order_details {reference_id, parameters}    react {emoji}: "" takes the handset's own reaction back
 *   quote {}                                    show_quoted {id}
 *   open_media {media}: media {url, mime_type, filename, kind, caption}
 *
 * Lists, forms and contact details open in a bottom sheet (<dialog>). Inside an element with `data-wa-screen` (a drawn
 * phone) the sheet lies over that element, else over the window.
 *
 * `summary(m)` gives the message as one line of plain text, for chat lists and quotations.
 */

import { drawing } from "./drawing.js";
import { foot, failure, forwarded, quotation, reactions, referral, tools } from "./frame.js";
import { html } from "./html.js";
import { label, summary } from "./label.js";
import { object } from "./values.js";

export { summary };

const OPTIONS = ["viewer", "interactive", "quoted", "names", "mediaUrl"];
const CHANGING = ["status", "error", "reactions"];

/** @returns {WaMessage} */
export function renderMessage(message, options = {}) {
  const element = document.createElement("wa-message");
  for (const name of OPTIONS) if (options[name] !== undefined) element[name] = options[name];
  element.message = message;
  return element;
}

export class WaMessage extends HTMLElement {
  #message;
  #drawn = null; // the message and the options as they were when all of it was drawn
  #options = { viewer: "handset", interactive: false, quoted: null, names: {}, mediaUrl: null };

  static {
    for (const name of OPTIONS) {
      Object.defineProperty(WaMessage.prototype, name, {
        get() {
          return this.#options[name];
        },
        set(value) {
          this.#options[name] = value;
          this.#drawn = null;
          this.#draw();
        },
      });
    }
  }

  get message() {
    return this.#message;
  }

  set message(message) {
    this.#message = message;
    this.#draw();
  }

  connectedCallback() {
    this.#draw();
  }

  #draw() {
    if (!this.isConnected || this.#message === undefined) return;
    const view = this.#view();
    const still = stillPart(this.#message);
    if (this.#drawn === null || this.#drawn !== still) this.replaceChildren(whole(this.#message, view, this));
    else redrawChanging(this, this.#message, view);
    this.#drawn = still;
    this.setAttribute("role", "article");
    this.setAttribute("aria-label", label(this.#message, view));
  }

  #view() {
    const { viewer, names, mediaUrl, quoted } = this.#options;
    const from = object(this.#message).from === "business" ? "business" : "handset";
    const interactive = this.#options.interactive === true && viewer !== "business";
    return {
      from,
      mine: from === (viewer === "business" ? "business" : "handset"),
      interactive,
      names: { business: "Business", handset: "Handset", ...object(names) },
      quoted: quoted ?? null,
      mediaUrl: typeof mediaUrl === "function" ? mediaUrl : null,
      host: this,
      act: (action, detail = {}) => !interactive || this.#act(action, detail),
    };
  }

  /** True unless the page has prevented what the browser would do next. */
  #act(action, detail) {
    const all = { ...detail, action, message: this.#message };
    return this.dispatchEvent(
      new CustomEvent("wa-action", { bubbles: true, composed: true, cancelable: true, detail: all }),
    );
  }
}

/** What tells whether anything but status and reactions is new. Null, never equal to itself here, if it can not be told. */
function stillPart(message) {
  try {
    return JSON.stringify({ ...message, ...Object.fromEntries(CHANGING.map((name) => [name, undefined])) });
  } catch {
    return null;
  }
}

function whole(message, view, host) {
  const { main, after, below, shape } = drawing(message, view);
  host.dataset.side = view.mine ? "mine" : "theirs";
  host.dataset.shape = shape;
  if (shape === "pill") return main;
  return html`<div class="wa-line">
      <div class="wa-bubble">
        ${forwarded(message)}${quotation(message, view)}${referral(message)}
        <div class="wa-main">${main}${foot(message, view)}</div>
        ${after ? html`<div class="wa-after">${after}</div>` : null}
      </div>
      ${tools(message, view)}
    </div>
    ${below} ${reactions(message, view)} ${failure(message)}`;
}

function redrawChanging(host, message, view) {
  host.querySelector(":scope > .wa-line .wa-foot")?.replaceWith(foot(message, view));
  host.querySelector(":scope > .wa-line > .wa-tools")?.replaceWith(tools(message, view));
  host.querySelector(":scope > .wa-reactions")?.remove();
  host.querySelector(":scope > .wa-failure")?.remove();
  if (host.dataset.shape !== "pill") host.append(reactions(message, view) ?? "", failure(message) ?? "");
}

customElements.define("wa-message", WaMessage);
