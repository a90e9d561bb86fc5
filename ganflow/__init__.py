"""ganflow: which loss reaches whose parameters, and who moves when.

Importing it loads no framework; import what a page needs from its submodules, for
example `from ganflow.trace.watch import watch`.
"""

__version__ = "0.1.0"
