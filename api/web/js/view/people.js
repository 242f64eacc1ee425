// The people of a film, told apart by their place in it.

import { h, svg } from "../dom.js";
import { number, score, t } from "../i18n.js";

/** `[{identity, name, shape, points: [{frame, face, time, score}]}]`, the most frequent first. */
export function peopleOf(result) {
  const people = new Map();
  result.frames.forEach((frame, n) => frame.faces.forEach((face, i) => {
    const identity = face.identity ?? 0;
    if (!people.has(identity)) people.set(identity, []);
    people.get(identity).push({ n, i, time: frame.timestamp_s, score: face.fake_probability });
  }));
  const sorted = [...people].sort(([, a], [, b]) => b.length - a.length);
  return sorted.map(([identity, points], index) => ({ identity, index, name: personName(index), points }));
}

export function personName(index) {
  return t("person", { letter: index < 26 ? String.fromCharCode(65 + index) : String(index + 1) });
}

/** A mark of a person: its shape tells them apart without colour. */
export function mark(index, x, y, size = 5, extra = "") {
  const shapes = [
    () => svg("circle", { cx: x, cy: y, r: size }),
    () => svg("rect", { x: x - size, y: y - size, width: 2 * size, height: 2 * size }),
    () => svg("path", { d: `M${x} ${y - size * 1.3}l${size * 1.3} ${size * 2.3}h${-2.6 * size}z` }),
    () => svg("path", { d: `M${x} ${y - size * 1.4}l${size * 1.4} ${size * 1.4}l${-size * 1.4} ${size * 1.4}l${-size * 1.4} ${-size * 1.4}z` }),
  ];
  const shape = shapes[index % shapes.length]();
  shape.setAttribute("class", `point person-${index % 4} ${extra}`);
  return shape;
}

/** A line for each person: in how many frames, and between which scores. */
export function peoplePanel(people, result) {
  const row = (person) => {
    const scores = person.points.map((point) => point.score).filter((value) => value !== null);
    const range = scores.length ? t("people.range", { low: score(Math.min(...scores)), high: score(Math.max(...scores)) }) : t("score.none");
    return h("li", {}, svg("svg", { class: "person-mark", viewBox: "0 0 16 16", "aria-hidden": "true" }, mark(person.index, 8, 8)),
      h("strong", {}, person.name), " ", t("people.seen", { count: person.points.length, all: number(result.frames.length) }), " ", range);
  };
  return h("div", { class: "people" }, h("h3", {}, t("people.title")), h("p", { class: "hint" }, t("people.rule")), h("ul", {}, people.map(row)));
}
