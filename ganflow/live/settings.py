"""A setting as `Run.start` of `program.js` takes it, of JSON types."""

from __future__ import annotations

from typing import Any

from ganflow.data import Cloud, Distribution, Mixture
from ganflow.sweeps.settings import GanSetting, Setting


def page_setting(setting: Setting) -> dict[str, Any]:
    """Tell a page which run it is to play.

    Parameters
    ----------
    setting : GameSetting or GanSetting
        A GAN's data is a Mixture or a Cloud.

    Returns
    -------
    dict
        Its fields; a step size for each player, the schedule as a list of its turns.

    Raises
    ------
    ValueError
        A GAN on data of another kind.
    """
    told: dict[str, Any] = {f"step_size_{p}": setting.step_of(p) for p in "GD"}
    told["schedule"] = ["".join(turn) for turn in setting.schedule.turns]
    if isinstance(setting, GanSetting):
        told["data"] = page_data(setting.data)
    return vars(setting) | told


def page_data(data: Distribution) -> dict[str, Any]:
    """Tell a page which points of the plane are real.

    Parameters
    ----------
    data : Mixture or Cloud
        What a page can draw from.

    Returns
    -------
    dict
        Its "kind", and the numbers that it draws by.

    Raises
    ------
    ValueError
        A distribution of another kind.
    """
    if isinstance(data, Mixture):
        centres = data.centres.tolist()
        return {"kind": "mixture", "centres": centres, "spread": data.spread}
    if isinstance(data, Cloud):
        return {"kind": "cloud", "points": data.points.tolist()}
    raise ValueError(
        f"data is {data!r}; a page draws from a Mixture or a Cloud of ganflow.data: "
        "give `Cloud(name, points)` points of it"
    )
