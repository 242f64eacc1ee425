// Score against seconds, a line for each person, with both thresholds; and the same as a table.

import { h, svg } from "../dom.js";
import { number, score, seconds, t } from "../i18n.js";
import { mark } from "./people.js";

const WIDTH = 640;
const HEIGHT = 220;
const BOX = { left: 38, right: 12, top: 12, bottom: 30 };

export function timeline(job, people) {
  const { result, media } = job;
  const end = Math.max(media.duration_s ?? 0, ...result.frames.map((frame) => frame.timestamp_s), 0.1);
  const x = (time) => BOX.left + (time / end) * (WIDTH - BOX.left - BOX.right);
  const y = (value) => BOX.top + (1 - value) * (HEIGHT - BOX.top - BOX.bottom);
  const picture = svg("svg", { class: "timeline-picture", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": summary(result, people) },
    fields(result.thresholds, x, y, end), axes(x, y, end), result.frames.filter((frame) => frame.faces.length === 0).map((frame) => gap(frame, x)), people.map((person) => series(person, x, y)));
  return h("figure", { class: "timeline" }, picture,
    h("figcaption", { class: "hint" }, t("timeline.caption")), table(result, people));
}

function fields({ real, fake }, x, y, end) {
  const width = x(end) - x(0);
  const field = (low, high, name) => svg("rect", { class: `field-${name}`, x: x(0), y: y(high), width, height: Math.max(0, y(low) - y(high)) });
  const limit = (value) => [
    svg("line", { class: "limit dashed", x1: x(0), x2: x(end), y1: y(value), y2: y(value) }),
  ];
  return svg("g", { class: "fields" }, field(fake, 1, "fake"), field(real, fake, "between"), field(0, real, "real"), limit(fake), limit(real));
}

function axes(x, y, end) {
  const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200].find((each) => end / each <= 6) ?? 1800;
  const ticks = Array.from({ length: Math.floor(end / step + 1e-9) + 1 }, (_, index) => index * step);
  return [
    [0, 0.5, 1].map((value) => svg("text", { class: "chart-text", x: BOX.left - 6, y: y(value) + 4, "text-anchor": "end" }, number(value, 1))),
    ticks.map((time) => svg("text", { class: "chart-text", x: x(time), y: HEIGHT - 8, "text-anchor": "middle" }, seconds(time))),
    svg("line", { class: "axis", x1: x(0), x2: x(end), y1: y(0), y2: y(0) }),
  ];
}

function series(person, x, y) {
  const points = person.points.filter((point) => point.score !== null);
  const line = points.map((point) => `${x(point.time)},${y(point.score)}`).join(" ");
  return svg("g", {}, svg("polyline", { class: `series person-${person.index % 4}`, points: line }), points.map((point) => mark(person.index, x(point.time), y(point.score))));
}

/** A frame without a face has no score: a small cross on the axis. */
function gap(frame, x) {
  const at = x(frame.timestamp_s);
  const low = HEIGHT - BOX.bottom;
  return svg("path", { class: "gap", d: `M${at - 4} ${low - 4}l8 8M${at + 4} ${low - 4}l-8 8` });
}

function summary(result, people) {
  return [t("timeline.label"), ...people.map((person) => {
    const scores = person.points.map((point) => point.score).filter((value) => value !== null);
    return t("timeline.person", { name: person.name, low: score(Math.min(...scores)), high: score(Math.max(...scores)) });
  })].join(" ");
}

function table(result, people) {
  const cells = (frame) => people.map((person) => {
    const face = frame.faces.find((each) => (each.identity ?? 0) === person.identity);
    return h("td", {}, face ? score(face.fake_probability) : "–");
  });
  return h("details", { class: "as-table" }, h("summary", {}, t("timeline.table")),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("timeline.table") }, h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("timeline.time")), people.map((person) => h("th", { scope: "col" }, person.name)))),
      h("tbody", {}, result.frames.map((frame) => h("tr", {}, h("th", { scope: "row" }, seconds(frame.timestamp_s, 2)), cells(frame)))))));
}
