// Saving to a file, and opening one that was saved before. A file is only ever read, and strictly.

const MOST_CHARACTERS = 500000;
const LONGEST_NAME = 64;
const KEYS = ["format", "format_version", "instrument", "wave", "site", "language", "saved", "person"];
const STORES = ["answers", "components", "open"];

function isObject(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function isTexts(value) {
  return isObject(value) && Object.values(value).every((text) => typeof text === "string");
}

// Read the text of a file: { file, otherVersion }, or { problem } when it is not one of this instrument.
function understood(text) {
  let file;
  try {
    file = text.length > MOST_CHARACTERS ? null : JSON.parse(text);
  } catch {
    file = null;
  }
  if (!isObject(file) || file.format !== page.format) return { problem: "file_other" };
  if (file.format_version !== page.format_version) return { problem: "file_newer" };
  if (!isWhole(file)) return { problem: "file_damaged" };
  if (file.instrument.id !== page.instrument.id) return { problem: "file_other_instrument" };
  const otherVersion = file.instrument.version !== page.instrument.version ? file.instrument.version : null;
  if (!Object.hasOwn(page.waveNames, file.wave)) return { problem: "file_other_instrument" };
  const known = new Map(itemsOf(Object.keys(page.scales)).map((item) => [item.id, item]));
  const fits = ([id, value]) => (known.has(id) ? isAnswer(known.get(id), value) : otherVersion !== null);
  const all = [...Object.entries(file.answers), ...Object.entries(file.then ?? {})];
  return all.every(fits) ? { file, otherVersion } : { problem: "file_damaged" };
}

function isWhole(file) {
  const there = [...KEYS, ...STORES].every((key) => Object.hasOwn(file, key));
  const strays = Object.keys(file).filter((key) => ![...KEYS, ...STORES, "then"].includes(key));
  const { instrument, person: who } = file;
  const lists = (value) => isObject(value) && Object.values(value).every((list) => Array.isArray(list) && list.every((part) => typeof part === "string"));
  return (
    there &&
    strays.length === 0 &&
    isTexts(instrument) &&
    Object.values(instrument).every((name) => name.length <= LONGEST_NAME) &&
    [file.wave, file.language, file.saved, instrument.id, instrument.version].every((text) => typeof text === "string") &&
    /^\d{4}-(0[1-9]|1[0-2])$/.test(file.saved) &&
    (file.site === null || typeof file.site === "string") &&
    isObject(file.answers) &&
    (file.then === undefined || isObject(file.then)) &&
    lists(file.components) &&
    isTexts(file.open) &&
    isObject(who) &&
    (isTexts(who) || isTexts(who.elements))
  );
}

function isAnswer(item, value) {
  if (value === null) return true;
  if (value === "na") return item.notApplicable;
  if (typeof value !== "number" || value < item.min || value > item.max) return false;
  return item.decimals || Number.isInteger(value - item.min);
}

// Whether a file can be shown again on this page, with every question it answers.
function canTakeUp(reading) {
  const asked = page.rounds[reading.file.wave];
  if (!asked || reading.otherVersion !== null) return false;
  const here = (scales, given) => {
    const ids = itemsOf(scales).map((item) => item.id);
    return Object.keys(given).every((id) => ids.includes(id));
  };
  return here(asked.scales, reading.file.answers) && here(asked.thenScales, reading.file.then ?? {});
}

// What a file says about a scale: null when it did not ask every question of it.
function earlierScore(scale) {
  const { earlier } = state;
  if (earlier === null || !scale.items.every((item) => Object.hasOwn(earlier.file.answers, item.id))) return null;
  return score(scale, earlier.file.answers);
}

async function openFile(input) {
  const [chosen] = input.files;
  if (!chosen) return;
  // A sign takes four bytes at most; a film is not read to find that it is no file of this page.
  const text = chosen.size > 4 * MOST_CHARACTERS ? "" : await chosen.text().catch(() => "");
  const reading = understood(text);
  state.reading = reading;
  if (!reading.problem) state.earlier = reading;
  render();
  tell(readingWords());
  byId("reading")?.focus();
}

// One sentence on the file that was opened last.
function readingWords() {
  const { reading } = state;
  if (reading === null) return "";
  if (reading.problem) return t(reading.problem);
  const opened = t("file_opened", { wave: waveName(reading.file.wave), month: month(reading.file.saved) });
  const versions = { theirs: reading.otherVersion, ours: page.instrument.version };
  return reading.otherVersion === null ? opened : `${opened} ${t("file_other_version", versions)}`;
}

function saveFile(key, withOpen) {
  const text = `${JSON.stringify(saved(withOpen), null, 2)}\n`;
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = el("a", { href: url, download: t(key, { wave: state.wave }) });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
  const leftOut = !withOpen && round().open.some((id) => (state.open[id] ?? "").trim());
  state.unsaved = state.unsaved && leftOut;
  byId("saved").textContent = t("saved", { file: t(key, { wave: state.wave }) });
}
