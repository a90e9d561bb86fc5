"""nbval compares what the site's build has run; a page without a run it runs itself.

With GANFLOW_REAL_KERNELS=1, or without what the build needs, it runs every page. With
GANFLOW_ASSERTS_ONLY=1 it runs them too, and asks only what they assert: with other
packages a library's words and the last digits are others.
"""

import os
from collections import deque
from importlib.util import find_spec

from nbval.plugin import IPyNbCell, IPyNbFile

ASSERTS_ONLY = os.environ.get("GANFLOW_ASSERTS_ONLY") == "1"
REAL = ASSERTS_ONLY or os.environ.get("GANFLOW_REAL_KERNELS") == "1"
REAL = REAL or not find_spec("jupyter_cache")


class Replay:
    """Stands for nbval's kernel and says again what a page's run said.

    Parameters
    ----------
    executed : NotebookNode, the run: its code cells with all their outputs.
    """

    def __init__(self, executed):
        self.cells = deque(c for c in executed.cells if c.cell_type == "code")
        self.said = deque()

    def execute_cell_input(self, source, allow_stdin=None):
        """Queue what this cell, the next of the run, said."""
        cell = self.cells.popleft()
        if cell.source != source:
            raise ValueError(f"the run has another cell here:\n{cell.source}")
        for output in cell.outputs:
            content = {key: output[key] for key in output if key != "output_type"}
            self.said.append({"msg_type": output.output_type, "content": content})
        idle = {"execution_state": "idle"}
        self.said.append({"msg_type": "status", "content": idle})
        return "replay"

    def get_message(self, stream, timeout=None):
        """The next message, as of the cell that was asked for last."""
        return self.said.popleft() | {"parent_header": {"msg_id": "replay"}}

    def await_reply(self, msg_id, timeout=None):
        """A run has ended long ago."""

    def await_idle(self, msg_id, timeout=None):
        """Pass over what the cell said after an error."""
        self.said.clear()

    def is_alive(self):
        """Always ready."""
        return True

    def stop(self):
        """Nothing runs."""


def pytest_collection_modifyitems(items):
    """Let nbval compare nothing that was printed, if so asked."""
    for item in items if ASSERTS_ONLY else ():
        if isinstance(item, IPyNbCell):
            item.options["check"] = False


def pytest_runtest_call(item):
    """Run the cells before this one, if nobody has asked for them in this worker."""
    if not isinstance(item, IPyNbCell):
        return
    kernel, timeout = item.parent.kernel, item.config.option.nbval_cell_timeout
    cells = [cell for cell in item.parent.nb.cells if cell.cell_type == "code"]
    for cell in cells[getattr(kernel, "done", 0) : item.cell_num]:
        asked = kernel.execute_cell_input(cell.source, allow_stdin=False)
        kernel.await_reply(asked, timeout=timeout)
        kernel.await_idle(asked, timeout=timeout)
    kernel.done = item.cell_num + 1


def setup(self, start_kernel=IPyNbFile.setup):
    """Replay the run of these very cells, or start a kernel if there is none."""
    from page_runs import Runs

    executed = Runs().find(self.nb)
    if executed is None:
        return start_kernel(self)
    self.kernel = Replay(executed)
    self.setup_sanitize_files()


if not REAL:
    IPyNbFile.setup = setup
