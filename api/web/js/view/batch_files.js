// The files of a batch, read from the server while the list is open.

import { h } from "../dom.js";
import { ended, items } from "../batches.js";
import { has, score, t } from "../i18n.js";

const MOST = 200; // rows; the exports have all

/** `{element, update, close}`; the list is read when it is opened, and again when the batch has ended. */
export function batchFiles(entry) {
  const rows = h("tbody", {});
  const state = h("p", { class: "hint", role: "status" });
  const element = h("details", { class: "panel", ontoggle: () => element.open && read() }, h("summary", {}, h("h2", {}, t("batch.files"))), state,
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("batch.files") }, h("table", { class: "wraps" },
      h("thead", {}, h("tr", {}, ["name", "verdict", "score"].map((name) => h("th", { scope: "col" }, t(`batch.column.${name}`))))), rows)));
  let stop = null;
  let complete = false;
  async function read() {
    stop?.abort();
    stop = new AbortController();
    const { signal } = stop;
    const whole = ended(entry.batch);
    try {
      const found = [];
      for await (const item of items(entry, signal)) {
        if (found.length === MOST) break;
        found.push(row(item));
      }
      rows.replaceChildren(...found);
      state.textContent = t("gallery.some", { shown: found.length, all: entry.batch.counts.total });
      complete = whole;
    } catch (problem) {
      if (!signal.aborted) state.textContent = problem.detail || t("banner.server");
    }
  }
  return { element, update: () => element.open && ended(entry.batch) && !complete && read(), close: () => stop?.abort() };
}

function row({ number, name, job, error }) {
  const title = name || t("batch.file", { n: number + 1 });
  return h("tr", {}, h("th", { scope: "row" }, job ? h("a", { href: `#${job.id}` }, title) : title), h("td", {}, words(job, error)), h("td", {}, job?.result ? score(job.result.fake_probability, job.result.thresholds) : "–"));
}

function words(job, error) {
  const fault = error ?? job?.error;
  if (fault) return has(`fault.${fault.code}`) ? t(`fault.${fault.code}`) : t("fault.other");
  if (!job) return t("verdict.gone");
  if (job.result) return t(`verdict.${job.result.verdict}`);
  return t(job.status === "canceled" ? "verdict.canceled" : "gallery.filter.busy");
}
