// The start: the invitation, and below it the files of this browser or how it works.

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { batches } from "../batches.js";
import { jobs } from "../jobs.js";
import { batchList } from "./batch_list.js";
import { dropPanel } from "./drop.js";
import { gallery } from "./gallery.js";

export function homeView() {
  const element = h("div", { class: "home" });
  let list = null;
  let many = null;
  let drawn = "";
  const kinds = () => `${batches.all.length > 0} ${jobs.all.length > 0}`;
  const draw = () => {
    drawn = kinds();
    const some = jobs.all.length + batches.all.length > 0;
    many = batches.all.length > 0 ? batchList() : null;
    list = jobs.all.length > 0 ? gallery() : null;
    const top = h("div", { class: "hero" }, h("h1", {}, t("hero.title")), h("p", { class: "lead" }, t("hero.lead")));
    element.replaceChildren(...[top, dropPanel(some), many?.element, list?.element, some ? null : steps()].filter(Boolean));
  };
  draw();
  return {
    element,
    update(entry) {
      if (kinds() !== drawn) draw();
      else if (entry && batches.all.includes(entry)) many?.update();
      else if (entry) list?.update(entry);
      else many?.update(), list?.update(null);
    },
  };
}

function steps() {
  const step = (name) => h("li", {}, h("h3", {}, t(`step.${name}.title`)), h("p", {}, t(`step.${name}.text`)));
  return h("section", { class: "steps", "aria-labelledby": "steps-title" },
    h("h2", { id: "steps-title" }, t("steps.title")),
    h("ol", {}, ["send", "judge", "read"].map(step)),
    h("p", { class: "caution" }, t("steps.worth")));
}
