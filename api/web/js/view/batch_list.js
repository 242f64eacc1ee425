// The batches of this browser, above the list of its files.

import { h, icon } from "../dom.js";
import { batches, ended } from "../batches.js";
import { percent, t } from "../i18n.js";
import { batchName, doneShare } from "./batch.js";

export function batchList() {
  const list = h("ul", { class: "cards" });
  const element = h("section", { class: "gallery", "aria-labelledby": "batches-title" }, h("h2", { id: "batches-title" }, t("batch.title")), list);
  const update = () => {
    element.hidden = batches.all.length === 0;
    // The focus may be on a link here, which is drawn anew.
    const held = document.activeElement?.closest?.(".batch-card")?.dataset.key;
    list.replaceChildren(...batches.all.map(card));
    if (held) list.querySelector(`[data-key="${held}"] a`)?.focus();
  };
  update();
  return { element, update };
}

function card(entry) {
  const { batch, phase } = entry;
  const busy = phase === "uploading" || (phase === "batch" && !ended(batch));
  const bar = h("progress", { class: "bar-line", max: 1, value: batch ? doneShare(batch) : entry.sent, hidden: !busy, "aria-label": t("progress.of", { name: batchName(entry) }) });
  return h("li", { class: "card batch-card", "data-key": entry.key, "data-standing": busy ? "busy" : phase === "refused" ? "failed" : "" },
    h("span", { class: "card-mark" }, icon(busy ? "busy" : "file")),
    h("div", { class: "card-body" }, h("a", { class: "card-title", href: `#${entry.key}` }, batchName(entry)), h("p", { class: "card-words" }, words(entry)), bar));
}

function words({ phase, sent, batch, problem }) {
  if (phase === "uploading") return t("batch.sent", { share: percent(sent) });
  if (phase === "refused") return problem.detail || t("fault.other");
  if (phase === "gone") return t("verdict.gone");
  if (!batch) return t("progress.loading");
  const found = batch.verdicts ? ["fake", "inconclusive", "real"].filter((name) => batch.verdicts[name]).map((name) => `${t(`batch.count.${name}`)}: ${batch.verdicts[name]}`) : [];
  return [t(`batch.${batch.status}`), ...found].join(" · ");
}
