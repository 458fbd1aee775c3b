// The profile: own scores on their lines, the same in a table, use of skills, questions, and the answers.

const LINE = { left: 4, width: 92 };

function profileSection() {
  const means = round().scales.filter((scale) => page.scales[scale].kind === "mean");
  const uses = round().scales.filter((scale) => page.scales[scale].kind === "frequency");
  return [
    el("p", { class: "lead" }, t("profile_intro")),
    fileBlock("profile"),
    means.length ? scores(means) : null,
    uses.length ? useOfSkills(uses) : null,
    writtenTexts(),
    answersList(),
    keeping(),
  ];
}

// Everything about one scale that the line, the sentences and the table tell.
function standing(id) {
  const scale = page.scales[id];
  const own = score(scale, state.answers);
  const before = earlierScore(scale);
  const looksBack = round().thenScales.includes(id);
  const bands = page.reference === null ? null : (page.reference[state.wave] ?? blank())[id] ?? { reason: "few" };
  return {
    id,
    scale,
    own,
    earlier: before,
    change: own.value === null || !before || before.value === null ? null : difference(own.value, before.value),
    then: looksBack ? score(scale, state.then) : null,
    band: bands,
  };
}

function scores(means) {
  const all = means.map(standing);
  return el(
    "section",
    { class: "block", "aria-labelledby": "scores-title" },
    el("h3", { id: "scores-title" }, t("scores_title")),
    el("p", {}, t("scores_reading")),
    marksKey(all),
    all.map(scoreBlock),
    scoreTable(all),
    sourceNotes(all.filter((one) => one.change !== null && one.scale.norm)),
  );
}

// Where the error of measuring was found, each source once.
function sourceNotes(all) {
  const sources = [...new Set(all.map(({ scale }) => scale.norm.source))];
  const scales = (source) => listed(all.filter(({ scale }) => scale.norm.source === source).map(({ scale }) => said(scale.label)));
  return sources.map((source) => el("p", { class: "note" }, t("error_source", { scale: scales(source), source })));
}

function scoreBlock(one) {
  const [low, high] = rangeOf(one.scale);
  return el(
    "div",
    { class: "score" },
    el("h4", {}, said(one.scale.label)),
    line(one, low, high),
    scoreSentences(one, low, high).map((text, n) => el("p", n ? {} : { class: "first" }, text)),
  );
}

function scoreSentences(one, low, high) {
  const told = [ownSentence(one, low, high)];
  if (one.change !== null) told.push(`${changeSentence(one)} ${errorSentence(one)}`);
  else if (state.earlier !== null) told.push(t("earlier_none", { wave: waveName(state.earlier.file.wave) }));
  if (one.then !== null && one.then.value !== null) told.push(t("then_sentence", { score: number(one.then.value, 1), wave: waveName(round().then) }));
  if (one.band !== null) told.push(bandSentence(one.band));
  return told.filter(Boolean);
}

function ownSentence({ own, scale }, low, high) {
  const range = { min: number(low, 0), max: number(high, 0) };
  if (own.value !== null) return t("score_sentence", { score: number(own.value, 1), ...range });
  return t("score_none", { n: own.n, n_of: scale.items.length, needed: scale.needed });
}

function changeSentence({ change, earlier }) {
  const { wave, saved: when } = state.earlier.file;
  const key = /[1-9]/.test(number(change, 1)) ? (change > 0 ? "change_higher" : "change_lower") : "change_same";
  return t(key, { amount: number(Math.abs(change), 1), score: number(earlier.value, 1), wave: waveName(wave), month: month(when) });
}

function errorSentence({ change, scale }) {
  if (scale.norm === null || state.earlier.otherVersion !== null) return t("error_unknown");
  return t(beyondError(change, scale.norm) ? "error_more" : "error_within");
}

function bandSentence(band) {
  if (band.reason) return t(band.reason === "few" ? "band_few" : "band_one_site");
  return t("band_sentence", { low: number(band.low, 1), high: number(band.high, 1), wave: waveName(state.wave) });
}

// The signs on the lines, in words; only those that stand there.
function marksKey(all) {
  const signs = [["own", t("key_own", { wave: waveName(state.wave) })]];
  if (all.some((one) => one.earlier?.value != null)) signs.push(["earlier", t("key_earlier", { wave: waveName(state.earlier.file.wave) })]);
  if (all.some((one) => one.then?.value != null)) signs.push(["then", t("key_then", { wave: waveName(round().then) })]);
  if (all.some((one) => one.band && !one.band.reason)) signs.push(["band", t("key_band")]);
  const sample = (sign) => drawn("svg", { class: "sign", width: 30, height: 26, "aria-hidden": "true" }, sign === "band" ? bandMark("3", "24", 13) : mark(sign, "15", 13));
  return el("ul", { class: "key" }, signs.map(([sign, text]) => el("li", {}, sample(sign), el("span", {}, text))));
}

