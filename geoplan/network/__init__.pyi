from .builders.add_links import with_links as with_links
from .diagnostics import NetworkReport as NetworkReport, network_report as network_report
from .facade import Network as Network
from .graph.travel_costs import TravelCosts as TravelCosts
from .isochrones.reach_areas import reach_areas as reach_areas
from .read_file import read_network as read_network
from .search.k_nearest_sites import k_nearest as k_nearest
from .search.queries import (
    nearest_site as nearest_site,
    one_to_all as one_to_all,
    travel_costs as travel_costs,
)
from .search.routing import Route as Route, route as route
from .search.snapped_points import SnappedPoints as SnappedPoints, snap_nodes as snap_nodes
from .search.snapping import snap as snap
from .transit.transit_network import TransitNetwork as TransitNetwork
