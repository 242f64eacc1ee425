// Records a short film of the camera. No sound: nothing here listens to it.

import { announce, button, h } from "../dom.js";
import { seconds, t } from "../i18n.js";
import { open } from "./dialog.js";

const LONGEST_S = 15;
const TYPES = ["video/webm;codecs=vp9", "video/webm", "video/mp4"];

export function canRecord() {
  return Boolean(navigator.mediaDevices?.getUserMedia && globalThis.MediaRecorder);
}

/** Open the camera in a dialog; `use` gets the film as a File. */
export async function record(use) {
  const video = h("video", { class: "camera", playsinline: true, muted: true, "aria-label": t("record.picture") });
  video.muted = true;
  const state = h("p", { class: "hint", role: "status" }, t("record.asking"));
  const row = h("div", { class: "row" });
  let stream = null;
  const dialog = open(t("record.title"), [video, state, row], { onclose: () => stream?.getTracks().forEach((track) => track.stop()) });
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 } }, audio: false });
  } catch (error) {
    state.textContent = t(error.name === "NotFoundError" ? "record.none" : "record.denied");
    return;
  }
  if (!dialog.open) return stream.getTracks().forEach((track) => track.stop());
  video.srcObject = stream;
  video.play();
  state.textContent = t("record.ready", { limit: seconds(LONGEST_S) });
  const begin = () => run(stream, state, row, (file) => (dialog.close(), use(file)));
  row.append(button(t("record.start"), begin, { kind: "primary", symbol: "camera" }));
}

function run(stream, state, row, done) {
  const type = TYPES.find((each) => MediaRecorder.isTypeSupported(each));
  const recorder = new MediaRecorder(stream, type ? { mimeType: type } : {});
  const parts = [];
  const started = Date.now();
  const timer = setInterval(() => {
    const passed = (Date.now() - started) / 1000;
    state.textContent = t("record.running", { time: seconds(passed, 0), limit: seconds(LONGEST_S) });
    if (passed >= LONGEST_S) recorder.stop();
  }, 250);
  recorder.ondataavailable = (event) => parts.push(event.data);
  recorder.onstop = () => {
    clearInterval(timer);
    const plain = (type ?? "video/webm").split(";")[0];
    done(new File(parts, `${t("record.name")}.${plain.split("/")[1]}`, { type: plain }));
  };
  stream.getVideoTracks()[0].onended = () => recorder.state === "recording" && recorder.stop();
  recorder.start(1000);
  announce(t("record.started"));
  row.replaceChildren(button(t("record.stop"), () => recorder.stop(), { kind: "primary" }));
}
