// Which view is shown: `#job_…` is one file, `#batch_…` a batch, `#compare/A/B` two files, anything else the start.

import { batches } from "./batches.js";
import { jobs } from "./jobs.js";
import { follow } from "./follow.js";
import { batchView } from "./view/batch.js";
import { compareView } from "./view/compare.js";
import { homeView } from "./view/home.js";
import { jobView } from "./view/job.js";

let view = null;
let shown = null;

/** Begin to show what the address names, and keep to it. */
export function start() {
  addEventListener("hashchange", () => show(true));
  for (const list of [jobs, batches]) {
    list.addEventListener("change", ({ detail }) => {
      moveTo(detail);
      view?.update(detail);
    });
    list.addEventListener("list", () => view?.update(null));
  }
  show(false);
}

/** Show a view by its name; "" is the start. */
export function go(name) {
  history.pushState(null, "", `${location.pathname}${location.search}#${name}`);
  show(true);
}

/** Draw the view again, in another language. */
export function refresh() {
  show(false);
}

/** An upload that became a job changes its name; the view of it stays. */
function moveTo(entry) {
  if (shown === entry && entry.id && location.hash.slice(1) !== entry.key) {
    history.replaceState(null, "", `${location.pathname}${location.search}#${entry.key}`);
  }
}

function show(moved) {
  view?.close?.();
  const [name, ...rest] = decodeURIComponent(location.hash.slice(1)).split("/");
  shown = null;
  if (name === "compare" && rest.length === 2 && rest.every(isJob)) view = compareView(rest.map(entryOf));
  else if (batches.get(name) || /^batch_[A-Za-z0-9]+$/.test(name)) view = batchView((shown = batches.byId(name)));
  else if (jobs.get(name) || isJob(name)) view = jobView((shown = entryOf(name)));
  else view = homeView();
  const main = document.getElementById("main");
  main.replaceChildren(view.element);
  if (moved) {
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }
}

function isJob(name) {
  return /^job_[A-Za-z0-9]+$/.test(name);
}

function entryOf(name) {
  const entry = jobs.addId(name);
  follow(entry);
  return entry;
}
