// How far a file is: in words and as a share, for a card and for the panel of one file.

import { announce, button, h, icon } from "../dom.js";
import { call } from "../api.js";
import { about, bytes, percent, t } from "../i18n.js";
import { jobs } from "../jobs.js";
import { go } from "../router.js";
import { server } from "../server.js";
import { abort } from "../upload.js";
import { nameOf } from "./words.js";

const STEPS = ["upload", "queue", "decode", "infer"];

/** `{step, text, share}`; `share` is null where nobody knows it. */
export function progressOf(entry) {
  const { phase, job } = entry;
  if (phase === "waiting") return { step: "upload", text: t("progress.waiting"), share: 0 };
  if (phase === "fetching") return { step: "upload", text: t("progress.fetching"), share: null };
  if (phase === "interrupted") return { step: "upload", text: t("progress.interrupted", { share: percent(entry.sent) }), share: entry.sent };
  if (phase === "uploading") {
    const values = { share: percent(entry.sent), size: bytes(entry.file.size) };
    return { step: "upload", text: t(entry.sent < 1 ? "progress.upload" : "progress.arriving", values), share: entry.sent };
  }
  if (phase === "retrying") return { step: "upload", text: retryText(entry), share: null };
  const lost = t(entry.trouble?.status === 401 ? "fault.unauthorized" : "progress.lost");
  if (phase !== "job" || !job) return { step: "queue", text: entry.trouble ? lost : t("progress.loading"), share: null };
  if (entry.trouble) return { step: stepOf(job), text: lost, share: null };
  if (job.cancel_requested) return { step: stepOf(job), text: t("progress.cancel"), share: null };
  if (job.status === "queued") return { step: "queue", text: queueText(job), share: null };
  return { step: stepOf(job), ...stageOf(job) };
}

function retryText(entry) {
  const left = Math.max(1, Math.round((entry.retryAt - Date.now()) / 1000));
  return t(entry.problem.status === 0 ? "progress.broken" : "progress.full", { count: left });
}

function queueText(job) {
  if (!server.ready && server.looked) return t("progress.no_worker");
  return job.queue_position ? t("progress.queue", { count: job.queue_position }) : t("progress.queued");
}

/** When it is expected to end, counted down from what the server said last; "" where nobody knows. */
function endText({ phase, job, heardAt, trouble }) {
  if (phase !== "job" || trouble || !server.reachable || !server.ready || typeof job?.eta_s !== "number" || job.cancel_requested) return "";
  const left = job.eta_s - (performance.now() - heardAt) / 1000;
  return left > 0 ? t("progress.left", { time: about(left) }) : t("progress.overdue");
}

function stepOf(job) {
  return job.status === "queued" ? "queue" : job.stage === "infer" ? "infer" : "decode";
}

function stageOf(job) {
  const progress = job.progress;
  const stage = job.stage ?? "decode";
  if (!progress || !progress.total) return { text: t(`progress.${stage}`), share: null };
  return { text: t(`progress.${stage}.of`, { done: progress.done, total: progress.total }), share: progress.done / progress.total };
}

/** The panel of one file on its way; it is updated in place, so that the focus stays. */
export function progressPanel(entry) {
  const text = h("p", { class: "progress-text" });
  const bar = h("progress", { class: "bar-line", max: 1 });
  const end = h("p", { class: "hint", id: "expected-end" });
  const steps = STEPS.map((name) => h("li", { "data-step": name }, h("span", { class: "dot" }), t(`stage.${name}`)));
  const cancel = button(t("cancel"), () => stop(entry, cancel), { symbol: "close" });
  const element = h("section", { class: "panel progress", "aria-label": t("progress.title") },
    h("div", { class: "progress-head" }, icon("busy", "spin"), text), bar, end, h("ol", { class: "stages" }, steps), h("div", { class: "row" }, cancel));
  const update = () => {
    const { step, text: words, share } = progressOf(entry);
    text.textContent = words;
    end.textContent = endText(entry);
    end.hidden = end.textContent === "";
    bar.setAttribute("aria-label", t("progress.of", { name: nameOf(entry) }));
    if (share === null) bar.removeAttribute("value");
    else bar.value = share;
    const at = STEPS.indexOf(step);
    steps.forEach((item, index) => {
      item.dataset.state = index < at ? "done" : index === at ? "now" : "next";
      if (index === at) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    });
    if (element.dataset.step !== step) announce(`${t(`stage.${step}`)}. ${words}`);
    element.dataset.step = step;
    cancel.disabled = entry.job?.cancel_requested ?? false;
  };
  update();
  const timer = setInterval(() => (entry.phase === "retrying" || entry.job) && update(), 1000);
  server.addEventListener("change", update);
  return { element, update, close: () => (clearInterval(timer), server.removeEventListener("change", update)) };
}

async function stop(entry, cancel) {
  if (!entry.id) {
    abort(entry);
    go("");
    return;
  }
  cancel.disabled = true;
  try {
    const job = await (await call(`v1/jobs/${entry.id}/cancel`, { method: "POST" })).json();
    jobs.change(entry, { job });
  } catch (problem) {
    cancel.disabled = false;
    if (problem.status !== 409) announce(problem.detail || t("banner.server"));
  }
}
