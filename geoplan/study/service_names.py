"""Services by key or by name: what a person calls one, in Chinese or English."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from geoplan.services.standard import ServiceStandard


def service_key(asked: str, standards: Mapping[str, ServiceStandard]) -> str | None:
    """The key of the service that `asked` names; None where it names none, or more than one.

    Parameters
    ----------
    asked : a key, or a name in Chinese or English; case, width and blanks around it do not matter.
    standards : of every service, by key.

    Examples
    --------
    >>> from geoplan.services import load_catalogue
    >>> standards = load_catalogue()
    >>> service_key("老年助餐站点", standards), service_key("meals", standards)
    ('meal_station', None)
    """
    if asked in standards:
        return asked
    said = _folded(asked)
    found = [
        key
        for key, standard in standards.items()
        if said in {_folded(name) for name in (key, standard.name("zh"), standard.name("en"))}
    ]
    return found[0] if len(found) == 1 else None


def listed(standards: Mapping[str, ServiceStandard], lang: str) -> str:
    """The services for a message: key and name of each.

    Examples
    --------
    >>> from geoplan.services import load_catalogue
    >>> listed({"shelter": load_catalogue()["shelter"]}, "zh").startswith("shelter（")
    True
    """
    wrap = "{}（{}）" if lang == "zh" else "{} ({})"
    parts = [wrap.format(key, one.name(lang)) for key, one in standards.items()]
    return ("、" if lang == "zh" else ", ").join(parts) or "-"


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", str(text)).casefold().split())
