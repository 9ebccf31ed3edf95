/** What a person does with the phone that is shown. Problems are shown and end there: the answer is then undefined. */

import { action, post, upload } from "./api.js";
import { keepHandset, keepMessage, noteLast } from "./data.js";
import { changed, state } from "./store.js";
import { complain } from "./say.js";

/** `members` are those of the action besides `do` and `number`. */
export async function act(doing, members = {}, { handset, number } = state.route) {
  try {
    const answer = await action(handset, { do: doing, ...(number ? { number } : {}), ...members });
    keepHandset(answer.handset);
    if (answer.message) keepMessage(answer.message, answer.handset?.address ?? handset, number);
    if (answer.message && answer.message.type !== "reaction") noteLast(answer.message, handset, number);
    return answer;
  } catch (problem) {
    complain(problem);
    return undefined;
  }
}

/** A message as the handset writes it; it answers what is quoted, if anything. */
export async function write(type, content, { context, where } = {}) {
  const answered = context ?? state.quoted?.id;
  const sent = await act("send", { type, [type]: content, ...(answered ? { context: answered } : {}) }, where);
  if (sent && state.quoted) {
    state.quoted = null;
    changed("quote");
  }
  return sent;
}

/** A file as a message of its kind. */
export async function sendFile({ kind, blob, name, voice }, caption) {
  const where = { ...state.route };
  try {
    const id = await upload(blob, name);
    const captioned = caption && ["image", "video", "document"].includes(kind) ? { caption } : {};
    const content = { id, ...captioned, ...(kind === "document" ? { filename: name } : {}), ...(voice ? { voice: true } : {}) };
    return await write(kind, content, { where });
  } catch (problem) {
    complain(problem);
    return undefined;
  }
}

export function addNumber(body) {
  return post("numbers", body);
}
