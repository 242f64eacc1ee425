// One file: on its way, judged, failed, refused or gone.

import { announce, button, h } from "../dom.js";
import { clock, t } from "../i18n.js";
import { ended, jobs } from "../jobs.js";
import { go } from "../router.js";
import { abort, again } from "../upload.js";
import { deleteNow, privacy } from "./actions.js";
import { notice } from "./notice.js";
import { progressPanel } from "./progress.js";
import { resultPanels } from "./result.js";
import { askForKey } from "./shell.js";
import { faultSentences, nameOf, shortFacts, verdictWords } from "./words.js";

export function jobView(entry) {
  const title = h("h1", { class: "job-title" });
  const facts = h("p", { class: "hint" });
  const body = h("div", { class: "stack" });
  const element = h("article", { class: "job" },
    h("div", {}, button(t("all"), () => go(""), { kind: "quiet", symbol: "back" })),
    h("header", {}, title, facts), body);
  let panel = null;
  let mode = "";
  const update = () => {
    title.textContent = nameOf(entry);
    facts.textContent = shortFacts(entry);
    const now = modeOf(entry);
    if (now === mode) {
      panel?.update?.();
      return;
    }
    const first = mode === "";
    mode = now;
    panel?.close?.();
    panel = PANELS[now](entry);
    body.replaceChildren(panel.element);
    if (!first && now !== "progress") announce(verdictWords(entry));
    if (now === "result") entry.shownAt ??= performance.now();
  };
  update();
  return {
    element,
    update: (changed) => (changed === entry || changed === null) && update(),
    close: () => panel?.close?.(),
  };
}

function modeOf(entry) {
  if (entry.phase === "removed") return "gone";
  if (entry.phase === "refused" || entry.phase === "gone") return entry.phase;
  if (entry.trouble?.status === 401 || entry.trouble?.status === 403) return "locked";
  if (!ended(entry.job)) return "progress";
  return entry.job.status === "succeeded" ? "result" : entry.job.status;
}

const PANELS = {
  progress: progressPanel,
  result: resultPanels,
  refused: (entry) => {
    const key = entry.problem.status === 401;
    const action = key
      ? button(t("key.button"), () => askForKey(() => again(entry)), { kind: "primary", symbol: "key" })
      : entry.problem.code !== "checked_here" && button(t("again"), () => again(entry), { kind: "primary" });
    const remove = button(t("remove"), () => (abort(entry), go("")));
    return told("failed", faultSentences(entry.problem), [(entry.file || entry.url) && action, remove]);
  },
  failed: (entry) => {
    const panel = told("failed", faultSentences(entry.job.error), [button(t("another"), () => go(""), { kind: "primary" }), deleteNow(entry)]);
    panel.element.append(privacy(entry.job));
    return panel;
  },
  canceled: (entry) => told("failed", { title: t("verdict.canceled"), text: t("canceled.text") }, [button(t("another"), () => go("")), deleteNow(entry)]),
  gone: (entry) => told("failed", { title: verdictWords(entry), text: goneText(entry) },
    [button(t("remove"), () => (jobs.remove(entry), go("")), { kind: "primary" })]),
  locked: (entry) => told("failed", faultSentences(entry.trouble), [entry.trouble.status === 401 && button(t("key.button"), () => askForKey(), { kind: "primary", symbol: "key" })]),
};

function told(...what) {
  return { element: notice(...what) };
}

function goneText({ deletedAt, expired }) {
  if (deletedAt) return t("gone.deleted", { time: clock(deletedAt) });
  return t(expired ? "gone.expired" : "gone.text");
}
