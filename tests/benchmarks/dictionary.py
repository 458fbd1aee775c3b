"""Compare the dictionary with what one would write without it: a loop of regular expressions.

Six hundred terms of forty codes are looked for in two thousand invented interviews of five thousand words:
words, words with ``*`` and ``?``, words in a row, words that stand near, and dictionary forms. The loop does
one ``re.finditer`` per term and text on a sample of the same texts, and there every count per text and term
must be equal. Both run in one go on one core, so that the machine's speed falls out of the ratio::

    python tests/benchmarks/dictionary.py
    python tests/benchmarks/dictionary.py --interviews 200 --sample 10
"""

from __future__ import annotations

import argparse
import re
import resource
import time
from collections.abc import Sequence

import numpy as np
import pandas as pd
import simplemma

from casestudy.findings import dictionary, terms
from casestudy.findings.terms import Row, Term, Word

COMMON = """
de het een en van ik te dat die in je niet is op wat we zijn met voor maar ook als er dan nog wel om aan
hebben ze of bij naar heb dus kan gewoon hij moet geen daar heel al veel doen meer uit door over tot mijn
"""
STEMS = """
tijd caseload gezin ouder kind jongere collega team training coach intervisie overdracht veiligheid plan
bodem eis afspraak gesprek netwerk familie school dossier systeem formulier format instrument methode
werk wijze houvast stress ruimte agenda budget geld bekostiging subsidie beleid directie bestuur manager
leider wachtlijst bezetting formatie ziekte verzuim verloop reorganisatie fusie kennis vaardigheid
houding vertrouwen steun weerstand motivatie taal vraag risico taxatie inschatting zorg geweld melding
code wet privacy toets terugkoppeling monitor kwaliteit borging proces stap volgorde handleiding map boek
opdracht casus rollenspel acteur oefening vergadering overleg tafel onderzoek raad bescherming rechter
voogd pleeg hulp verlener dienst organisatie gemeente regio samenwerking afstemming informatie cijfer
resultaat effect verandering beweging
"""
ENDINGS = "s en je jes er ers ing ingen lijk lijke heid loos baar".split()
VERBS = """
bespreken bespreekt bespraken besproken hoog hoge hoger hoogste krijgen krijgt kregen gekregen vinden
vindt vonden gevonden zekere onzeker onzekere werken werkt werkte gewerkt overleggen overlegt oefenen
oefende geoefend één financiële cliënt cliënten coördinator e-learning collega’s foto's gezins-manager
ex-partner
""".split()
LEMMAS = "bespreken krijgen vinden hoog werken overleggen oefenen cliënt gezin ouder afspraak stap".split()

N_CODES, PER_CODE, N_WORDS = 40, 15, 5000
JOINT = r"['’‘´`′＇‐‑-]"
# Between two words of one sentence: no joint, no stop with white space, no line end before a capital.
GAP = rf"(?!{JOINT}\w)(?!\W*[.!?…]\W*\s|\W*\s\W*[.!?…]|\W*\n\W*(?![a-zà-ÿ])\w)\W+"


def vocabulary() -> list[str]:
    """Words in order of how often they are said: small ones first, then stems, then what is made of them."""
    stems = STEMS.split()
    made = [one + ending for one in stems for ending in ENDINGS]
    made += [one + other for one in stems for other in stems if one != other]
    made += [one + other + "en" for one in stems for other in stems[::3]]
    small = [
        one + middle + other
        for one in "bl d dr f g h k l m n p r s st v w z".split()
        for middle in "a aa e ee i ie o oe u ui".split()
        for other in "k l m n p r s t nd rt".split()
    ]
    return list(dict.fromkeys([*COMMON.split(), *small, *VERBS, *stems, *made]))


