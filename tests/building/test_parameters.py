import nbformat
import pytest

from casestudy.building import parameters
from casestudy.errors import WrongUse

CELL = 'site: str = ""  # id of the site\nleast: int = 5\nshare: float = 0.5\nconcept = False\nfree = None'


def notebook():
    cell = nbformat.v4.new_code_cell(CELL, metadata={"tags": ["parameters"]})
    return nbformat.v4.new_notebook(cells=[cell])


ODD = "a\"b'\n\u2028\x00é👩"
GOOD = [{"site": "es"}, {"least": 3}, {"share": 1}, {"concept": True}, {"free": "x"}, {"site": ODD}]
BAD = [
    ({"ste": "es"}, "found `ste`; did you mean `site`"),
    ({"site='x'; import os": "es"}, "every parameter must be known"),
    ({"least": "3"}, "`least` must be int, found str"),
    ({"site": 3}, "`site` must be str, found int"),
    ({"concept": 1}, "`concept` must be bool, found int"),
    ({"site": "\ud800"}, "half of a character"),
    ({"free": ["a"]}, "found list"),
]


@pytest.mark.parametrize("given", GOOD)
def test_a_known_parameter_of_the_right_type_passes(given):
    parameters.check(notebook(), given, name="n")


@pytest.mark.parametrize(("given", "told"), BAD)
def test_an_unknown_or_ill_typed_parameter_is_refused(given, told):
    with pytest.raises(WrongUse, match="^n: ") as refused:
        parameters.check(notebook(), given, name="n")
    assert told in str(refused.value)
    assert refused.value.exit_code == 2


def test_every_problem_is_told_at_once():
    with pytest.raises(WrongUse) as refused:
        parameters.check(notebook(), {"ste": "es", "least": "3"}, name="n")
    assert len(str(refused.value).splitlines()) == 2


def test_only_known_parameters_are_chosen():
    assert parameters.chosen(notebook(), {"concept": True, "other": 1}) == {"concept": True}
