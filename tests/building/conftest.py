import json
from pathlib import Path

import nbformat
import pytest

from casestudy import study as studies

STUDY = """
title: {nl: Proef, en: Trial}
question: {nl: Wat helpt?, en: What helps?}
kind: implementation
fictional: true
sites:
  - {id: esdoorn, name: Esdoorn}
  - {id: beuk, name: Beuk}
  - {id: linde, name: Linde}
waves:
  - {id: T0, label: {nl: voor, en: before}, relation: before}
  - {id: T1, label: {nl: na, en: after}, relation: directly_after}
"""
SOURCES = "source,site,kind,file,date,participants,consent\n" + "".join(
    f"{site}-01,{site},interview,a-01.txt,2017-09,P-{site},quote\n" for site in ("esdoorn", "beuk", "linde")
)
PEOPLE = "participant,role,site,consent\n" + "".join(
    f"P-{site},professional,{site},quote\n" for site in ("esdoorn", "beuk", "linde")
)
PARAMETERS = {
    "01_code_site": 'study: str = ""  # folder\nsite: str = ""\ntables: str = ""',
    "02_site_report": 'study: str = ""\nsite: str = ""\ntables: str = ""',
    "03_cross_site_report": 'study: str = ""\ntables: str = ""',
    "04_codebook": 'study: str = ""\ntables: str = ""',
    "05_agreement": 'study: str = ""\ntables: str = ""',
}
SHOW = """
from IPython.display import publish_display_data
from pathlib import Path
def show(id, kind="text", text="", audiences=("site", "public"), rows=()):
    html = {"nl": f"<p>{text}</p>", "en": f"<p>{text}</p>"}
    table = {"columns": ["n"], "rows": [list(row) for row in rows]}
    part = {"version": 1, "kind": kind, "id": id, "renderings": {a: html for a in audiences},
            "released": {a: table for a in audiences} if rows else None, "withheld": {}}
    publish_display_data({"application/vnd.casestudy.part+json": part})
"""
CODE = r"""
text = Path(study, "sources", site, "a-01.txt").read_text()
Path(tables, site, "counts.csv").write_text(f"n\n{len(text.split())}\n")
"""
SITE = r"""
n = int(Path(tables, site, "counts.csv").read_text().split()[1])
Path(tables, site, "settled.csv").write_text(f"n\n{n}\n")
show("counts", "table", f"{site} {n}", rows=[(n,)])
"""
CROSS = """
found = sorted(path.parent.name for path in Path(tables).glob("*/settled.csv"))
states = Path(tables, "ALL", "site_states.csv").read_text().split()
show("sites", "text", " ".join([*found, *states]))
"""
CODEBOOK = """
show("codes", "text", Path(study, "codebook.yml").read_text().split()[1])
"""
AGREEMENT = """
Path(tables, "ALL", "agreement.csv").write_text("n\\n")
"""
END = 'show("end", "end")'


class Workbench:
    """A study of three sites with the smallest notebooks that make pages of it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "interviews" / "proef"
        self.reports = root / "reports"
        self.published = self.reports / "proef"
        self.workshop = self.reports / ".proef"
        self.notebooks = root / "notebooks"
        self.notebooks.mkdir(parents=True)
        for name, text in {"study.yml": STUDY, "sources.csv": SOURCES, "participants.csv": PEOPLE}.items():
            self.write(name, text)
        self.write("codebook.yml", "id: test\nversion: 1.0.0\nframeworks: [midi]\n")
        for site in ("esdoorn", "beuk", "linde"):
            self.write(f"sources/{site}/a-01.txt", "P: het hielp mij goed\n")
        for name, cell in {
            "01_code_site": CODE,
            "02_site_report": SITE,
            "03_cross_site_report": CROSS,
            "04_codebook": CODEBOOK,
            "05_agreement": AGREEMENT,
        }.items():
            self.notebook(name, cell)

    @property
    def study(self) -> studies.Study:
        return studies.read(self.folder)

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def notebook(self, name: str, *cells: str, end: bool = True, parameters: str | None = None) -> Path:
        v4 = nbformat.v4
        first = v4.new_code_cell(parameters or PARAMETERS[name], metadata={"tags": ["parameters"]}, id="a")
        sources = [SHOW, *cells, *([END] if end else [])]
        rest = [v4.new_code_cell(source, id=f"b{i}") for i, source in enumerate(sources)]
        path = self.notebooks / f"{name}.ipynb"
        nbformat.write(v4.new_notebook(cells=[first, *rest]), path)
        return path

    def page(self, name: str) -> str:
        return (self.published / name).read_text(encoding="utf-8")

    @property
    def record(self) -> dict:
        return json.loads((self.published / "edition.json").read_text())


@pytest.fixture
def workbench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1504224000")
    return Workbench(tmp_path)