def interviews(n: int, seed: int) -> tuple[list[str], pd.DataFrame]:
    """Invented interviews and the places of their sentences."""
    rng = np.random.default_rng(seed)
    small = vocabulary()
    spoken = np.array([*small, *(word.capitalize() for word in small)], dtype=object)
    lengths = np.array([len(word) for word in spoken])
    often = np.arange(3, len(small) + 3) ** -1.3
    ends = np.array([" ", ", ", "\n", ". ", "? ", "... ", ".\n", " “"], dtype=object)
    widths = np.array([len(end) for end in ends])
    texts, places = [], []
    for number in range(n):
        word = rng.choice(len(small), N_WORDS, p=often / often.sum())
        end = rng.choice(len(ends), N_WORDS, p=[0.83, 0.05, 0.01, 0.07, 0.01, 0.01, 0.01, 0.01])
        end[-1] = 3
        stop = np.isin(end, [3, 4, 5, 6])
        begin = np.append(True, stop[:-1])
        word = word + np.where(begin, len(small), 0)
        pairs = np.empty(2 * N_WORDS, dtype=object)
        pairs[::2], pairs[1::2] = spoken[word], ends[end]
        texts.append("".join(pairs))
        after = np.cumsum(lengths[word] + widths[end])
        first = np.append(0, after[:-1])[begin]
        places.append(np.column_stack([np.full(len(first), number), first, after[stop] - 1]))
    return texts, pd.DataFrame(np.concatenate(places), columns=["document", "start", "end"])


def codes(seed: int) -> dict[str, list[str]]:
    """Six hundred terms of all kinds, some words rare and some said all the time."""
    rng = np.random.default_rng(seed)
    small = vocabulary()
    stems = STEMS.split()
    plain = [*stems, *VERBS[:30], *small[1800:8000]]

    def one(of: Sequence[str]) -> str:
        return of[int(rng.integers(len(of)))]

    def hidden(word: str) -> str:
        place = int(rng.integers(1, len(word) - 1))
        return f"{word[:place]}?{word[place + 1 :]}"

    make = {
        "word": lambda: one(plain),
        "begin": lambda: one([word for word in plain if len(word) > 3])[: int(rng.integers(4, 9))] + "*",
        "inside": lambda: f"*{one(stems)[:5]}*",
        "letter": lambda: hidden(one([word for word in plain if len(word) > 3])),
        "row": lambda: f"{one(small[:60])} {one(stems)}",
        "row*": lambda: f"{one(small[:60])} {one(small[:60])} {one(stems)}*",
        "near": lambda: (
            f"{one(stems)} NEAR/{int(rng.integers(2, 8))} {one([*stems, 'hoge', 'krijg*', 'niet'])}"
        ),
        "lemma": lambda: f"lemma:{one(LEMMAS)}",
        "joined": lambda: one(
            ["e-learning", "collega's", "foto’s", "ex-partner", "gezins-manager", "partner"]
        ),
    }
    kinds = ["word"] * 4 + ["begin"] * 3 + ["inside", "letter", "row", "row", "row*", "near", "near"]
    found: dict[str, list[str]] = {}
    seen: set[str] = set()
    for number in range(N_CODES):
        written: list[str] = []
        kind = [*kinds, "lemma" if number % 2 else "joined"]
        while len(written) < PER_CODE:
            term = make[kind[len(written)]]()
            operands = term.split(" NEAR")[0], term.split(" ")[-1]
            is_new = term not in seen or kind[len(written)] in ("lemma", "joined")
            if is_new and not (" NEAR" in term and operands[0] == operands[1]):
                written.append(term)
                seen.add(term)
        found[f"C{number:02d}"] = written
    return found


def expression(term: Term, forms: dict[str, list[str]]) -> str:
    """Write a term as the regular expression one would use."""
    first = _row(term.first, forms)
    if term.second is None:
        return first
    second = _row(term.second, forms)
    between = rf"(?:{JOINT}\w+)*(?:{GAP}\w+(?:{JOINT}\w+)*){{0,{term.within - 1}}}?{GAP}(?:\w+{JOINT})*?"
    between = rf"(?:{JOINT}(?:\w+{JOINT})*?|{between})"
    return f"{first}{between}{second}|{second}{between}{first}"


