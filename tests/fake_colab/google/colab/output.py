"""Colab's displays: once asked, that of a widget names the manager that draws it."""

from IPython import get_ipython

VIEW = "application/vnd.jupyter.widget-view+json"
MANAGER = {"colab": {"custom_widget_manager": {"url": "https://colab.example/a.js"}}}
_asked = []


def enable_custom_widget_manager():
    """From now on; what is the result of a cell and no display is not changed."""
    if not _asked:
        get_ipython().display_pub.register_hook(_name_manager)
    _asked.append(1)


def _name_manager(message):
    content = message["content"]
    if VIEW in content.get("data", {}):
        content.setdefault("metadata", {}).setdefault(VIEW, {}).update(MANAGER)
    return message
