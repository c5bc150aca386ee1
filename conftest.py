"""Tests make no PDF of a report unless they ask for one: LibreOffice takes seconds to start."""

import os

os.environ.setdefault("GEOPLAN_SOFFICE", "")
