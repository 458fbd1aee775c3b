import os
import signal

import pytest

from casestudy.building import pools
from casestudy.building.pools import Stopped


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_to_stop_becomes_one_exception(signum, code):
    before = signal.getsignal(signum)
    with pytest.raises(Stopped) as stopped, pools.stoppable():
        os.kill(os.getpid(), signum)
    assert stopped.value.exit_code == code
    assert signal.getsignal(signum) == before


def test_the_warm_parent_loads_every_room():
    names = pools.preloaded()
    assert {"casestudy.material.survey", "casestudy.findings.change", "casestudy.reporting.pages"} <= set(
        names
    )
    assert len(names) == len(set(names))
