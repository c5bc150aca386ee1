"""Every numeric tolerance of geoplan, by room, with its unit and the reason for its size."""

from __future__ import annotations

# -- crs ------------------------------------------------------------------------------------

#: degrees; the last step of an inverted datum conversion: what is left is below 0.1 mm
DATUM_STEP_DEG = 1e-7
#: share; lengths on a map that is off by more than this cannot be used
MAX_SCALE_ERROR = 0.03
#: share; from here on it is reported: a UTM zone is off by 0.1 % at its rim, by 0.4 % in the middle
#: of the next zone
REPORTED_SCALE_ERROR = 0.005

# -- inputs ---------------------------------------------------------------------------------

#: people; a share of a total this little below a whole number is that number (rounding of floats)
WHOLE_PEOPLE = 1e-9
#: degrees, metres; around the study's extent: locations this near are still expected ones
EXTENT_MARGIN_DEG, EXTENT_MARGIN_M = 0.05, 5_000.0
#: metres; farther than this outside the study's extent a location is doubted
OUTSIDE_M = 2_000.0
#: metres; a point this near the area that its row names is not doubted: borders are drawn roughly
BORDER_M = 100.0
#: metres; sites of one name within this distance are taken for one site that is listed twice
DUPLICATE_M = 50.0

# -- disclosure ---------------------------------------------------------------------------

#: people; weighs rows without people in the middle of an area, so that an empty area has one too
EMPTY_ROW_WEIGHT = 1e-9
#: no unit; singular values, and parts of null vectors, that are rounding of +1/-1 sums
NULL_SPACE = 1e-9

# -- comparison ---------------------------------------------------------------------------

#: people; sums of the same people added in another order
SAME_PEOPLE = 1e-9

# -- outputs ------------------------------------------------------------------------------

#: points on paper; badges of a figure this close lie on one spot
SAME_SPOT_PT = 1e-9
#: people; circles of a figure are scaled by the mean, which may be nothing
LEAST_MEAN_PEOPLE = 1e-9
#: unit of the objective; a greedy solution is worse beyond rounding of sums of costs
WORSE_COST = 1e-6
#: people; a greedy solution is worse beyond half a person
WORSE_PEOPLE = 0.5

# -- network: builders and graph -------------------------------------------------------------

#: metres; an edge's drawn line may end this far from its node, else the tables are at fault
EDGE_END_M = 1.0
#: metres; vertices of a line layer nearer than this are one node
VERTEX_SNAP_M = 0.01
#: metres; lengths and vertices that differ less are one street seen from its two ends
SAME_STREET_M = 0.01
#: rise over run; beyond it the raster is at fault (a bridge over a valley, a wall), not the street
STEEPEST_SLOPE = 0.5
