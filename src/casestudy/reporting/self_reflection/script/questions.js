// The sections in which something is asked. Every one of them is drawn anew from the answers so far.

const FORMS = {
  letter: (text) => /^\p{L}$/u.test(text),
  day: (text) => /^(0?[1-9]|[12]\d|3[01])$/.test(text),
  month: (text) => /^(0?[1-9]|1[0-2])$/.test(text),
  count: (text) => /^([0-9]|[1-4]\d)$/.test(text),
  text: (text) => /^[\p{L}\p{N} '\u2019-]{1,40}$/u.test(text),
  number: (text) => /^[\p{L}\p{N} ._-]{1,40}$/u.test(text),
};

const LONGEST_TEXT = 10000; // more would make a file that is not taken in

function problemOf(id) {
  return state.errors.find((error) => error.id === id) ?? null;
}

// A field of one line with its label, a hint, and what is wrong with it, all tied together.
function field({ id, label, hint, value, mode, input }) {
  const problem = problemOf(id);
  const described = [hint ? `${id}-hint` : null, problem ? `${id}-problem` : null].filter(Boolean).join(" ");
  const plain = { autocomplete: "off", autocapitalize: "off", autocorrect: "off", spellcheck: "false" };
  return el(
    "div",
    { class: problem ? "field wrong" : "field" },
    el("label", { for: id }, label),
    hint ? el("p", { class: "hint", id: `${id}-hint` }, hint) : null,
    problem ? el("p", { class: "problem", id: `${id}-problem` }, problem.text) : null,
    el("input", { id, type: "text", inputmode: mode, value, ...plain, "aria-describedby": described || null, "aria-invalid": problem ? "true" : null, input: (event) => input(event.target.value) }),
  );
}

function choice({ type, name, id, value, checked, text, change }) {
  return el(
    "label",
    { class: "choice", for: id },
    el("input", { type, name, id, value, checked, autocomplete: "off", change }),
    el("span", {}, text),
  );
}

// One item with a button per answer. An answer can be taken back, for nobody has to give one.
function radios(item, store, count) {
  const base = `${store}.${item.id}`;
  const choices = item.choices.map(([value, words]) => [value, said(words)]);
  if (item.notApplicable) choices.push(["na", said(item.notApplicableWords) || t("not_applicable")]);
  const clear = el("button", { type: "button", class: "quiet clear", click: () => takeBack() }, t("take_back"), el("span", { class: "hidden" }, `: ${said(item.text)}`));
  const boxes = choices.map(([value, text], step) =>
    choice({
      type: "radio",
      name: base,
      id: `${base}.${step}`,
      value: String(value),
      checked: state[store][item.id] === value,
      text,
      change: () => {
        state[store][item.id] = value;
        clear.classList.remove("unseen");
        changed();
      },
    }),
  );
  const fieldset = el("fieldset", { class: "item" }, legend(item, count), el("div", { class: "choices" }, boxes), clear);
  const takeBack = () => {
    delete state[store][item.id];
    for (const box of fieldset.querySelectorAll("input")) box.checked = false;
    clear.classList.add("unseen");
    fieldset.querySelector("input").focus();
    changed();
    tell(t("taken_back"));
  };
  clear.classList.toggle("unseen", !Object.hasOwn(state[store], item.id));
  return fieldset;
}

function legend(item, count) {
  return el("legend", {}, el("span", { class: "count" }, `${count}. `), said(item.text));
}

// One item whose answer is a number that is typed.
function typed(item, store, count) {
  const base = `${store}.${item.id}`;
  const range = { min: typedNumber(item.min), max: typedNumber(item.max) };
  const input = (text) => {
    state.drafts[base] = text;
    const value = readNumber(item, text);
    if (value === null) delete state[store][item.id];
    else state[store][item.id] = value;
    const box = byId(`${base}.na`);
    if (box) box.checked = false;
    changed();
  };
  const none = choice({
    type: "checkbox",
    id: `${base}.na`,
    checked: state[store][item.id] === "na",
    text: said(item.notApplicableWords) || t("not_applicable"),
    change: (event) => {
      if (event.target.checked) state[store][item.id] = "na";
      else delete state[store][item.id];
      state.drafts[base] = "";
      byId(base).value = "";
      changed();
    },
  });
  const asked = field({ id: base, label: t("number_label"), hint: t("number_hint", range), value: state.drafts[base] ?? "", mode: "decimal", input });
  return el("fieldset", { class: "item" }, legend(item, count), asked, item.notApplicable ? none : null);
}

function readNumber(item, text) {
  if (!/^\s*[-\u2212]?\d+([.,]\d+)?\s*$/.test(text)) return null;
  const value = Number(text.replace(",", ".").replace("\u2212", "-"));
  return isAnswer(item, value) ? value : null;
}

function scaleSection({ scale, store }) {
  const asked = page.scales[scale];
  const back = store === "then";
  const intro = said(asked.intro) || (back ? null : t(asked.kind === "mean" ? "scale_intro" : "use_intro"));
  return [
    back ? el("p", { class: "lead" }, t("then_intro", { wave: waveName(round().then) })) : null,
    intro ? el("p", { class: back ? null : "lead" }, intro) : null,
    asked.items.map((item, n) => (item.choices.length ? radios : typed)(item, store, n + 1)),
  ];
}

function componentSection() {
  const skills = usedSkills();
  const question = said(page.componentQuestion) || t("component_question");
  const ask = (skill) =>
    el(
      "fieldset",
      { class: "item ticks" },
      el("legend", {}, said(page.names[skill])),
      el("div", { class: "boxes" }, round().components[skill].map((part) => tick(skill, part))),
    );
  if (!skills.length) return [el("p", { class: "lead" }, t("component_none"))];
  return [el("p", { class: "lead" }, question), el("p", { class: "note" }, t("component_note")), skills.map(ask)];
}

function tick(skill, part) {
  const ticked = () => state.components[skill] ?? [];
  return choice({
    type: "checkbox",
    id: `components.${skill}.${part}`,
    checked: ticked().includes(part),
    text: said(page.names[part]),
    change: (event) => {
      const others = ticked().filter((one) => one !== part);
      state.components[skill] = event.target.checked ? [...others, part] : others;
      changed();
    },
  });
}

function openSection() {
  const ask = (id) =>
    el(
      "div",
      { class: "item" },
      el("label", { for: `open.${id}` }, said(page.open[id])),
      el("textarea", {
        id: `open.${id}`,
        rows: 5,
        maxlength: LONGEST_TEXT,
        autocomplete: "off",
        spellcheck: "false",
        "aria-describedby": "open-hint",
        value: state.open[id] ?? "",
        input: (event) => {
          state.open[id] = event.target.value;
          changed();
        },
      }),
    );
  return [el("p", { class: "note", id: "open-hint" }, t("open_hint", { most: number(LONGEST_TEXT, 0) })), round().open.map(ask)];
}

function startSection() {
  const promises = ["start_stays", "start_file", "start_skip", "start_shared"];
  const site = page.siteName ? el("p", { class: "note" }, t("start_site", { site: page.siteName })) : null;
  const fixed = Object.keys(page.rounds).length === 1;
  return [
    el("p", { class: "lead" }, said(page.intro) || t("start_intro")),
    site,
    fixed ? el("p", {}, t("start_wave", { wave: waveName(state.wave) })) : null,
    el("h3", {}, t("start_promises")),
    el("ul", {}, promises.map((key) => el("li", {}, t(key)))),
    fixed ? null : waveChoice(),
    personFields(),
    fileBlock("start"),
  ];
}

function waveChoice() {
  const problem = problemOf("wave.0");
  return el(
    "fieldset",
    { class: problem ? "item ticks wrong" : "item ticks", "aria-describedby": problem ? "wave-problem" : null },
    el("legend", {}, t("wave_question")),
    problem ? el("p", { class: "problem", id: "wave-problem" }, problem.text) : null,
    el("div", { class: "boxes" }, Object.keys(page.rounds).map(waveButton)),
  );
}

function waveButton(wave, n) {
  const change = () => {
    state.wave = wave;
    changed();
  };
  return choice({ type: "radio", name: "wave", id: `wave.${n}`, value: wave, checked: state.wave === wave, text: waveName(wave), change });
}

function personFields() {
  const { ask, elements } = page.person;
  const keep = (id) => (text) => {
    state.person[id] = text;
    changed();
  };
  const value = (id) => state.person[id] ?? "";
  if (ask === "nothing") return el("p", { class: "note" }, t("person_nothing"));
  if (ask === "number") {
    return [el("h3", {}, t("person_title")), field({ id: "person.number", label: t("person_number"), hint: t("person_number_hint"), value: value("number"), input: keep("number") })];
  }
  const fields = elements.map(({ id, text, kind }) =>
    field({ id: `person.${id}`, label: said(text), hint: t(`element_${kind}`), value: value(id), mode: ["letter", "text"].includes(kind) ? null : "numeric", input: keep(id) }),
  );
  return [el("h3", {}, t("person_title")), el("p", {}, t("person_code")), el("div", { class: "elements" }, fields)];
}

// Where an earlier file is opened; at the start it may also be shown again as it was.
function fileBlock(place) {
  const { reading } = state;
  const shows = reading && !reading.problem && canTakeUp(reading);
  return el(
    "div",
    { class: "file" },
    el("h3", {}, t(place === "start" ? "file_start" : "file_profile")),
    el("p", { id: "file-hint" }, t(place === "start" ? "file_start_hint" : "file_profile_hint")),
    el("label", { for: "file" }, t("file_label")),
    el("input", { type: "file", id: "file", accept: ".json,application/json", "aria-describedby": "file-hint", change: (event) => openFile(event.target) }),
    reading ? el("p", { id: "reading", tabindex: "-1", class: reading.problem ? "problem" : "done" }, readingWords()) : null,
    place === "start" && shows ? el("button", { type: "button", class: "second", click: showAgain }, t("file_show", { wave: waveName(reading.file.wave) })) : null,
  );
}

function showAgain() {
  takeUp(state.reading.file);
  go(sections().length - 1);
}

// What must be mended before one goes on.
function problems() {
  const section = sections()[state.section];
  if (section.kind === "start") return [...waveProblems(), ...personProblems()];
  if (section.kind !== "scale") return [];
  const wrong = (item) => {
    const text = state.drafts[`${section.store}.${item.id}`] ?? "";
    return !item.choices.length && text.trim() && readNumber(item, text) === null;
  };
  const told = (item) => t("problem_number", { min: typedNumber(item.min), max: typedNumber(item.max) });
  return page.scales[section.scale].items.filter(wrong).map((item) => ({ id: `${section.store}.${item.id}`, name: said(item.text), text: told(item) }));
}

function waveProblems() {
  return state.wave === null ? [{ id: "wave.0", name: t("wave_question"), text: t("problem_wave") }] : [];
}

function personProblems() {
  const { ask, elements } = page.person;
  const given = person();
  if (ask === "number") {
    const isWrong = given.number && !FORMS.number(given.number);
    return isWrong ? [{ id: "person.number", name: t("person_number"), text: t("problem_person_number") }] : [];
  }
  const told = ({ id, text, kind }) => {
    const value = given.elements?.[id];
    if (value !== undefined && FORMS[kind](value)) return null;
    return { id: `person.${id}`, name: said(text), text: t(value === undefined ? "problem_empty" : `problem_${kind}`) };
  };
  return given.elements ? elements.map(told).filter((one) => one !== null) : [];
}