function mark(sign, x, y) {
  if (sign === "own") return drawn("circle", { class: "own", cx: x, cy: y, r: 7 });
  if (sign === "earlier") return drawn("circle", { class: "earlier", cx: x, cy: y, r: 11 });
  return drawn("svg", { x, y, overflow: "visible" }, drawn("path", { class: "then", d: "M0-11 11 0 0 11-11 0Z" }));
}

function bandMark(x, width, y) {
  return drawn("rect", { class: "band", x, y: y - 7, width, height: 14 });
}

// The score as a sign on a line, for the eye only: the sentences under it and the table tell the same.
function line(one, low, high) {
  const at = (value) => LINE.left + (LINE.width * (value - low)) / (high - low);
  const steps = Number.isInteger(high - low) && high - low <= 10 ? high - low : 1;
  const ticks = Array.from({ length: steps + 1 }, (_, n) => low + (n * (high - low)) / steps);
  const marks = [["then", one.then], ["earlier", one.earlier], ["own", one.own]];
  const band = one.band && !one.band.reason ? one.band : null;
  return drawn(
    "svg",
    { class: "line", width: "100%", height: 54, "aria-hidden": "true" },
    band ? bandMark(`${at(band.low)}%`, `${Math.max(at(band.high) - at(band.low), 0.8)}%`, 18) : null,
    drawn("line", { class: "axis", x1: `${LINE.left}%`, x2: `${LINE.left + LINE.width}%`, y1: 18, y2: 18 }),
    ticks.map((tick) => drawn("line", { class: "axis", x1: `${at(tick)}%`, x2: `${at(tick)}%`, y1: 13, y2: 23 })),
    ticks.map((tick) => drawn("text", { x: `${at(tick)}%`, y: 48, "text-anchor": "middle" }, number(tick, 0))),
    marks.filter(([, given]) => given && given.value !== null).map(([sign, given]) => mark(sign, `${at(given.value)}%`, 18)),
  );
}

function scoreTable(all) {
  const none = t("none");
  const shown = (given) => (given && given.value !== null ? number(given.value, 1) : none);
  const columns = [
    [t("column_score", { wave: waveName(state.wave) }), (one) => shown(one.own)],
    ...(state.earlier ? [[waveName(state.earlier.file.wave), (one) => shown(one.earlier)], [t("column_change"), (one) => (one.change === null ? none : signed(one.change, 1))]] : []),
    ...(round().thenScales.length ? [[waveName(round().then), (one) => shown(one.then)]] : []),
    [t("column_answered"), (one) => t("n_of", { n: one.own.n, n_of: one.scale.items.length })],
  ];
  const rows = all.map((one) => [said(one.scale.label), columns.map(([, cell]) => cell(one)), one.id]);
  return table(t("scores_caption"), [t("column_scale"), ...columns.map(([name]) => name)], rows, true);
}

function table(caption, names, rows, isNumbers) {
  const kind = isNumbers ? "num" : null;
  return el(
    "table",
    { class: "stack" },
    el("caption", {}, caption),
    el("thead", {}, el("tr", {}, names.map((name, n) => el("th", { scope: "col", class: n ? kind : null }, name)))),
    el("tbody", {}, rows.map(([head, cells, id]) => el("tr", { "data-row": id }, el("th", { scope: "row" }, head), cells.map((cell, n) => el("td", { class: kind, "data-label": names[n + 1] }, cell))))),
  );
}

// What was answered to an item, in words; a question that was left open says so.
function answerWords(item, given) {
  if (given === undefined || given === null) return t("not_answered");
  if (given === "na") return said(item.notApplicableWords) || t("not_applicable");
  const choice = item.choices.find(([value]) => value === given);
  return choice ? said(choice[1]) : typedNumber(given);
}

function useOfSkills(scales) {
  const items = itemsOf(scales);
  const general = items.some((item) => !Object.hasOwn(page.reflection, item.skill ?? ""));
  return el(
    "section",
    { class: "block", "aria-labelledby": "use-title" },
    el("h3", { id: "use-title" }, t("use_title")),
    el("p", {}, t("use_reading")),
    el("div", { class: "skills" }, items.map((item) => skillCard(item))),
    general ? [el("h4", {}, t("reflection_title")), el("ul", { class: "questions" }, el("li", {}, t("reflection_1")), el("li", {}, t("reflection_2")))] : null,
  );
}

