// Starts the page: strings, limits, the jobs of this browser, and the view that the address names.

import { Problem } from "./api.js";
import { h } from "./dom.js";
import { follow, wake } from "./follow.js";
import { preferred, t, use } from "./i18n.js";
import { ended, jobs } from "./jobs.js";
import { loadLimits } from "./limits.js";
import { batches } from "./batches.js";
import { restoreUploads } from "./resumable.js";
import { watchServer } from "./server.js";
import { start, refresh } from "./router.js";
import { drawShell } from "./view/shell.js";
import { listenForDrops } from "./view/drop.js";

async function begin() {
  await use(preferred());
  drawShell(chooseLanguage);
  listenForDrops();
  await loadLimits().then(() => drawShell(chooseLanguage), () => {}); // the server's state is told by a banner
  batches.restore();
  jobs.restore();
  for (const entry of jobs.all) follow(entry);
  document.getElementById("boot").remove();
  start();
  watchServer();
  restoreUploads();
  addEventListener("online", wake);
}

async function chooseLanguage(language) {
  const url = new URL(location.href);
  url.searchParams.set("lang", language);
  history.replaceState(null, "", url);
  await use(language);
  drawShell(chooseLanguage);
  refresh();
}

begin().catch((error) => {
  const place = document.getElementById("boot") ?? document.getElementById("main");
  // The strings themselves may be missing, so this sentence is here, in English.
  place.replaceChildren(h("p", { class: "panel", role: "alert" }, "The page could not be loaded. Is the server running? Reload to try again."));
  if (!(error instanceof Problem) && error.name !== "TypeError") throw error;
});
