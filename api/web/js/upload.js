// Sends files, two at a time. A broken connection is tried again under the same idempotency key,
// so that no retry makes a second job.

import { address, credentials, Problem } from "./api.js";
import { follow } from "./follow.js";
import { jobs } from "./jobs.js";
import { refusal, takes } from "./limits.js";

const AT_ONCE = 2;
const TRIES = 6; // while the server has no room

let running = 0;

/** Put files in the line; returns their entries. */
export function enqueue(files) {
  const entries = files.map((file) => jobs.addFile(file));
  for (const entry of entries) {
    const why = refusal(entry.file);
    if (why) jobs.change(entry, { phase: "refused", problem: new Problem({ code: "checked_here", detail: why, retryable: false }) });
  }
  pump();
  return entries;
}

/** Try an entry again that was refused. */
export function again(entry) {
  jobs.change(entry, { phase: "waiting", problem: null, sent: 0 });
  pump();
}

/** Stop an upload that has not ended. */
export function abort(entry) {
  entry.stop?.();
  jobs.remove(entry);
  pump();
}

function pump() {
  for (const entry of jobs.all.reverse()) {
    if (running >= AT_ONCE) return;
    if (entry.phase === "waiting") run(entry);
  }
}

async function run(entry) {
  running += 1;
  try {
    await send(entry);
  } catch (problem) {
    if (entry.phase !== "removed") jobs.change(entry, { phase: "refused", problem });
  } finally {
    running -= 1;
    pump();
  }
}

async function send(entry) {
  entry.token ??= token();
  for (let attempt = 1; ; attempt += 1) {
    jobs.change(entry, { phase: "uploading", sent: 0, problem: null });
    try {
      const job = await post(entry);
      jobs.adopt(entry, job);
      follow(entry);
      return;
    } catch (problem) {
      // A server that is away is waited for; one that has no room is asked a few times.
      const enough = problem.status !== 0 && attempt === TRIES;
      if (entry.phase === "removed" || !problem.retryable || enough) throw problem;
      const wait = problem.retryAfter ?? Math.min(2 ** (attempt - 1), 15);
      jobs.change(entry, { phase: "retrying", problem, retryAt: Date.now() + wait * 1000 });
      await pause(wait * 1000, entry);
      if (entry.phase === "removed") return;
    }
  }
}

function pause(ms, entry) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const now = () => (clearTimeout(timer), resolve());
    addEventListener("deepfake-wake", now, { once: true });
    entry.stop = now;
  });
}

/** XMLHttpRequest, because fetch does not tell how much was sent. */
function post(entry) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const url = new URL(address("v1/jobs"));
    if (takes("evidence")) url.searchParams.set("evidence", "true");
    request.open("POST", url);
    const headers = { ...credentials(), "Idempotency-Key": entry.token, "Content-Type": entry.file.type || "application/octet-stream" };
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => jobs.change(entry, { sent: event.loaded / Math.max(event.total, 1) });
    request.upload.onload = () => (entry.sentAt = performance.now());
    request.onload = () => {
      if (request.status === 200 || request.status === 202) resolve(JSON.parse(request.responseText));
      else reject(Problem.of(request.status, request.responseText, request.getResponseHeader("Retry-After")));
    };
    request.onerror = request.ontimeout = () => reject(new Problem({}));
    request.onabort = () => reject(new Problem({ code: "aborted", retryable: false }));
    entry.stop = () => request.abort();
    request.send(entry.file);
  });
}

function token() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
