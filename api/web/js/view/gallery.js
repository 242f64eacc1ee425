// All files of this browser: sorted, filtered, exported, compared.

import { button, h, save } from "../dom.js";
import { toCsv, toNdjson } from "../export.js";
import { t } from "../i18n.js";
import { jobs, standing } from "../jobs.js";
import { go } from "../router.js";
import { card } from "./card.js";
import { nameOf } from "./words.js";

const FILTERS = ["all", "fake", "inconclusive", "real", "busy", "failed"];
const SORTS = {
  newest: (a, b) => b.order - a.order,
  score: (a, b) => scoreOf(b) - scoreOf(a),
  name: (a, b) => nameOf(a).localeCompare(nameOf(b)),
};

// Kept while the page is open: whoever comes back from one file finds the list as it was.
const chosen = { filter: "all", sort: "newest" };

export function gallery() {
  const cards = new Map();
  const picked = [];
  const list = h("ul", { class: "cards" });
  const count = h("p", { class: "hint", role: "status" });
  const compare = button(t("compare.button"), () => go(`compare/${picked.map((entry) => entry.key).join("/")}`), { disabled: true, title: t("compare.how") });
  const tools = toolbar(() => draw(), compare);
  const element = h("section", { class: "gallery", "aria-labelledby": "gallery-title" },
    h("div", { class: "gallery-head" }, h("h2", { id: "gallery-title" }, t("gallery.title")), count), tools, list);

  function pick(entry, on) {
    const at = picked.indexOf(entry);
    if (at >= 0) picked.splice(at, 1);
    if (on) picked.push(entry);
    if (picked.length > 2) cards.get(picked.shift())?.unpick();
    compare.disabled = picked.length !== 2;
  }

  function draw() {
    const all = jobs.all;
    for (const entry of cards.keys()) if (!all.includes(entry)) cards.delete(entry), pick(entry, false);
    for (const entry of all) if (!cards.has(entry)) cards.set(entry, card(entry, pick));
    const shown = all.filter((entry) => fits(entry)).sort(SORTS[chosen.sort]);
    const wanted = shown.map((entry) => cards.get(entry).element);
    // Only what moved is touched, so that nothing loses the focus.
    wanted.forEach((item, index) => list.children[index] !== item && list.insertBefore(item, list.children[index] ?? null));
    while (list.children.length > wanted.length) list.lastChild.remove();
    count.textContent = shown.length === all.length ? t("gallery.count", { count: all.length }) : t("gallery.some", { shown: shown.length, all: all.length });
    tools.hidden = all.length < 2;
  }

  draw();
  return {
    element,
    update(entry) {
      if (entry) cards.get(entry)?.update();
      draw();
    },
  };
}

function fits(entry) {
  const what = standing(entry);
  if (chosen.filter === "all") return true;
  return chosen.filter === "failed" ? ["failed", "canceled", "gone"].includes(what) : chosen.filter === what;
}

function scoreOf(entry) {
  return entry.job?.result?.fake_probability ?? -1;
}

function toolbar(changed, compare) {
  const select = (name, options) => {
    const box = h("select", { class: "select", id: `gallery-${name}`, onchange: () => ((chosen[name] = box.value), changed()) },
      options.map((option) => h("option", { value: option, selected: option === chosen[name] }, t(`gallery.${name}.${option}`))));
    return h("label", { class: "field" }, h("span", {}, t(`gallery.${name}`)), box);
  };
  const finished = () => jobs.all.filter((entry) => entry.job && fits(entry)).sort(SORTS[chosen.sort]);
  return h("div", { class: "toolbar" }, select("filter", FILTERS), select("sort", Object.keys(SORTS)), h("span", { class: "spring" }), compare,
    button("CSV", () => save("verdicts.csv", "text/csv", toCsv(finished())), { "aria-label": t("export.csv") }),
    button("NDJSON", () => save("verdicts.ndjson", "application/x-ndjson", toNdjson(finished())), { "aria-label": t("export.ndjson") }));
}
