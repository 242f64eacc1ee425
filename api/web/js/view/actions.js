// What can be done with a judged file, and how long anything of it is kept.

import { call } from "../api.js";
import { announce, button, h, icon, save } from "../dom.js";
import { unfollow } from "../follow.js";
import { clock, t } from "../i18n.js";
import { jobs } from "../jobs.js";
import { apiKey } from "../session.js";
import { confirm } from "./dialog.js";
import { nameOf } from "./words.js";

/** Where the file is and when what is gone. */
export function privacy(job) {
  const lines = [
    job.media.deleted_at ? t("keep.file_gone", { time: clock(job.media.deleted_at) }) : t("keep.file"),
    job.evidence && t("keep.evidence", { time: clock(job.evidence.expires_at) }),
    job.expires_at && t("keep.result", { time: clock(job.expires_at) }),
  ];
  return h("ul", { class: "bullets" }, lines.filter(Boolean).map((line) => h("li", {}, line)));
}

export function actions(entry) {
  const { job } = entry;
  const fault = h("span", { class: "fault", role: "alert" });
  const asJson = () => save(`${job.id}.json`, "application/json", `${JSON.stringify(job, null, 2)}\n`);
  return h("div", { class: "row" }, report(job, fault), button(t("json"), asJson, { symbol: "file" }), deleteNow(entry, fault), fault);
}

/** The report opens in a tab; with a key it is saved, because a tab would not send the key. */
function report(job, fault) {
  if (!job.links.report) return null;
  if (!apiKey()) return h("a", { class: "button primary", href: job.links.report, target: "_blank", rel: "noopener" }, icon("file"), h("span", {}, t("report")));
  const fetchIt = async () => {
    try {
      save(`${job.id}.html`, "text/html", await (await call(job.links.report)).blob());
    } catch (problem) {
      fault.textContent = problem.detail || t("banner.server");
    }
  };
  return button(t("report"), fetchIt, { kind: "primary", symbol: "file" });
}

export function deleteNow(entry, fault = null) {
  const remove = async () => {
    if (!(await confirm(t("delete.title"), t("delete.text", { name: nameOf(entry) }), t("delete.yes")))) return;
    try {
      await call(`v1/jobs/${entry.id}`, { method: "DELETE" });
    } catch (problem) {
      if (problem.status !== 404 && problem.status !== 410) {
        (fault ?? document.getElementById("polite")).textContent = problem.detail || t("banner.server");
        return;
      }
    }
    unfollow(entry);
    entry.deletedAt = Date.now();
    jobs.change(entry, { phase: "gone", job: null });
    jobs.remove(entry);
    announce(t("gone.deleted", { time: clock(entry.deletedAt) }));
  };
  return button(t("delete.button"), remove, { kind: "danger", symbol: "trash" });
}
