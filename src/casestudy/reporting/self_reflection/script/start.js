// Going from section to section, the language, and the start of the page.

const TITLES = {
  start: () => t("section_start"),
  scale: ({ scale, store }) => (store === "then" ? t("section_then", { scale: said(page.scales[scale].label) }) : said(page.scales[scale].label)),
  components: () => t("section_components"),
  open: () => t("section_open"),
  profile: () => t("section_profile"),
};
const BODIES = { start: startSection, scale: scaleSection, components: componentSection, open: openSection, profile: profileSection };

// The start is no part of the count, for how many parts there are is known once the wave is.
function progressWords() {
  const last = sections().length - 1;
  return state.section === 0 ? t("progress_start") : t("progress", { n: state.section, total: last });
}


function render() {
  const section = sections()[state.section];
  const title = TITLES[section.kind](section);
  document.documentElement.lang = state.language;
  document.title = state.section ? `${title} \u2013 ${said(page.title)}` : said(page.title);
  document.body.className = state.section ? "inside" : "";
  head();
  byId("content").replaceChildren(
    el("p", { class: "progress", id: "progress" }, progressWords()),
    state.section ? el("progress", { max: sections().length - 1, value: state.section, "aria-hidden": "true" }) : "",
    el("h2", { id: "heading", tabindex: "-1" }, title),
    summary() ?? "",
    el("div", { class: section.kind }, BODIES[section.kind](section)),
    steps(),
  );
}

function head() {
  document.querySelector(".skip").textContent = t("skip");
  byId("title").textContent = said(page.title);
  byId("study").textContent = said(page.study);
  byId("study").hidden = said(page.study) === said(page.title);
  byId("banner").textContent = t("fictional");
  byId("banner").hidden = !page.fictional;
  byId("foot").textContent = t("foot", { version: page.instrument.version });
  byId("bar").replaceChildren(
    el("span", { class: "home" }, t("home")),
    page.languages.length > 1 ? el("div", { role: "group", "aria-label": t("languages"), class: "languages" }, page.languages.map(languageButton)) : "",
  );
}

function languageButton(language) {
  const now = language === state.language;
  const turn = () => {
    state.language = language;
    state.errors = state.errors.length ? problems() : [];
    render();
    byId(`language-${language}`).focus();
  };
  return el("button", { type: "button", class: "quiet", id: `language-${language}`, lang: language, "aria-pressed": String(now), click: turn }, page.words[language].language_name);
}

// What must be mended, above the section, each with a way to its field.
function summary() {
  if (!state.errors.length) return null;
  const link = ({ id, name, text }) =>
    el("li", {}, el("a", { href: `#${id}`, click: (event) => { event.preventDefault(); byId(id).focus(); } }, `${name} \u2013 ${text}`));
  return el("div", { class: "errors", id: "errors", tabindex: "-1", role: "group", "aria-labelledby": "errors-title" }, el("h3", { id: "errors-title" }, t("errors_title")), el("ul", {}, state.errors.map(link)));
}

function steps() {
  const back = state.section > 0 ? el("button", { type: "button", class: "second", id: "back", click: () => go(state.section - 1) }, t("back")) : null;
  const isLast = state.wave !== null && state.section === sections().length - 1;
  const key = state.section === 0 ? "begin" : sections()[state.section + 1]?.kind === "profile" ? "to_profile" : "next";
  const forward = isLast ? null : el("button", { type: "button", class: "first", id: "next", click: next }, t(key));
  return el("div", { class: "steps" }, back, forward);
}

function next() {
  state.errors = problems();
  if (!state.errors.length) {
    go(state.section + 1);
    return;
  }
  render();
  byId("errors").focus();
}

function go(section) {
  state.section = section;
  state.errors = [];
  render();
  window.scrollTo(0, 0);
  byId("heading").focus({ preventScroll: true });
  tell(progressWords());
}

window.addEventListener("beforeunload", (event) => {
  if (state.unsaved) event.preventDefault();
});
// A page that the browser kept in memory comes back empty, for another may sit at the desk by then.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
for (const [moment, open] of [["beforeprint", true], ["afterprint", false]]) {
  window.addEventListener(moment, () => {
    for (const details of document.querySelectorAll("details")) details.open = open;
  });
}
render();
