/** Voice notes by the browser's own recorder, where there is one and a microphone may be used. */

const KINDS = ["audio/ogg;codecs=opus", "audio/mp4", "audio/webm;codecs=opus"];

export function canRecord() {
  return typeof MediaRecorder === "function" && Boolean(navigator.mediaDevices?.getUserMedia);
}

/** Begins at once. `stop()` gives the file, `cancel()` throws it away. */
export async function record() {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true }).catch((problem) => {
    const denied = problem.name === "NotAllowedError";
    throw new Error(denied ? "The browser did not allow the microphone." : "No microphone was found.");
  });
  const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
  const recorder = new MediaRecorder(stream, mimeType ? { mimeType } : {});
  const parts = [];
  recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
  recorder.start();
  const end = () =>
    new Promise((resolve) => {
      recorder.addEventListener("stop", () => resolve(new Blob(parts, { type: recorder.mimeType })));
      recorder.stop();
      for (const track of stream.getTracks()) track.stop();
    });
  return { stop: async () => ({ kind: "audio", blob: await end(), name: "voice", voice: true }), cancel: end };
}
