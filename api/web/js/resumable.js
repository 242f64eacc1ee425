// Sends a large file in pieces (tus 1.0), so that an upload that was cut goes on where it stands: after a
// broken connection by itself, after a reload once the same file is chosen again.

import { call } from "./api.js";
import { jobs } from "./jobs.js";
import { forgetUpload, openUploads, rememberUpload } from "./session.js";
import { transfer } from "./transfer.js";

const PIECE = 8 * 1024 ** 2;
const TUS = { "Tus-Resumable": "1.0.0" };
const BODY = { ...TUS, "Content-Type": "application/offset+octet-stream" };

/** Whether a file is sent so. */
export function isLarge(file) {
  return file.size > PIECE;
}

/** Send what the server does not have; resolves to the upload's path once it has all. */
export async function sendInPieces(entry) {
  const { file } = entry;
  let at = entry.upload ? await standing(entry.upload) : null;
  if (at === null) at = await begin(entry);
  for (let misses = 0; at < file.size; ) {
    told(entry, at);
    try {
      at = await send(entry, at);
      misses = 0;
    } catch (problem) {
      misses += 1;
      // The server has more than this page has heard of, or less.
      if (problem.code !== "upload_offset_mismatch" || misses > 2) throw problem;
      at = (await standing(entry.upload)) ?? (await begin(entry));
    }
  }
  told(entry, at);
  entry.sentAt = performance.now();
  return entry.upload;
}

async function send(entry, at) {
  const request = await transfer(entry, entry.upload, {
    method: "PATCH", headers: { ...BODY, "Upload-Offset": String(at) }, body: entry.file.slice(at, at + PIECE),
    onsent: (sent) => told(entry, at + sent),
  });
  return Number(request.getResponseHeader("Upload-Offset"));
}

function told(entry, at) {
  jobs.change(entry, { sent: Math.min(at / entry.file.size, 1) });
}

async function begin(entry) {
  const { file } = entry;
  const request = await transfer(entry, "v1/uploads", { headers: { ...TUS, "Upload-Length": String(file.size) } });
  entry.upload = request.getResponseHeader("Location");
  rememberUpload({ path: entry.upload, token: entry.token, name: file.name, size: file.size, modified: file.lastModified });
  return 0;
}

/** How many bytes the server has; null when it knows nothing of the upload, and all when a job has it. */
async function standing(path) {
  try {
    const answer = await call(path, { method: "HEAD", headers: TUS });
    return Number(answer.headers.get("Upload-Offset"));
  } catch (problem) {
    if (problem.status === 409) return Infinity;
    if (problem.status !== 404 && problem.status !== 410) throw problem;
    forgetUpload(path);
    return null;
  }
}

/** Those that a reload of this page interrupted are in the list until their files are chosen again. */
export async function restoreUploads() {
  for (const known of openUploads()) {
    const at = await standing(known.path).catch(() => 0);
    if (at !== null) jobs.addInterrupted(known, Math.min(at / known.size, 1));
  }
}

/** The interrupted upload of the same file, as far as its name, size and time tell. */
export function interrupted(file) {
  return jobs.all.find(({ phase, known }) => phase === "interrupted" && known.name === file.name && known.size === file.size && known.modified === file.lastModified);
}

/** A job has the upload, or nobody wants it any more. */
export function endUpload(entry, { discard = false } = {}) {
  if (!entry.upload) return;
  forgetUpload(entry.upload);
  if (discard) call(entry.upload, { method: "DELETE", headers: TUS }).catch(() => {}); // it expires by itself
  entry.upload = null;
}