function skillCard(item) {
  const before = state.earlier?.file.answers[item.id];
  const asksBack = itemsOf(round().thenScales).some((one) => one.id === item.id);
  const facts = [[t("use_now"), answerWords(item, state.answers[item.id])]];
  if (before !== undefined) facts.push([waveName(state.earlier.file.wave), answerWords(item, before)]);
  if (asksBack) facts.push([waveName(round().then), answerWords(item, state.then[item.id])]);
  if (item.skill && usedSkills().includes(item.skill)) {
    const ticked = tickedOf(item.skill).map((part) => said(page.names[part]));
    facts.push([t("use_components"), ticked.length ? listed(ticked) : t("use_no_components")]);
  }
  const questions = item.skill && Object.hasOwn(page.reflection, item.skill) ? page.reflection[item.skill] : [];
  return el(
    "div",
    { class: "skill" },
    el("h4", {}, item.skill ? said(page.names[item.skill]) : said(item.text)),
    item.skill ? el("p", { class: "note" }, said(item.text)) : null,
    el("dl", {}, facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
    questions.length ? el("ul", { class: "questions" }, questions.map((question) => el("li", {}, said(question)))) : null,
  );
}

function writtenTexts() {
  const written = round().open.filter((id) => (state.open[id] ?? "").trim());
  if (!written.length) return null;
  return el(
    "section",
    { class: "block", "aria-labelledby": "open-title" },
    el("h3", { id: "open-title" }, t("open_title")),
    written.map((id) => [el("h4", {}, said(page.open[id])), el("p", { class: "written" }, state.open[id])]),
  );
}

function answersList() {
  const lists = [["answers", round().scales], ["then", round().thenScales]];
  const titled = (store, scale) => (store === "then" ? `${said(page.scales[scale].label)} (${waveName(round().then)})` : said(page.scales[scale].label));
  const rows = (store, scale) => page.scales[scale].items.map((item) => [said(item.text), [answerWords(item, state[store][item.id])], item.id]);
  return el(
    "details",
    { class: "block" },
    el("summary", {}, t("answers_title")),
    lists.flatMap(([store, scales]) => scales.map((scale) => table(titled(store, scale), [t("column_question"), t("column_answer")], rows(store, scale), false))),
  );
}

// The second click of a double one does nothing.
function once(act) {
  return (event) => {
    if (event.detail < 2) act();
  };
}

// Saving, printing and clearing.
function keeping() {
  const openToo = choice({ type: "checkbox", id: "open-too", checked: state.openToo, text: t("hand_in_open"), change: (event) => (state.openToo = event.target.checked) });
  const button = (kind, key, click) => el("button", { type: "button", class: kind, id: key.replaceAll("_", "-"), click }, t(key));
  return el(
    "section",
    { class: "block keeping", "aria-labelledby": "keep-title" },
    el("h3", { id: "keep-title" }, t("keep_title")),
    el("h4", {}, t("keep_own")),
    el("p", {}, t("keep_own_text")),
    button("first", "save_own", once(() => saveFile("file_own", true))),
    button("second", "print", () => window.print()),
    el("h4", {}, t("keep_hand_in")),
    el("p", {}, t(page.person.ask === "nothing" ? "keep_hand_in_nothing" : "keep_hand_in_text")),
    round().open.length ? openToo : null,
    button("second", "save_hand_in", once(() => saveFile("file_hand_in", state.openToo))),
    el("p", { class: "done", id: "saved", role: "status" }),
    el("h4", {}, t("keep_clear")),
    el("p", {}, t("keep_clear_text")),
    button("second", "clear", () => byId("sure").showModal()),
    sureDialog(),
  );
}

function sureDialog() {
  const close = () => byId("sure").close();
  const wipe = () => {
    close();
    Object.assign(state, fresh(state.language));
    go(0);
    tell(t("cleared"));
  };
  return el(
    "dialog",
    { id: "sure", "aria-labelledby": "sure-title" },
    el("h2", { id: "sure-title" }, t("clear_sure")),
    el("p", {}, t("clear_sure_text")),
    el("button", { type: "button", class: "second", click: close }, t("clear_no")),
    el("button", { type: "button", class: "first", click: wipe }, t("clear_yes")),
  );
}
