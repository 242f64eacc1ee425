// What this browser keeps: the ids of its jobs and batches, and for this tab alone the key, the names
// of files and the uploads that were begun.

const IDS = "deepfake.jobs";
const KEY = "deepfake.key";
const NAMES = "deepfake.names";
const UPLOADS = "deepfake.uploads";
export const BATCHES = "deepfake.batches";
const MOST = 200;

function read(storage, name, otherwise) {
  try {
    return JSON.parse(storage.getItem(name)) ?? otherwise;
  } catch {
    return otherwise; // storage is off, or holds something else
  }
}

function write(storage, name, value) {
  try {
    storage.setItem(name, JSON.stringify(value));
  } catch {
    // Storage is off or full: the page works on, and forgets when it is closed.
  }
}

export function knownIds(list = IDS) {
  const ids = read(localStorage, list, []);
  return Array.isArray(ids) ? ids.filter((id) => /^[A-Za-z0-9_-]{1,64}$/.test(id)) : [];
}

export function rememberId(id, list = IDS) {
  write(localStorage, list, [id, ...knownIds(list).filter((known) => known !== id)].slice(0, MOST));
}

export function forgetId(id, list = IDS) {
  write(localStorage, list, knownIds(list).filter((known) => known !== id));
  const names = read(sessionStorage, NAMES, {});
  delete names[id];
  write(sessionStorage, NAMES, names);
}

export function rememberName(id, name) {
  write(sessionStorage, NAMES, { ...read(sessionStorage, NAMES, {}), [id]: name });
}

export function nameOf(id) {
  return read(sessionStorage, NAMES, {})[id] ?? null;
}

/** Uploads that have not become a job: `{path, token, name, size, modified}`. */
export function openUploads() {
  const uploads = read(sessionStorage, UPLOADS, []);
  return Array.isArray(uploads) ? uploads : [];
}

export function rememberUpload(upload) {
  write(sessionStorage, UPLOADS, [...openUploads(), upload]);
}

export function forgetUpload(path) {
  write(sessionStorage, UPLOADS, openUploads().filter((upload) => upload.path !== path));
}

export function apiKey() {
  return read(sessionStorage, KEY, "");
}

export function useKey(key) {
  write(sessionStorage, KEY, key);
}
