/** What a person can do with the phone as such. */

import { remove } from "./api.js";
import { loadAll } from "./data.js";
import { ask, confirm } from "./dialogs.js";
import { act } from "./doing.js";
import { go } from "./route.js";
import { toast, trying } from "./say.js";
import { business, shownHandset, state } from "./store.js";
import { phoneNumber } from "./words.js";

export function phoneItems() {
  const handset = shownHandset();
  const number = state.route.number ?? state.number;
  const name = business(number)?.name ?? "the business";
  const off = handset.online === false;
  const blocked = handset.blocked.includes(number);
  const stopped = handset.marketing_stopped.includes(number);
  const perform = (doing, said) => async () => (await act(doing, {}, { handset: handset.address, number })) && toast(said);
  return [
    off
      ? { text: "Come back online", symbol: "phone", act: perform("online", "Online again.") }
      : { text: "Go offline", symbol: "offline", act: perform("offline", "Offline. Messages wait until this phone is back.") },
    state.route.number
      ? { text: "Close the chat", symbol: "close", act: () => go(handset.address) }
      : { text: "Open the chat", symbol: "expand", act: () => go(handset.address, number) },
    null,
    blocked
      ? { text: `Unblock ${name}`, symbol: "ban", act: perform("unblock", `${name} is unblocked.`) }
      : { text: `Block ${name}`, symbol: "ban", danger: true, act: perform("block", `${name} is blocked: its messages fail with 131026.`) },
    stopped
      ? { text: "Resume marketing", symbol: "megaphone", act: perform("resume_marketing", "Marketing is allowed again.") }
      : { text: "Stop marketing", symbol: "megaphone", act: perform("stop_marketing", "Marketing templates fail with 131050 now.") },
    null,
    { text: "Rename…", symbol: "person", act: trying(() => rename(handset)) },
    { text: "Username…", symbol: "tag", act: trying(() => adoptUsername(handset)) },
    { text: "Change number…", symbol: "phone", act: trying(() => changeNumber(handset)) },
    {
      text: "Reads by itself",
      symbol: "bolt",
      checked: !handset.held,
      act: handset.held
        ? perform("let_go", "This phone is on its own again and reads what comes.")
        : perform("hold", "In your hands: messages are read when the chat is open."),
    },
    null,
    { text: "Forget this phone…", symbol: "trash", danger: true, act: trying(() => forget(handset)) },
  ];
}

async function rename(handset) {
  const answers = await ask({
    title: "Rename",
    fields: [{ name: "name", label: "Profile name", value: handset.name, required: true, max: 25 }],
  });
  if (answers) await act("rename", answers);
}

async function adoptUsername(handset) {
  const answers = await ask({
    title: "Username",
    intro: "With a username, businesses that do not know the phone number yet see only the user id.",
    fields: [
      { name: "username", label: "Username", value: handset.username ?? "", max: 35, hint: "Left empty, the phone goes without one." },
    ],
  });
  if (answers) await act("adopt_username", { username: answers.username.trim() });
}

async function changeNumber(handset) {
  const answers = await ask({
    title: "Change number",
    intro: `${phoneNumber(handset.address)} moves to another number. The business hears of it; the chat goes along.`,
    fields: [{ name: "to", label: "New number", type: "tel", required: true }],
    submit: "Change number",
    check: ({ to }) => {
      if (!/^[1-9]\d{6,14}$/.test(to.replace(/\D/g, ""))) throw new Error("A phone number has 7 to 15 digits, country code first.");
    },
  });
  if (!answers) return;
  const { route } = state;
  const moved = await act("change_number", { to: answers.to.replace(/\D/g, "") });
  if (!moved) return;
  state.handsets.delete(handset.address);
  go(moved.handset.address, route.number, { replace: true });
}

async function forget(handset) {
  const sure = await confirm("Forget this phone?", "Name, state and rules go back to what every phone has. Messages stay.", "Forget");
  if (!sure) return;
  await remove(`handsets/${handset.address}`);
  go(handset.address, null, { replace: true });
  await loadAll();
}
