"""The moves of `ganflow.dynamics` as one WebAssembly module, for pages that train."""
