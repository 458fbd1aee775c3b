"""The table in a survey file, by the reader of the program that wrote it."""

from __future__ import annotations

from casestudy.errors import InvalidMaterial, Problem
from casestudy.material.formats import limesurvey, qualtrics, sheets, spss, syntax_files
from casestudy.material.formats.sheets import Sheet
from casestudy.material.formats.syntax_files import Column
from casestudy.material.instrument import FOLDER, Instrument
from casestudy.material.mappings import FileMapping
from casestudy.study import Study


def read(study: Study, name: str, mapping: FileMapping, instrument: Instrument) -> Sheet:
    """Read a file as its mapping says; where that names no program, as the file itself leaves no doubt.

    Parameters
    ----------
    study
        The study, for its folder.
    name
        The file, relative to the study folder.
    mapping, instrument
        How the file is to be read, and the instrument that was answered.

    Raises
    ------
    InvalidMaterial
        With every reason why the file cannot be read, none of them showing an answer.
    """
    path, items = study.folder / name, [item.id for item in instrument.items]
    if mapping.program == "spss" or path.suffix.casefold() in spss.SUFFIXES:
        sheet = spss.read(path, name, decimal=mapping.decimal)
        is_qualtrics = mapping.program is None and qualtrics.is_own(sheet.header)
        if is_qualtrics or mapping.program == "qualtrics":
            return qualtrics.variables(sheet, mapping)
        return sheet
    found = sheets.raw(path, name, sheet=mapping.sheet, separator=mapping.separator, decimal=mapping.decimal)
    if mapping.program == "limesurvey":
        return limesurvey.sheet(found, mapping, items, _syntax(study, mapping))
    if mapping.program == "qualtrics" or (mapping.program is None and qualtrics.is_export(found)):
        return qualtrics.sheet(found, mapping, items)
    return sheets.table(found)


def _syntax(study: Study, mapping: FileMapping) -> dict[int, Column] | None:
    if mapping.syntax is None:
        return None
    name = f"{FOLDER}/{mapping.syntax}"
    path = (study.folder / name).resolve()
    if not path.is_file() or not path.is_relative_to(study.folder.resolve()):
        must, remedy = "the syntax file must be there", "add it, or remove `syntax` from instrument.yml"
        raise InvalidMaterial([Problem(name, must, "nothing", remedy)])
    return syntax_files.read(study.folder / name, name)
