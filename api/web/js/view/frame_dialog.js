// One frame large: faces, scores, and the map of what raised the score as an overlay with a slider.

import { picture } from "../api.js";
import { button, h } from "../dom.js";
import { number, percent, score, seconds, t } from "../i18n.js";
import { boxes, shapeOf } from "./boxes.js";
import { open } from "./dialog.js";
import { personName, peopleOf } from "./people.js";
import { frameAddress, heatmapAddress } from "./strip.js";

/** Open frame `start` of the job; arrows go to its neighbours. */
export function frameDialog(job, start) {
  const frames = job.result.frames;
  const urls = new Map();
  const stop = new AbortController();
  let n = start;
  const stage = h("div", { class: "stage" });
  stage.style.aspectRatio = String(shapeOf(job.media));
  stage.style.setProperty("--shape", String(shapeOf(job.media)));
  const facts = h("div", { class: "stage-facts" });
  const slider = h("input", { type: "range", id: "heat", min: 0, max: 100, value: 60, oninput: () => shade() });
  const opacity = h("output", { for: "heat" });
  const show = h("input", { type: "checkbox", id: "show-boxes", class: "check", checked: true, onchange: () => draw() });
  const place = h("p", { class: "hint", role: "status" });
  const move = (by) => {
    n = (n + by + frames.length) % frames.length;
    draw();
  };
  const tools = h("div", { class: "stage-tools" },
    button(t("frame.before"), () => move(-1), { symbol: "back", disabled: frames.length < 2 }), place,
    button(t("frame.after"), () => move(1), { symbol: "next", kind: "trailing", disabled: frames.length < 2 }));
  const heat = h("div", { class: "heat" }, h("label", { for: "heat" }, t("heat.label")), slider, opacity, h("p", { class: "hint" }, t("heat.meaning")));
  const dialog = open(t("frame.title"), [stage, tools, heat, h("label", { class: "choice" }, show, t("frame.boxes")), facts],
    { wide: true, onclose: () => (stop.abort(), urls.forEach((url) => URL.revokeObjectURL(url))) });
  dialog.addEventListener("keydown", (event) => {
    if (event.target === slider) return;
    if (event.key === "ArrowLeft") move(-1);
    if (event.key === "ArrowRight") move(1);
  });
  draw();

  function draw() {
    const frame = frames[n];
    place.textContent = job.media.kind === "video" ? t("frame.place", { n: n + 1, all: frames.length, time: seconds(frame.timestamp_s, 2) }) : t("frame.still");
    heat.hidden = !job.links.heatmaps || frame.faces.length === 0;
    stage.replaceChildren(...(job.links.frames ? [] : [h("p", { class: "stage-empty" }, t("frames.none"))]));
    if (job.links.frames) put(frameAddress(job, n), "stage-picture", t("frame.alt", { n: n + 1 }), n);
    if (!heat.hidden) frame.faces.forEach((face, i) => face.crop && put(heatmapAddress(job, n, i), "stage-heat", "", n, face.crop));
    if (show.checked) stage.append(boxes(job, frame));
    facts.replaceChildren(faceList(job, frame));
    shade();
  }

  async function put(path, name, alt, of, crop = null) {
    const image = h("img", { class: name, alt });
    if (crop) ["left", "top", "width", "height"].forEach((side, index) => (image.style[side] = `${crop[index] * 100}%`));
    stage.prepend(image);
    if (crop) stage.append(image);
    try {
      if (!urls.has(path)) urls.set(path, await picture(path, stop.signal));
      if (of === n) image.src = urls.get(path);
    } catch {
      image.remove();
      if (name === "stage-picture" && of === n && !stop.signal.aborted) stage.prepend(h("p", { class: "stage-empty" }, t("frames.gone")));
    }
  }

  function shade() {
    stage.style.setProperty("--heat", slider.value / 100);
    opacity.textContent = percent(slider.value / 100);
  }
}

function faceList(job, frame) {
  if (frame.faces.length === 0) return h("p", {}, t("frames.no_face"));
  const people = peopleOf(job.result);
  const line = (face) => {
    const index = people.findIndex((each) => each.identity === (face.identity ?? 0));
    const width = face.width_px ? t("face.width", { width: number(face.width_px) }) : "";
    return h("li", {}, h("strong", {}, personName(index)), " ", t("card.score", { score: score(face.fake_probability) }), width && ` · ${width}`, ` · ${t("face.found", { share: percent(face.detection_score) })}`);
  };
  return [h("ul", { class: "faces" }, frame.faces.map(line)), h("p", { class: "hint" }, t("frame.alone"))].reduce((all, each) => (all.append(each), all), h("div", {}));
}
