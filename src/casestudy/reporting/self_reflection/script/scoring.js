// Scores as the reports compute them: reversed once, the mean of what was answered, from enough answers.

const CRITICAL = 1.96;

function score(scale, answers) {
  const given = scale.items.filter((item) => typeof answers[item.id] === "number");
  const keyed = given.map((item) => (item.reverse ? item.min + item.max - answers[item.id] : answers[item.id]));
  const sum = keyed.reduce((total, value) => total + value, 0);
  return { value: given.length >= scale.needed ? sum / given.length : null, n: given.length };
}

// 3.5 - 2.7 and 3.6 - 2.8 differ in the sixteenth digit; no reader should meet that.
function difference(now, before) {
  return Number((now - before).toFixed(10));
}

// Whether a difference is larger than the error of measuring twice (Jacobson and Truax, 1991).
function beyondError(change, norm) {
  return Math.abs(change) / (norm.sd * Math.sqrt(2 * (1 - norm.reliability))) > CRITICAL;
}

function rangeOf(scale) {
  return [Math.min(...scale.items.map((item) => item.min)), Math.max(...scale.items.map((item) => item.max))];
}
