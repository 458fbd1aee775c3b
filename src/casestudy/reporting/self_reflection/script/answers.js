// What was answered so far. It lives in this variable and nowhere else.

const state = fresh(page.languages[0]);

function fresh(language) {
  return {
    language,
    wave: page.wave ?? (Object.keys(page.rounds).length === 1 ? Object.keys(page.rounds)[0] : null),
    site: page.site,
    section: 0,
    answers: blank(), // item: number or "na"
    then: blank(), // the same, looking back
    drafts: blank(), // what stands in a field for a number, as it was typed
    components: blank(), // skill: components that were ticked
    open: blank(),
    person: blank(),
    openToo: false,
    errors: [],
    earlier: null,
    reading: null, // what became of the last file that was opened
    unsaved: false,
  };
}

function round() {
  return state.wave === null ? null : page.rounds[state.wave];
}

// The sections one goes through, in their order.
function sections() {
  const asked = round();
  if (asked === null) return [{ kind: "start" }];
  return [
    { kind: "start" },
    ...asked.scales.map((scale) => ({ kind: "scale", scale, store: "answers" })),
    ...(Object.keys(asked.components).length ? [{ kind: "components" }] : []),
    ...asked.thenScales.map((scale) => ({ kind: "scale", scale, store: "then" })),
    ...(asked.open.length ? [{ kind: "open" }] : []),
    { kind: "profile" },
  ];
}

function changed() {
  state.unsaved = true;
}

function itemsOf(scales) {
  return scales.flatMap((scale) => page.scales[scale].items);
}

// Skills that are used often enough to ask what contributed.
function usedSkills() {
  const items = itemsOf(round().scales);
  const isUsed = (item) => typeof state.answers[item.id] === "number" && state.answers[item.id] >= item.shownFrom;
  return Object.keys(round().components).filter((skill) => items.some((item) => item.skill === skill && isUsed(item)));
}

function tickedOf(skill) {
  return round().components[skill].filter((part) => (state.components[skill] ?? []).includes(part));
}

// The respondent as the file tells it: nothing that was left empty.
function person() {
  const { ask, elements } = page.person;
  const typed = (id) => (state.person[id] ?? "").normalize("NFC").trim();
  if (ask === "number") return typed("number") ? { number: typed("number") } : {};
  const given = elements.filter((element) => typed(element.id));
  return given.length ? { elements: Object.fromEntries(given.map(({ id }) => [id, typed(id)])) } : {};
}

// The file: everything, or without what was written in own words.
function saved(withOpen) {
  const asked = round();
  const of = (store, scales) => Object.fromEntries(itemsOf(scales).map(({ id }) => [id, state[store][id] ?? null]));
  const open = asked.open.filter((id) => withOpen && (state.open[id] ?? "").trim());
  const today = new Date();
  return {
    format: page.format,
    format_version: page.format_version,
    instrument: page.instrument,
    wave: state.wave,
    site: state.site,
    language: state.language,
    saved: `${today.getFullYear()}-${String(today.getMonth() + 1).padStart(2, "0")}`,
    person: person(),
    answers: of("answers", asked.scales),
    ...(asked.thenScales.length ? { then: of("then", asked.thenScales) } : {}),
    components: Object.fromEntries(usedSkills().map((skill) => [skill, tickedOf(skill)])),
    open: Object.fromEntries(open.map((id) => [id, state.open[id]])),
  };
}

// Take up a file again as if it had just been filled in.
function takeUp(file) {
  const kept = { language: state.language, openToo: state.openToo };
  Object.assign(state, fresh(kept.language), kept, { wave: file.wave, site: file.site });
  const put = (store, given) => {
    for (const [id, value] of Object.entries(given)) if (value !== null) state[store][id] = value;
  };
  put("answers", file.answers);
  put("then", file.then ?? {});
  put("components", file.components);
  put("open", file.open);
  put("person", file.person.elements ?? file.person);
  const lists = { answers: round().scales, then: round().thenScales };
  for (const [store, scales] of Object.entries(lists)) {
    for (const item of itemsOf(scales)) {
      const value = state[store][item.id];
      if (!item.choices.length && typeof value === "number") state.drafts[`${store}.${item.id}`] = typedNumber(value);
    }
  }
}

function typedNumber(value) {
  return state.language === "nl" ? String(value).replace(".", ",") : String(value);
}
