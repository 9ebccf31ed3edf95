/** A small choice of emoji, and a field for any other. */

import { html } from "../ui/html.js";

const CHOICE = "😀 😂 😊 😍 😎 🤔 😢 😡 👍 👎 👏 🙏 💪 👋 🎉 🔥 ❤️ 💯 ✅ ❌ ⭐ ☕ 🍕 🎁 🌞 🌧️ 🚀 🏠 📦 📞 💬 ⏰".split(" ");

/** Fills a popover; `choose(emoji)` is called for each tap. */
export function emojiPanel(choose) {
  const other = (event) => {
    event.preventDefault();
    const typed = event.target.elements.other.value.trim();
    if (typed) choose(typed);
    event.target.reset();
  };
  return html`<div class="pg-emoji" role="group" aria-label="Emoji">
      ${CHOICE.map((one) => html`<button type="button" @click=${() => choose(one)}>${one}</button>`)}
    </div>
    <form class="pg-emoji-other" @submit=${other}>
      <label><span class="hidden">Any other emoji</span><input name="other" placeholder="Any other" maxlength="16" autocomplete="off"></label>
      <button class="pg-button">Insert</button>
    </form>`;
}
