// Sends files, two at a time. A broken connection is tried again under the same idempotency key,
// so that no retry makes a second job.

import { Problem } from "./api.js";
import { follow } from "./follow.js";
import { t } from "./i18n.js";
import { jobs } from "./jobs.js";
import { refusal, takes } from "./limits.js";
import { endUpload, interrupted, isLarge, sendInPieces } from "./resumable.js";
import { transfer, transferJson } from "./transfer.js";

const AT_ONCE = 2;
const TRIES = 6; // while the server has no room

let running = 0;

/** Put files in the line; returns their entries. */
export function enqueue(files) {
  const entries = files.map((file) => goOn(file) ?? jobs.addFile(file));
  for (const entry of entries) {
    const why = refusal(entry.file);
    if (why) jobs.change(entry, { phase: "refused", problem: new Problem({ code: "checked_here", detail: why, retryable: false }) });
  }
  pump();
  return entries;
}

/** Have the server fetch a file; returns its entry. */
export function enqueueUrl(url) {
  const entry = jobs.addUrl(url);
  pump();
  return entry;
}

/** Try an entry again that was refused. */
export function again(entry) {
  jobs.change(entry, { phase: "waiting", problem: null, sent: 0 });
  pump();
}

/** Stop an upload that has not ended. */
export function abort(entry) {
  entry.stop?.();
  endUpload(entry, { discard: true });
  jobs.remove(entry);
  pump();
}

function goOn(file) {
  const entry = interrupted(file);
  if (entry) jobs.change(entry, { phase: "waiting", file });
  return entry;
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
    jobs.change(entry, { phase: entry.url ? "fetching" : "uploading", sent: entry.upload ? entry.sent : 0, problem: null });
    try {
      await checkThere(entry);
      const job = await submit(entry);
      endUpload(entry);
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

/** A file that was changed or moved since it was chosen looks like a broken connection, for ever. */
async function checkThere({ file }) {
  try {
    await file?.slice(0, 1).arrayBuffer();
  } catch {
    throw new Problem({ code: "checked_here", detail: t("refused.changed"), retryable: false });
  }
}

async function submit(entry) {
  const options = takes("evidence") ? { evidence: true } : {};
  const key = { "Idempotency-Key": entry.token };
  if (entry.url) return transferJson(entry, "v1/jobs", { url: entry.url, ...options }, key);
  if (isLarge(entry.file)) return transferJson(entry, "v1/jobs", { upload: await sendInPieces(entry), ...options }, key);
  const request = await transfer(entry, `v1/jobs?${new URLSearchParams(options)}`, {
    headers: { ...key, "Content-Type": entry.file.type || "application/octet-stream" }, body: entry.file,
    onsent: (loaded, total) => jobs.change(entry, { sent: loaded / Math.max(total, 1) }),
    onwhole: () => (entry.sentAt = performance.now()),
  });
  return JSON.parse(request.responseText);
}

function token() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
