// One batch: how far its files are, what was found, and all of it to take away.

import { announce, button, h, icon, save } from "../dom.js";
import { call } from "../api.js";
import { batches, ended, items } from "../batches.js";
import { toCsv } from "../export.js";
import { clock, percent, t } from "../i18n.js";
import { go } from "../router.js";
import { batchFiles } from "./batch_files.js";
import { confirm } from "./dialog.js";
import { list } from "./facts.js";
import { notice } from "./notice.js";
import { askForKey } from "./shell.js";
import { faultSentences } from "./words.js";

const VERDICTS = ["fake", "inconclusive", "real"];
const STATES = ["queued", "processing", "failed", "canceled", "deleted", "expired"];

export function batchView(entry) {
  const title = h("h1", { class: "job-title" });
  const body = h("div", { class: "stack" });
  const element = h("article", { class: "job" }, h("div", {}, button(t("all"), () => go(""), { kind: "quiet", symbol: "back" })), title, body);
  let panel = null;
  let mode = "";
  const update = () => {
    title.textContent = batchName(entry);
    const now = entry.trouble?.status === 401 ? "locked" : entry.phase;
    if (now !== mode) {
      panel?.close?.();
      panel = PANELS[now](entry);
      body.replaceChildren(panel.element);
    }
    mode = now;
    panel.update?.();
  };
  update();
  return { element, update: (changed) => (changed === entry || changed === null) && update(), close: () => panel?.close?.() };
}

const PANELS = {
  uploading: sending,
  batch: counting,
  refused: (entry) => {
    const { status, code } = entry.problem;
    const action = status === 401
      ? button(t("key.button"), () => askForKey(() => batches.again(entry)), { kind: "primary", symbol: "key" })
      : code !== "checked_here" && button(t("again"), () => batches.again(entry), { kind: "primary" });
    return { element: notice("failed", faultSentences(entry.problem), [action, remove(entry)]) };
  },
  locked: (entry) => ({ element: notice("failed", faultSentences(entry.trouble), [button(t("key.button"), () => askForKey(), { kind: "primary", symbol: "key" })]) }),
  gone: (entry) => ({ element: notice("failed", { title: t("verdict.gone"), text: t("gone.text") }, [remove(entry)]) }),
  removed: () => ({ element: notice("failed", { title: t("verdict.gone"), text: t("batch.removed") }, []) }),
};

function remove(entry) {
  return button(t("remove"), () => (batches.remove(entry), go("")));
}

function sending(entry) {
  const text = h("p", { class: "progress-text" });
  const bar = h("progress", { class: "bar-line", max: 1, "aria-label": t("progress.title") });
  const element = h("section", { class: "panel progress", "aria-label": t("progress.title") },
    h("div", { class: "progress-head" }, icon("busy", "spin"), text), bar, h("p", { class: "hint" }, t("batch.pace")),
    h("div", { class: "row" }, button(t("cancel"), () => (batches.remove(entry), go("")), { symbol: "close" })));
  return {
    element,
    update: () => {
      text.textContent = t("batch.sent", { share: percent(entry.sent) });
      bar.value = entry.sent;
    },
  };
}

function counting(entry) {
  const words = h("h2", {});
  const bar = h("progress", { class: "bar-line", max: 1, "aria-label": t("progress.title") });
  const counts = h("div", { class: "stack" });
  const fault = h("span", { class: "fault", role: "alert" });
  const files = batchFiles(entry);
  const cancel = button(t("batch.cancel"), tried(() => batches.cancel(entry), fault), { symbol: "close" });
  const tools = h("div", { class: "row" }, cancel, saving(entry, fault), removal(entry, fault), fault);
  const element = h("div", { class: "stack" }, h("section", { class: "panel", "aria-label": t("progress.title") }, words, bar, counts, tools), files.element);
  const update = () => {
    const { batch } = entry;
    const text = batch ? t(`batch.${batch.status}`) : t("progress.loading");
    if (words.textContent !== text && words.textContent !== "") announce(text);
    words.textContent = text;
    bar.hidden = !batch || ended(batch);
    cancel.hidden = !batch || ended(batch);
    if (!batch) return;
    cancel.disabled = batch.cancel_requested;
    bar.value = doneShare(batch);
    counts.replaceChildren(...countRows(batch));
    files.update();
  };
  return { element, update, close: files.close };
}

function countRows({ counts, verdicts, expires_at: expiry }) {
  const found = verdicts ? VERDICTS.map((name) => [name, `${verdicts[name]}`]) : [];
  const others = STATES.filter((name) => counts[name] > 0).map((name) => [name, `${counts[name]}`]);
  return [list("batch.count", [["total", `${counts.total}`], ...found, ...others], "counts"), h("p", { class: "hint" }, t("keep.result", { time: clock(expiry) }))];
}

/** NDJSON as the server has it, or a table made of it. */
function saving(entry, fault) {
  const ndjson = async () => save(`${entry.id}.ndjson`, "application/x-ndjson", await (await call(entry.batch.links.results)).blob());
  const csv = async () => {
    const rows = [];
    for await (const item of items(entry)) rows.push(item);
    save(`${entry.id}.csv`, "text/csv", toCsv(rows));
  };
  return [button("CSV", tried(csv, fault), { "aria-label": t("export.csv") }), button("NDJSON", tried(ndjson, fault), { "aria-label": t("export.ndjson") })];
}

function removal(entry, fault) {
  const ask = async () => {
    if (!(await confirm(t("batch.delete.title"), t("batch.delete.text", { name: batchName(entry) }), t("delete.yes")))) return;
    await call(`v1/batches/${entry.id}`, { method: "DELETE" });
    batches.remove(entry);
    go("");
  };
  return button(t("delete.button"), tried(ask, fault), { kind: "danger", symbol: "trash" });
}

function tried(act, fault) {
  return async () => {
    try {
      fault.textContent = "";
      await act();
    } catch (problem) {
      fault.textContent = problem.detail || t("banner.server");
    }
  };
}

export function doneShare({ counts }) {
  return counts.total ? 1 - (counts.queued + counts.processing) / counts.total : 0;
}

export function batchName(entry) {
  const count = entry.batch?.counts.total ?? entry.count;
  return entry.name || (count ? t("batch.name", { count }) : t("batch.unknown"));
}
