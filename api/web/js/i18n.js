// The strings of one language, and everything that is written the way of that language.

export const LANGUAGES = { en: "English", de: "Deutsch", es: "Español", fr: "Français", hi: "हिन्दी" };
const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur"]);

let strings = {};
let tag = "en";
let locale = "en"; // with the region of the browser, which says how times are written
let plurals = new Intl.PluralRules("en");

/** The language that the browser asks for; `?lang=` comes before it. */
export function preferred() {
  const asked = [new URL(location.href).searchParams.get("lang"), ...navigator.languages];
  return asked.map((each) => (each ?? "").split("-")[0].toLowerCase()).find((each) => each in LANGUAGES) ?? "en";
}

/** Load the strings of a language; throws when the server is away. */
export async function use(language) {
  const answer = await fetch(new URL(`web/i18n/${language}.json`, document.baseURI));
  if (!answer.ok) throw new Error(`The strings of ${language} answer ${answer.status}.`);
  strings = await answer.json();
  tag = language;
  locale = navigator.languages.find((each) => each.split("-")[0] === language) ?? language;
  plurals = new Intl.PluralRules(language);
  document.documentElement.lang = language;
  document.documentElement.dir = RIGHT_TO_LEFT.has(language) ? "rtl" : "ltr";
}

export function language() {
  return tag;
}

export function has(key) {
  return key in strings;
}

/** The text of a key; `{name}` is replaced, and `count` chooses between `key.one` and `key.other`. */
export function t(key, values = {}) {
  let text = strings[key];
  if ("count" in values) text = strings[`${key}.${plurals.select(values.count)}`] ?? strings[`${key}.other`] ?? text;
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => {
    if (!(name in values)) return whole;
    return typeof values[name] === "number" ? number(values[name]) : String(values[name]);
  });
}

export function number(value, digits = 0) {
  return new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value);
}

export function percent(share, digits = 0) {
  return new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: digits }).format(share);
}

/** A score with two decimals, or as many more as keep it on its side of both thresholds. */
export function score(value, thresholds = null) {
  if (value === null || value === undefined) return t("score.none");
  let digits = 2;
  const side = (x) => thresholds && `${x >= thresholds.fake}${x <= thresholds.real}`;
  while (digits < 16 && side(Number(value.toFixed(digits))) !== side(value)) digits += 1;
  return new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: digits }).format(value);
}

export function bytes(size) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const power = Math.min(units.length - 1, Math.floor(Math.log(Math.max(size, 1)) / Math.log(1024)));
  const style = { style: "unit", unit: units[power], unitDisplay: "short", maximumFractionDigits: power > 1 ? 1 : 0 };
  return new Intl.NumberFormat(locale, style).format(size / 1024 ** power);
}

export function seconds(value, digits = 1) {
  const style = { style: "unit", unit: "second", unitDisplay: "narrow", maximumFractionDigits: digits };
  return new Intl.NumberFormat(locale, style).format(value);
}

/** A time to come, no more exact than it is known: "20 seconds", "3 minutes". */
export function about(value) {
  const minutes = value > 55;
  const rounded = minutes ? Math.max(1, Math.round(value / 60)) : Math.max(5, 5 * Math.round(value / 5));
  return new Intl.NumberFormat(locale, { style: "unit", unit: minutes ? "minute" : "second", unitDisplay: "long" }).format(rounded);
}

export function milliseconds(value) {
  const style = { style: "unit", unit: "millisecond", unitDisplay: "short", maximumFractionDigits: 0 };
  return new Intl.NumberFormat(locale, style).format(value);
}

/** HH:MM, with the date where it is not today. */
export function clock(time) {
  const when = new Date(time);
  const today = when.toDateString() === new Date().toDateString();
  return new Intl.DateTimeFormat(locale, today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" }).format(when);
}

/** Date, time and time zone: for a sentence that leaves this page. */
export function moment(time) {
  return new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "long" }).format(new Date(time));
}
