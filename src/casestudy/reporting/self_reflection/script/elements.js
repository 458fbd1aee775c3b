// What the page is made of: its data, elements whose text is always text, words and numbers.

const page = JSON.parse(document.getElementById("data").textContent);
const LOCALES = { nl: "nl-NL", en: "en-GB" };
const SVG = "http://www.w3.org/2000/svg";

// An object in which only what was put is found, also when a text is called "constructor".
function blank() {
  return Object.create(null);
}

// Make an element. Attributes that are false or null are left out; children that are texts become texts.
function el(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

function drawn(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(key, value);
    } else if (key === "value" || key === "checked") {
      element[key] = value;
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(key, value === true ? "" : String(value));
    }
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

// A sentence of the page in the language of now; what fills a slot is never itself filled in.
function t(key, values = {}) {
  return page.words[state.language][key].replace(/\{(\w+)\}/g, (_, slot) => String(values[slot]));
}

// A text of the study in the language of now.
function said(words) {
  return words ? words[state.language] : "";
}

function waveName(wave) {
  return said(page.waveNames[wave]);
}

// As many digits as asked for, rounded half away from zero, with a real minus sign.
function number(value, decimals) {
  const scale = 10 ** decimals;
  const size = Math.floor(Number((Math.abs(value) * scale).toFixed(9)) + 0.5) / scale;
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  const text = new Intl.NumberFormat(LOCALES[state.language], digits).format(size);
  return value < 0 && size > 0 ? `\u2212${text}` : text;
}

function signed(value, decimals) {
  const text = number(value, decimals);
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

function month(written) {
  const date = new Date(`${written}-01T00:00:00Z`);
  const form = { month: "long", year: "numeric", timeZone: "UTC" };
  return new Intl.DateTimeFormat(LOCALES[state.language], form).format(date);
}

function listed(texts) {
  return new Intl.ListFormat(LOCALES[state.language]).format(texts);
}

function byId(id) {
  return document.getElementById(id);
}

// Say something to those who hear the page.
function tell(text) {
  byId("told").textContent = text;
}
