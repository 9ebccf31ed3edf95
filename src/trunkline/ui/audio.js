/**
 * A player for voice notes and other sound. The bars only look like a waveform: the file is not read for them.
 */

import { html } from "./html.js";
import { icon } from "./icons.js";

const BARS = 38;

let playing = null; // one at a time, in the whole page

export function voiceNote(media, voice, seed) {
  const sound = new Audio();
  sound.preload = "metadata";
  if (media.url) sound.src = media.url;
  const name = voice ? "voice message" : "audio";
  const bars = waveform(seed);
  const parts = html`<div class="wa-audio" data-voice=${voice}>
    <button type="button" class="tl-icon-button wa-play" aria-label=${`Play ${name}`} disabled=${!media.url}
      @click=${() => toggle(sound, box)}>${icon("play")}</button>
    <span class="wa-wave">${bars}<input type="range" min="0" max="1000" step="10" value="0" aria-label=${`Position in the ${name}`}
      disabled=${!media.url} @input=${(event) => seek(sound, event.target.value)} /></span>
    <span class="wa-audio-time">${media.url ? "–:––" : "Not available"}</span>
  </div>`;
  const box = parts.firstElementChild;
  box.append(sound); // so that it stops when the message goes
  follow(sound, box, name);
  return box;
}

function follow(sound, box, name) {
  const [button, range, time] = ["button", "input", ".wa-audio-time"].map((one) => box.querySelector(one));
  const bars = box.querySelectorAll("rect");
  const show = () => {
    const part = sound.duration > 0 && Number.isFinite(sound.duration) ? sound.currentTime / sound.duration : 0;
    range.value = part * 1000;
    bars.forEach((bar, index) => bar.classList.toggle("done", index < part * BARS));
    time.textContent = clock(sound.currentTime || sound.duration);
    range.setAttribute("aria-valuetext", time.textContent);
  };
  const state = () => {
    button.replaceChildren(icon(sound.paused ? "play" : "pause"));
    button.setAttribute("aria-label", `${sound.paused ? "Play" : "Pause"} ${name}`);
  };
  for (const event of ["timeupdate", "durationchange", "ended"]) sound.addEventListener(event, show);
  for (const event of ["play", "pause", "ended"]) sound.addEventListener(event, state);
  sound.addEventListener("error", () => {
    button.disabled = range.disabled = true;
    time.textContent = "Can not be played";
  });
}

async function toggle(sound, box) {
  if (!sound.paused) return sound.pause();
  playing?.pause();
  playing = sound;
  try {
    await sound.play();
  } catch {
    box.querySelector(".wa-audio-time").textContent = "Can not be played";
  }
}

function seek(sound, position) {
  if (Number.isFinite(sound.duration)) sound.currentTime = (position / 1000) * sound.duration;
}

function clock(seconds) {
  if (!Number.isFinite(seconds)) return "–:––";
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

function waveform(seed) {
  let state = seed || 1;
  const bars = Array.from({ length: BARS }, (_, index) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const height = 4 + Math.round((0.35 + 0.65 * Math.abs(Math.sin(index / 3.1 + seed))) * (state / 2 ** 32) * 20);
    return html`<svg><rect x=${index * 4} y=${14 - height / 2} width="2.4" height=${height} rx="1.2" /></svg>`.firstElementChild.firstElementChild;
  });
  return html`<svg viewBox="0 0 152 28" preserveAspectRatio="none" aria-hidden="true">${bars}</svg>`;
}
