// Keeps jobs up to date: by the event stream where the API has one, else by long polls.

import { call, json, Problem } from "./api.js";
import { ended, jobs } from "./jobs.js";
import { messages } from "./sse.js";

// A browser opens six connections to a server; uploads and pictures need the others.
const AT_ONCE = 3;
const WAIT_S = 20;
const GLANCE_S = 5; // between two looks at those that wait for a connection
const LONGEST_PAUSE_S = 15;

const line = [];
const stops = new Map();
let glancing = false;

/** Follow a job until it has ended. */
export function follow(entry) {
  if (stops.has(entry.key) || line.includes(entry) || ended(entry.job)) return;
  line.push(entry);
  next();
  if (!glancing) glance();
}

/** Stop, because the job is deleted. */
export function unfollow(entry) {
  stops.get(entry.key)?.abort();
  if (line.includes(entry)) line.splice(line.indexOf(entry), 1);
}

/** Look again now, at whatever waits for a connection to come back. */
export function wake() {
  dispatchEvent(new Event("deepfake-wake"));
}

/** Those in the line are looked at now and then, one after another. */
async function glance() {
  glancing = true;
  while (line.length > 0) {
    await new Promise((resolve) => setTimeout(resolve, GLANCE_S * 1000));
    for (const entry of [...line]) {
      const job = await json(`v1/jobs/${entry.id}`).catch(() => null); // its turn tells what is wrong
      if (job && line.includes(entry)) jobs.change(entry, { job });
    }
  }
  glancing = false;
}

function next() {
  while (stops.size < AT_ONCE && line.length > 0) run(line.shift());
}

async function run(entry) {
  const stop = new AbortController();
  stops.set(entry.key, stop);
  try {
    await untilEnd(entry, stop.signal);
  } finally {
    stops.delete(entry.key);
    next();
  }
}

async function untilEnd(entry, signal) {
  const state = { etag: null, lastId: null, failures: 0 };
  while (!signal.aborted && entry.phase === "job" && !ended(entry.job)) {
    try {
      if (entry.job?.links.events && !state.polls) await stream(entry, state, signal);
      else await poll(entry, state, signal);
      state.failures = 0;
    } catch (problem) {
      if (signal.aborted) return;
      if (problem.status === 404 && entry.job?.links.events && !state.polls && problem.code === "not_found") {
        state.polls = true; // a gateway without streams behind the same address
      } else if (problem.status === 404 || problem.status === 410) jobs.change(entry, { phase: "gone", expired: problem.status === 410, trouble: null });
      else await rest(entry, state, problem, signal);
    }
  }
}

async function poll(entry, state, signal) {
  const headers = state.etag ? { "If-None-Match": state.etag } : {};
  const wait = state.etag ? WAIT_S : 0;
  const answer = await call(`v1/jobs/${entry.id}?wait=${wait}`, { headers, signal });
  state.etag = answer.headers.get("ETag");
  if (answer.status !== 304) jobs.change(entry, { job: await answer.json(), trouble: null });
  else if (entry.trouble) jobs.change(entry, { trouble: null });
}

async function stream(entry, state, signal) {
  const headers = { Accept: "text/event-stream", ...(state.lastId ? { "Last-Event-ID": state.lastId } : {}) };
  const answer = await call(entry.job.links.events, { headers, signal });
  if (entry.trouble) jobs.change(entry, { trouble: null });
  let heard = false;
  for await (const message of messages(answer.body)) {
    heard = true;
    if (message.id) state.lastId = message.id;
    if (message.event === "gone") {
      jobs.change(entry, { phase: "gone", trouble: null });
      return;
    }
    if (message.event === "job") jobs.change(entry, { job: JSON.parse(message.data), trouble: null });
  }
  // Closed before the end: the gateway stops, or a proxy cut the stream.
  if (!ended(entry.job) && !heard) throw new Problem({});
}

async function rest(entry, state, problem, signal) {
  state.failures += 1;
  jobs.change(entry, { trouble: problem });
  const wait_s = problem.retryAfter ?? Math.min(2 ** (state.failures - 1), LONGEST_PAUSE_S);
  await new Promise((resolve) => {
    const timer = setTimeout(resolve, wait_s * 1000 * (0.8 + 0.4 * Math.random()));
    const now = () => (clearTimeout(timer), resolve());
    signal.addEventListener("abort", now, { once: true });
    addEventListener("deepfake-wake", now, { once: true });
  });
}
