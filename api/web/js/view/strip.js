// The judged frames side by side; a click opens one large.

import { picture } from "../api.js";
import { h } from "../dom.js";
import { score, seconds, t } from "../i18n.js";
import { boxes, shapeOf } from "./boxes.js";
import { frameDialog } from "./frame_dialog.js";

/** `{element, close}`; pictures come where the job has evidence, else an outline shows the face's place. */
export function strip(job) {
  const stop = new AbortController();
  const made = [];
  const tiles = job.result.frames.map((frame, n) => tile(job, frame, n));
  const element = h("div", { class: "strip-block" }, h("h3", {}, t("frames.title", { count: tiles.length })),
    h("ul", { class: "strip" }, tiles.map(({ element: each }) => h("li", {}, each))),
    !job.links.frames && h("p", { class: "hint" }, t("frames.none")));
  load();
  return { element, close: () => (stop.abort(), made.forEach((url) => URL.revokeObjectURL(url))) };

  async function load() {
    if (!job.links.frames) return;
    for (const { image, n } of tiles) {
      try {
        image.src = await picture(frameAddress(job, n), stop.signal);
        made.push(image.src);
      } catch (problem) {
        if (stop.signal.aborted) return;
        if (problem.status !== 404 && problem.status !== 410) return; // the server is away: outlines stay
      }
    }
  }
}

function tile(job, frame, n) {
  const image = h("img", { alt: "", class: "frame-picture", hidden: true, onload: () => (image.hidden = false) });
  const shape = h("span", { class: "frame-shape" }, image, boxes(job, frame, { labels: false }));
  shape.style.aspectRatio = String(shapeOf(job.media));
  const words = frame.faces.length === 0 ? t("frames.no_face") : score(frame.fake_probability);
  const time = job.media.kind === "video" ? seconds(frame.timestamp_s) : "";
  const element = h("button", { type: "button", class: `frame side-${sideOf(frame, job.result)}`, "aria-label": label(job, frame, n), onclick: () => frameDialog(job, n) },
    shape, h("span", { class: "frame-words" }, h("span", {}, time), h("strong", {}, words)));
  return { element, image, n };
}

function label(job, frame, n) {
  const what = frame.faces.length === 0 ? t("frames.no_face") : t("card.score", { score: score(frame.fake_probability) });
  return t("frames.open", { n: n + 1, time: seconds(frame.timestamp_s), what });
}

function sideOf(frame, { thresholds }) {
  const value = frame.fake_probability;
  if (value === null) return "none";
  return value >= thresholds.fake ? "fake" : value <= thresholds.real ? "real" : "between";
}

export function frameAddress(job, n) {
  return job.links.frames.replace("{n}", n);
}

export function heatmapAddress(job, n, i) {
  return job.links.heatmaps.replace("{n}", n).replace("{i}", i);
}

