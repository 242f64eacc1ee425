// One file in the gallery.

import { h, icon } from "../dom.js";
import { clock, percent, score, t } from "../i18n.js";
import { standing } from "../jobs.js";
import { progressOf } from "./progress.js";
import { nameOf, shortFacts, verdictWords } from "./words.js";

/** A card that can be updated in place; `onpick` hears when it is chosen for a comparison. */
export function card(entry, onpick) {
  const title = h("a", { class: "card-title" });
  const words = h("p", { class: "card-words" });
  const facts = h("p", { class: "hint" });
  const bar = h("progress", { class: "bar-line", max: 1 });
  const mark = h("span", { class: "card-mark" });
  const pick = h("input", { type: "checkbox", class: "check", onchange: () => onpick(entry, pick.checked) });
  const element = h("li", { class: "card" }, mark, h("div", { class: "card-body" }, title, words, facts, bar), pick);
  let shown = "";
  const update = () => {
    const what = standing(entry);
    const state = progressOf(entry);
    if (shown !== what) mark.replaceChildren(icon(what === "canceled" || what === "gone" ? "failed" : what));
    shown = what;
    element.dataset.standing = what;
    title.href = `#${entry.key}`;
    title.textContent = nameOf(entry);
    words.textContent = what === "busy" ? state.text : verdictWords(entry) + scoreOf(entry);
    facts.textContent = [shortFacts(entry), entry.job?.finished_at && clock(entry.job.finished_at)].filter(Boolean).join(" · ");
    bar.hidden = what !== "busy";
    if (state.share === null) bar.removeAttribute("value");
    else bar.value = state.share;
    bar.setAttribute("aria-label", t("progress.of", { name: nameOf(entry) }));
    pick.hidden = !entry.job?.result;
    pick.setAttribute("aria-label", t("compare.pick", { name: nameOf(entry) }));
  };
  update();
  return { element, update, unpick: () => (pick.checked = false) };
}

function scoreOf(entry) {
  const result = entry.job?.result;
  if (!result || result.fake_probability === null) return "";
  const error = result.expected_error ? ` · ${t("card.error", { rate: percent(result.expected_error.rate) })}` : "";
  return ` · ${t("card.score", { score: score(result.fake_probability, result.thresholds) })}${error}`;
}
