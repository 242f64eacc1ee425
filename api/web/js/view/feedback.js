// "This verdict is wrong": what the person says goes to the server, kept apart from the evidence.

import { call } from "../api.js";
import { h } from "../dom.js";
import { t } from "../i18n.js";

const LONGEST = 1000;

export function feedbackPanel(job) {
  const state = h("p", { role: "status", class: "hint" });
  const choice = (value) => h("label", { class: "choice" }, h("input", { type: "radio", name: "label", value, required: true }), t(`feedback.${value}`));
  const comment = h("textarea", { id: "comment", class: "input", rows: 3, maxlength: LONGEST });
  const media = h("input", { type: "checkbox", class: "check" });
  const submit = h("button", { type: "submit", class: "button primary" }, t("feedback.send"));
  const form = h("form", { class: "stack", onsubmit: send },
    h("fieldset", {}, h("legend", {}, t("feedback.question")), choice("fake"), choice("real")),
    h("label", { for: "comment" }, t("feedback.comment")), comment,
    job.evidence && h("label", { class: "choice" }, media, t("feedback.media")),
    h("p", { class: "hint" }, t("feedback.kept")),
    h("div", { class: "row" }, submit), state);
  return h("details", { class: "panel feedback" }, h("summary", {}, h("h2", {}, t("feedback.title"))), form);

  async function send(event) {
    event.preventDefault();
    const label = new FormData(form).get("label");
    const body = { label, media: media.checked, ...(comment.value.trim() ? { comment: comment.value.trim() } : {}) };
    submit.disabled = true;
    try {
      await call(`v1/jobs/${job.id}/feedback`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
      form.replaceChildren(state);
      state.textContent = t("feedback.thanks");
    } catch (problem) {
      submit.disabled = false;
      const none = problem.code === "not_found" || problem.status === 405;
      state.textContent = none ? t("feedback.none") : problem.detail || t("banner.server");
    }
  }
}
