// What this browser keeps: the ids of its jobs, and for this tab alone the key and names of files.

const IDS = "deepfake.jobs";
const KEY = "deepfake.key";
const NAMES = "deepfake.names";
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

export function knownIds() {
  const ids = read(localStorage, IDS, []);
  return Array.isArray(ids) ? ids.filter((id) => /^[A-Za-z0-9_-]{1,64}$/.test(id)) : [];
}

export function rememberId(id) {
  write(localStorage, IDS, [id, ...knownIds().filter((known) => known !== id)].slice(0, MOST));
}

export function forgetId(id) {
  write(localStorage, IDS, knownIds().filter((known) => known !== id));
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

export function apiKey() {
  return read(sessionStorage, KEY, "");
}

export function useKey(key) {
  write(sessionStorage, KEY, key);
}
