"""What holds for every test and doctest; set before geoplan is imported.

No PDF of a report unless a test asks for one: LibreOffice takes seconds to start. No stage that an
earlier run kept: tests of the cache name a folder of their own. Notebooks share what they have read
of the demo city, as a user's do: `make test` names an empty folder for them. Ctrl-C is heard: a
shell that starts tests in the background (`make test &`) has them ignore it, and those that send it
waited for ever. Properties are tried with the same inputs in every run, however slow the machine
is; `make soak` draws new ones.
"""

import os
import signal

from hypothesis import HealthCheck, settings

os.environ.setdefault("GEOPLAN_SOFFICE", "")
os.environ["GEOPLAN_CACHE"] = os.environ.get("GEOPLAN_TEST_CACHE", "off")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", patient, derandomize=True, database=None)
settings.register_profile("new", patient, print_blob=True)
settings.load_profile("same")
