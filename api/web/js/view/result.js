// What was found, in this order: the verdict and why, how often it is wrong, the score, then details.

import { button, copy, h, icon } from "../dom.js";
import { t } from "../i18n.js";
import { actions, privacy } from "./actions.js";
import { checksPanel, mediaPanel, modelPanel } from "./facts.js";
import { feedbackPanel } from "./feedback.js";
import { gauge } from "./gauge.js";
import { peopleOf, peoplePanel } from "./people.js";
import { provenancePanel } from "./provenance.js";
import { strip } from "./strip.js";
import { timeline } from "./timeline.js";
import { errorSentence, reasonSentence, sentenceToCopy, thresholdsOf, verdictWords } from "./words.js";

export function resultPanels(entry) {
  const { job } = entry;
  const frames = strip(job);
  const element = h("div", { class: "stack result" },
    verdictPanel(entry), scorePanel(job), evidencePanel(job, frames),
    h("div", { class: "pair" }, mediaPanel(job), checksPanel(job)), provenancePanel(job), modelPanel(job),
    h("section", { class: "panel", "aria-labelledby": "keep-title" }, h("h2", { id: "keep-title" }, t("keep.title")), privacy(job), actions(entry)),
    feedbackPanel(job));
  return { element, close: frames.close };
}

/** The verdict in words, its reason, and how often such a verdict is wrong. */
export function verdictPanel(entry) {
  const { result } = entry.job;
  return h("section", { class: `panel verdict ${result.verdict}`, "aria-labelledby": `verdict-${entry.key}` },
    h("div", { class: "verdict-head" }, icon(result.verdict, "huge"),
      h("div", {}, h("h2", { id: `verdict-${entry.key}` }, verdictWords(entry)), h("p", { class: "verdict-why" }, reasonSentence(result)))),
    h("p", { class: "verdict-error" }, h("strong", {}, t("error.title")), " ", errorSentence(result)),
    h("p", { class: "hint" }, t("model.judged", { model: `${result.model.name} ${result.model.version}` }), " ", entry.job.cached && t("cached")));
}

function scorePanel(job) {
  const { result } = job;
  const done = h("span", { class: "hint", role: "status" });
  const sentence = sentenceToCopy(job);
  const tell = async () => (done.textContent = t((await copy(sentence)) ? "copy.done" : "copy.failed"));
  return h("section", { class: "panel", "aria-labelledby": "score-title" },
    h("h2", { id: "score-title" }, t("score.title")),
    result.fake_probability === null ? h("p", {}, t("score.no_face")) : [gauge(result), h("p", {}, t("score.meaning", thresholdsOf(result)))],
    !result.calibrated && h("p", { class: "caution" }, t("score.uncalibrated")),
    h("blockquote", { class: "sentence" }, sentence),
    h("div", { class: "row" }, button(t("copy.button"), tell, { symbol: "copy" }), done));
}

function evidencePanel(job, frames) {
  const { result, media } = job;
  if (result.frames.length === 0) return null;
  const people = peopleOf(result);
  return h("section", { class: "panel", "aria-labelledby": "evidence-title" },
    h("h2", { id: "evidence-title" }, t("evidence.title")),
    h("p", {}, t(media.kind === "video" ? "evidence.video" : "evidence.image")),
    media.kind === "video" && people.length > 0 && timeline(job, people),
    frames.element,
    people.length > 1 && peoplePanel(people, result));
}
