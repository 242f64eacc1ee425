// Whether the server answers and would judge a file now; the banners say so.

import { address, credentials } from "./api.js";
import { wake } from "./follow.js";
import { jobs, standing } from "./jobs.js";
import { known, loadLimits } from "./limits.js";
import { refresh } from "./router.js";

const LOOK_S = 10;
const CALM_S = 60;
const SURE_S = 2; // a busy server may be late once: "not ready" is told when it says so twice

export const server = Object.assign(new EventTarget(), { reachable: true, ready: true, checks: null, looked: false });

/** Look now and then: often while something is wrong or a job waits, and not in a hidden tab. */
export function watchServer() {
  const look = async () => {
    if (!document.hidden) await check();
    const busy = !server.ready || !server.reachable || jobs.all.some((entry) => standing(entry) === "busy");
    setTimeout(look, 1000 * (busy ? LOOK_S : CALM_S));
  };
  look();
  for (const event of ["online", "offline"]) addEventListener(event, check);
  jobs.addEventListener("change", ({ detail }) => {
    const away = detail.trouble?.code === "offline" || detail.problem?.code === "offline";
    if (away && server.reachable) tell({ reachable: false });
    else if (detail.trouble === null && detail.phase === "job" && detail.job && !server.reachable) check();
  });
}

async function ask() {
  try {
    const answer = await fetch(address("readyz"), { headers: credentials(), cache: "no-store" });
    const told = await answer.json();
    return { reachable: true, ready: told.ready === true, checks: told.checks ?? null };
  } catch {
    return { reachable: false, ready: server.ready, checks: null };
  }
}

async function check() {
  let found = await ask();
  if (found.reachable && !found.ready && server.ready) {
    await new Promise((resolve) => setTimeout(resolve, SURE_S * 1000));
    found = await ask();
  }
  const back = found.reachable && !server.reachable;
  tell(found);
  if (back) wake();
  if (found.reachable && known() === null) await loadLimits().then(refresh, () => {});
}

function tell(found) {
  Object.assign(server, found, { looked: true });
  server.dispatchEvent(new Event("change"));
}
