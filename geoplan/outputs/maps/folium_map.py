"""`ServiceMap`: a folium map whose page carries everything it needs inside it.

folium's own page loads Leaflet, Bootstrap, jQuery and fonts from other sites; this one holds
Leaflet and our script, and its data as JSON. Folium objects can still be added to it.
"""

from __future__ import annotations

from typing import Any

import folium
from branca.element import Element, Figure

from geoplan.outputs.maps.page import MapPage

#: height of a map in a notebook
NOTEBOOK_HEIGHT = "680px"


class ServiceMap(folium.Map):
    """One service's map as a self-contained page, to show and to add to.

    Parameters
    ----------
    made : the page.
    """

    default_js: list[tuple[str, str]] = []  # noqa: RUF012 (folium's own way to say it)
    default_css: list[tuple[str, str]] = []  # noqa: RUF012

    def __init__(self, made: MapPage) -> None:
        self.made = made  # it names the map, which folium asks for at once
        (south, west), (north, east) = made.content["bounds"]
        super().__init__(
            location=[(south + north) / 2, (west + east) / 2], tiles=None, prefer_canvas=True
        )
        # folium draws its names from chance; identical input must give identical bytes
        self._id = made.element.removeprefix("map_")
        page = _Page(made)
        page.add_child(self, name="map")

    @property
    def content(self) -> dict[str, Any]:
        """What the map shows."""
        return self.made.content

    @property
    def basemap(self) -> dict[str, Any] | None:
        """What lies under it, or None."""
        return self.made.basemap

    def get_name(self) -> str:
        """The name of the map's variable and element in the page."""
        return self.made.element

    def render(self, **kwargs: Any) -> None:  # type: ignore[override]
        """Put the map's parts into the page, without folium's scripts from other sites."""
        figure = self.get_root()
        assert isinstance(figure, Figure)
        figure.html.add_child(_Text(self.made.body()), name=self.get_name())
        figure.script.add_child(_Text(self.made.start), name=self.get_name())
        for child in self._children.values():
            child.render(**kwargs)

    @property
    def page(self) -> str:
        """The whole page as HTML."""
        root = self.get_root()
        assert isinstance(root, Figure)
        return str(root.render())


class _Text(Element):
    """Text that goes into the page as it is: branca would run it as a template, names and all."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def render(self, **kwargs: Any) -> str:
        """The text."""
        return self.text


class _Page(Figure):
    """The page around the map: head with style and scripts, and a policy that refuses requests."""

    def __init__(self, made: MapPage) -> None:
        super().__init__(height=NOTEBOOK_HEIGHT, title=made.content["meta"]["title"])
        self.made = made
        self._id = made.element.removeprefix("map_")

    def render(self, **kwargs: Any) -> str:
        """The page as HTML."""
        for child in self._children.values():
            child.render(**kwargs)
        # parts that a user added (a folium.Marker, a plugin) bring their own heads
        own = {"meta_http"}
        extra = "".join(
            child.render(**kwargs)
            for name, child in self.header._children.items()
            if name not in own
        )
        return self.made.text(self.html.render(**kwargs), self.script.render(**kwargs), head=extra)
