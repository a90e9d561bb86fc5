"""A mixture lab of small networks that stops early, for tests of it and its page."""

from dataclasses import replace

from anywidget import AnyWidget
from widget_pages import as_json

from ganflow.sweeps import GanSetting
from ganflow.widgets.mixture_lab import MixtureLabView
from ganflow.widgets.mixture_lab.experiments import BASE

SMALL = replace(BASE, width=8, batch=16, step_size=2e-3, beta1=0.5)
A = replace(SMALL, seed=3)
B = replace(SMALL, schedule="D D G", step_size_D=4e-3, penalty="R1", strength=0.1)
TICKS, EVERY, SEEDS, COUNTED = 20, 5, 12, 600
OPENS_AT = 2


def small_view(a: GanSetting = A, b: GanSetting = B) -> MixtureLabView:
    """The view, which stops at 20 ticks and measures 600 fakes every 5."""
    view = MixtureLabView(a, b, batches=(), opens_at=OPENS_AT)
    view.lab = view.lab | {"ticks": TICKS, "every": EVERY, "counted": COUNTED}
    return view


def traits_of(view: MixtureLabView) -> str:
    """What a page has of the view, as JSON."""
    own = view.traits(sync=True).keys() - AnyWidget.class_traits().keys()
    return as_json({n: getattr(view, n) for n in own if not n.startswith("_")})
