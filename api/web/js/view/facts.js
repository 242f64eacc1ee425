// What the file is, what was not looked at, and which model judged.

import { h } from "../dom.js";
import { bytes, has, milliseconds, number, seconds, t } from "../i18n.js";

export function mediaPanel({ media, result }) {
  const rows = [
    ["format", [media.container.toUpperCase(), media.codec].filter(Boolean).join(" · ")],
    ["length", media.duration_s !== null && seconds(media.duration_s)],
    ["size", media.width && `${number(media.width)} × ${number(media.height)}`],
    ["bytes", bytes(media.size)],
    ["frames", media.frames_total && t("facts.frames.of", { judged: result.frames_scored, decoded: result.frames_decoded ?? result.frames.length, all: media.frames_total })],
    ["covered", media.covered_s && seconds(media.covered_s)],
    ["hash", h("code", { class: "hash" }, media.sha256)],
  ];
  return panel("facts", list("facts", rows));
}

/** The notes of this file, and what is never looked at. */
export function checksPanel({ media }) {
  const notes = media.notes.map((code) => (has(`note.${code}`) ? t(`note.${code}`) : t("note.other", { code })));
  const never = ["frames", "origin", "body", "unknown"].filter((name) => name !== "frames" || media.kind === "video").map((name) => t(`unchecked.${name}`));
  const items = (sentences) => h("ul", { class: "bullets" }, sentences.map((sentence) => h("li", {}, sentence)));
  return panel("unchecked", [...(notes.length ? [h("h3", {}, t("notes.title")), items(notes)] : []), h("h3", {}, t("unchecked.always")), items(never)]);
}

export function modelPanel({ result, id }) {
  const times = Object.entries(result.timings_ms).map(([stage, value]) => `${has(`time.${stage}`) ? t(`time.${stage}`) : stage} ${milliseconds(value)}`);
  const rows = [
    ["model", `${result.model.name} ${result.model.version}`],
    ["runtime", result.model.runtime],
    ["model_hash", h("code", { class: "hash" }, result.model.sha256)],
    ["times", times.join(" · ")],
    ["job", h("code", { class: "hash" }, id)],
  ];
  return h("details", { class: "panel" }, h("summary", {}, h("h2", {}, t("model.title"))), list("model", rows));
}

let panels = 0;

/** A panel under an id of its own: two of a kind stand side by side in a comparison. */
export function panel(name, body) {
  panels += 1;
  const id = `${name}-title-${panels}`;
  return h("section", { class: "panel", "aria-labelledby": id }, h("h2", { id }, t(`${name}.title`)), body);
}

export function list(prefix, rows, kind = "") {
  return h("dl", { class: `facts ${kind}` }, rows.filter(([, value]) => value).map(([name, value]) => h("div", {}, h("dt", {}, t(`${prefix}.${name}`)), h("dd", {}, value))));
}
