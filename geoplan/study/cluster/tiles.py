"""Travel costs of one large city worked out by a cluster, tile by tile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

from geoplan.network.search.cost_tiles import CostTile, Spread, TileCosts, tile_costs
from geoplan.study.cluster.link import Cluster
from geoplan.study.cluster.tasks import worked_out
from geoplan.words.speaker import Speaker

#: edges of a network whose costs are worth sending: four tiles
LEAST_EDGES = 200_000


def spread_on(cluster: Cluster, speaker: Speaker) -> Spread:
    """How a cluster works out tiles; how far it is, is told."""
    queries = count(1)

    def spread(total: int, tile: Callable[[int], CostTile]) -> Iterator[tuple[int, TileCosts]]:
        query = next(queries)
        numbers = {f"tile {query}.{k + 1}": k for k in range(total)}
        found = worked_out(
            cluster,
            tile_costs,
            None,
            list(numbers),
            own=lambda name: tile(numbers[name]),
            title=lambda name: speaker.say("cluster.tile", k=numbers[name] + 1, total=total),
        )
        for done, (name, costs) in enumerate(found, start=1):
            cluster.tell(cluster.state(done, total, what="tiles_under_way"))
            yield numbers[name], costs

    return spread
