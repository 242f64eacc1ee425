// The score between the two thresholds: three fields, one mark.

import { h, svg } from "../dom.js";
import { number, score, t } from "../i18n.js";

const WIDTH = 600;
const HEIGHT = 78;
const TOP = 26;
const THICK = 16;

export function gauge(result) {
  const { real, fake } = result.thresholds;
  const value = result.fake_probability;
  const field = (from, to, name) => svg("rect", { class: `field-${name}`, x: from * WIDTH, y: TOP, width: Math.max(0, to - from) * WIDTH, height: THICK });
  const limit = (at, anchor) => [
    svg("line", { class: "limit", x1: at * WIDTH, x2: at * WIDTH, y1: TOP - 4, y2: TOP + THICK + 6 }),
    svg("text", { class: "chart-text", x: at * WIDTH, y: HEIGHT - 12, "text-anchor": anchor }, number(at, 3)),
  ];
  const x = Math.min(Math.max(value * WIDTH, 9), WIDTH - 9);
  const picture = svg("svg", { class: "gauge-picture", viewBox: `-2 0 ${WIDTH + 4} ${HEIGHT}`, role: "img", "aria-label": t("gauge.label", { score: score(value, result.thresholds), fake: number(fake, 3), real: number(real, 3) }) },
    field(0, real, "real"), field(real, fake, "between"), field(fake, 1, "fake"),
    limit(real, "middle"), limit(fake, "middle"),
    svg("path", { class: "mark", d: `M${x - 9} 6h18l-9 15z` }),
    svg("line", { class: "mark-line", x1: x, x2: x, y1: TOP - 6, y2: TOP + THICK }));
  return h("figure", { class: "gauge" },
    h("p", { class: "gauge-score" }, h("span", {}, t("score.word")), " ", h("strong", {}, score(value, result.thresholds))),
    picture,
    h("ul", { class: "legend" }, ["real", "between", "fake"].map((name) => h("li", {}, h("span", { class: `swatch ${name}` }), t(`gauge.${name}`)))));
}
