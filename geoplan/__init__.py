"""geoplan: maps a city's public services, counts who is beyond their reach and why, and proves
where the next sites should go.

    import geoplan as gp
    plan = gp.Study.open("data/jinan_demo").run()
    print(plan.summary())

The names below load what they need when they are first used, so that `import geoplan` and
``geoplan --help`` start at once.
"""

import geoplan.early_interrupt  # noqa: F401 (first: what follows takes time)

# isort: split
import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
