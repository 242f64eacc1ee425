// Two files side by side.

import { button, h } from "../dom.js";
import { t } from "../i18n.js";
import { ended } from "../jobs.js";
import { go } from "../router.js";
import { mediaPanel } from "./facts.js";
import { gauge } from "./gauge.js";
import { peopleOf } from "./people.js";
import { verdictPanel } from "./result.js";
import { strip } from "./strip.js";
import { timeline } from "./timeline.js";
import { nameOf } from "./words.js";

export function compareView(entries) {
  const pair = h("div", { class: "pair top" });
  let open = [];
  const close = () => open.forEach((each) => each.close());
  const draw = () => {
    close();
    open = [];
    pair.replaceChildren(...entries.map((entry) => side(entry, open)));
  };
  draw();
  return {
    element: h("article", { class: "job" }, h("div", {}, button(t("all"), () => go(""), { kind: "quiet", symbol: "back" })),
      h("h1", {}, t("compare.title")), h("p", { class: "caution" }, t("compare.caution")), pair),
    update: (changed) => entries.includes(changed) && draw(),
    close,
  };
}

function side(entry, open) {
  const result = entry.job?.result;
  const title = h("h2", { class: "job-title" }, h("a", { href: `#${entry.key}` }, nameOf(entry)));
  if (!result) return h("section", { class: "stack" }, title, h("p", { class: "panel" }, t(ended(entry.job) || entry.phase === "gone" ? "compare.none" : "progress.loading")));
  const people = peopleOf(result);
  const frames = strip(entry.job);
  open.push(frames);
  const whole = h("section", { class: "stack" }, title, verdictPanel(entry),
    result.fake_probability !== null && h("div", { class: "panel" }, gauge(result)),
    result.frames.length > 0 && h("div", { class: "panel" }, entry.job.media.kind === "video" && people.length > 0 && timeline(entry.job, people), frames.element),
    mediaPanel(entry.job));
  // Both sides have panels of the same names; the file's own name tells them apart.
  for (const panel of whole.querySelectorAll("section, [role=region]")) {
    const name = panel.querySelector("h2")?.textContent ?? panel.getAttribute("aria-label");
    panel.removeAttribute("aria-labelledby");
    panel.setAttribute("aria-label", `${name}, ${nameOf(entry)}`);
  }
  return whole;
}
