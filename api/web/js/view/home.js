// The start: the invitation, and below it the files of this browser or how it works.

import { h } from "../dom.js";
import { t } from "../i18n.js";
import { jobs } from "../jobs.js";
import { dropPanel } from "./drop.js";
import { gallery } from "./gallery.js";

export function homeView() {
  const element = h("div", { class: "home" });
  let list = null;
  const draw = () => {
    const some = jobs.all.length > 0;
    list = some ? gallery() : null;
    const top = h("div", { class: "hero" }, h("h1", {}, t("hero.title")), h("p", { class: "lead" }, t("hero.lead")));
    element.replaceChildren(top, dropPanel(some), list ? list.element : steps());
  };
  draw();
  return {
    element,
    update(entry) {
      if ((jobs.all.length > 0) !== (list !== null)) draw();
      else list?.update(entry);
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