def _row(row: Row, forms: dict[str, list[str]]) -> str:
    joints = {"space": r"\s+", "apostrophe": "['’‘´`′＇]", "hyphen": "[‐‑-]"}
    parts = [_word(row.words[0], forms)]
    for joint, word in zip(row.joints, row.words[1:], strict=True):
        parts += [joints[joint], _word(word, forms)]
    return "".join(parts)


def _word(word: Word, forms: dict[str, list[str]]) -> str:
    if word.kind == "lemma":
        return rf"\b(?:{'|'.join(forms[word.text])})\b"
    shape = re.escape(word.text).replace(r"\*", r"\w*").replace(r"\?", r"\w")
    return rf"\b{shape}\b"


def lemma_forms() -> dict[str, list[str]]:
    """Forms of each dictionary form that the interviews hold."""
    forms: dict[str, list[str]] = {lemma: [lemma] for lemma in LEMMAS}
    parts = {part for word in vocabulary() for part in re.findall(r"\w+", word)}
    for word in sorted(parts):
        lemma = terms.folded(simplemma.lemmatize(word, lang="nl"))
        if lemma in forms and word != lemma:
            forms[lemma].append(word)
    return forms


def main() -> None:
    """Find all terms both ways and print speed, ratio and whether all counts are equal."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--interviews", type=int, default=2000)
    options.add_argument("--sample", type=int, default=20, help="interviews that the loop goes through")
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    texts, sentences = interviews(given.interviews, given.seed)
    written = codes(given.seed)
    forms = lemma_forms()
    n_characters = sum(map(len, texts))
    n_bytes = sum(len(text.encode()) for text in texts)

    start = time.process_time()
    ours = dictionary.compile(written)
    hits = ours.find_all(texts, sentences)
    where = hits.segments(sentences)
    seconds = time.process_time() - start
    speed = n_characters / seconds / 1e6

    sample = texts[: given.sample]
    naive = [
        re.compile(expression(terms.parse(term), forms), re.IGNORECASE)
        for one in written.values()
        for term in one
    ]
    start = time.process_time()
    counts = np.array([[sum(1 for _ in one.finditer(text)) for one in naive] for text in sample])
    naive_seconds = time.process_time() - start
    naive_speed = sum(map(len, sample)) / naive_seconds / 1e6

    every = dictionary.compile(written).find_all(sample, sentences, overlapping=True)
    found = np.zeros_like(counts)
    np.add.at(found, (every.document, every.term), 1)
    n_words = len(texts) * N_WORDS
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = f"{n_words / 1e6:.1f} million words, {n_characters / 1e6:.1f} million characters"
    print(f"{len(texts)} interviews, {size} ({n_bytes / 1e6:.1f} MB of UTF-8),")
    print(f"{len(naive)} terms of {len(written)} codes; one core, CPU seconds")
    print(f"  dictionary  {seconds:7.2f} s  {speed:8.2f} million characters a second, compiling included")
    print(f"  loop of re  {naive_seconds:7.2f} s  {naive_speed:8.3f} million, on {len(sample)} interviews")
    print(f"  ratio       {speed / naive_speed:7.0f}")
    n_in = len(np.unique(where[where >= 0]))
    print(f"  hits        {len(hits):,}, in {n_in:,} of {len(sentences):,} sentences")
    print(f"  largest memory {memory:.0f} MB, texts and sentences included")
    is_equal = bool((found == counts).all())
    print(f"  counts per interview and term equal: {is_equal} ({counts.sum():,} hits)")
    if not is_equal:
        for place in np.unique(np.nonzero(found != counts)[1])[:10]:
            print("   differs:", naive[place].pattern[:90], found[:, place].sum(), counts[:, place].sum())
        raise SystemExit(1)


if __name__ == "__main__":
    main()
