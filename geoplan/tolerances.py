"""Every numeric tolerance of geoplan, by package, with its unit and the reason for its size."""

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
#: share of a raster's cell; smaller parts are borders of two levels that were not drawn alike
LEAST_CELL_SHARE = 0.01
#: share of the study's ground; a raster that misses less of it is cut along the border
RASTER_COVERS = 0.005
#: cells; grids whose origins differ by less than this part of a cell are one grid
SAME_GRID_CELLS = 0.01
#: share of a cell's side; sides that differ less are equal (degrees are written with 10 digits)
SAME_CELL_SIDE = 1e-7
#: degrees, metres; around the study's extent: locations this near are still expected ones
EXTENT_MARGIN_DEG, EXTENT_MARGIN_M = 0.05, 5_000.0
#: metres; farther than this outside the study's extent a location is doubted
OUTSIDE_M = 2_000.0
#: metres; two statements of one row's place farther apart than this are two places: a wrong datum
#: shifts by no more than 1.3 km
SAME_PLACE_M = 2_000.0
#: metres, and times the distance of nine tenths of the rows; in a study without areas and streets a
#: row farther from the middle of all stands alone: no city is as wide
LONE_M, LONE_SHARE = 100_000.0, 5.0
#: metres; a point this near the area that its row names is not doubted: borders are drawn roughly
BORDER_M = 100.0
#: metres; sites of one name within this distance are taken for one site that is listed twice
DUPLICATE_M = 50.0
#: places; no site has more: a larger number is a code, a telephone number or a slip of the keys
MOST_CAPACITY = 1_000_000.0

#: metres; farther from the origin no coordinate of an input lies, a zone's number before it or not
FARTHEST_M = 5e7
#: metres; so near to the origin every projection goes back to degrees
SURE_M = 5e6

# -- coverage -----------------------------------------------------------------------------

#: share, and unit of the cost; a cost above a threshold by no more than this is within it: sums
#: along a path are rounded
THRESHOLD_COST = 1e-9
#: people; a flow or capacity this near a whole number, or nothing, is that number
FLOW_PEOPLE = 1e-9
#: share; a demand row short of this much of its people is served in full
SERVED_SHARE = 1e-8
#: share of people or capacity, and people, that a linear programme may miss by rounding
RESIDUE_SHARE, RESIDUE_PEOPLE = 1e-8, 1e-6
#: share; slack of a total of fractions in the second of two linear programmes: tried in this order
LEAST_SLACK, MOST_SLACK = 1e-12, 1e-9
#: share; a residue is never more than this of what a row or site holds
RESIDUE_LIMIT = 1e-3
#: people; the six states of a demand row sum to its people
LEDGER_PEOPLE = 1e-6
#: share of areas; a share this little below the target meets it
TARGET_SHARE = 1e-12
#: share; published and computed figures this near are equal
SAME_FIGURE = 1e-9
#: share of the extent; points this near a straight line lie on it
COLLINEAR_SHARE = 1e-6
#: metres; shorter stretches are rounding of chainages
NO_LENGTH_M = 1e-9
#: metres; a stretch longer than the spacing by less than this is covered (rounding, not surveying)
SPACING_M = 1e-6
#: metres; two ways to measure a straight line differ by less (1e-9 at coordinates of 1e7): this
#: near to a limit the one that measures everywhere else decides
MEASURED_M = 1e-6
#: metres; a computed point this near a line lies on it
ON_LINE_M = 1e-3
#: metres; the least distance at which two lines are taken for one border
LEAST_SHARED_M = 1e-6

# -- siting ---------------------------------------------------------------------------------

#: share of a value; values, bounds and sums of people this near are equal: rounding of sums
SAME_VALUE = 1e-9
#: people, cost or sites; values this small are nothing, and equal to others that are
NOTHING = 1e-15
#: people x cost; sums above it are refused: what solvers make of them must still be a number
LARGEST_SUM = 1e300
#: cost; from some 1e9 on HiGHS calls means of areas infeasible, or the best, that are neither
LARGEST_EQUITY_COST = 1e8
#: share of a value; the same for values that HiGHS works out
SAME_MODEL_VALUE = 1e-7
#: unit of the objective; a bound this little above a whole number is that number
BOUND_ROUNDING = 1e-6
#: share of the budget; sums of money added in another order
BUDGET_ROUNDING = 1e-12
#: money; stands for "nothing" where gains are divided by what a site costs, and in sums of money
NO_MONEY = 1e-9
#: no unit; a divisor that may be nothing
LEAST_DIVISOR = 1e-300
#: people; HiGHS's columns this near whole numbers are those numbers
WHOLE_COLUMN = 1e-4
#: people; in a column of HiGHS fewer than these are none
NO_PEOPLE_IN_COLUMN = 1e-7
#: sites, money or people; a constraint that is violated by no more is kept
NO_VIOLATION = 1e-6
#: people; a largest flow's smallest part, in the unit of the largest class of people where fewer
LEAST_FLOW = 1e-9
#: share; openings and shares this near 0 or 1 are 0 or 1
WHOLE_SHARE = 1e-9
#: squared subgradient (people or demand rows); below it the direction is rounding
NO_DIRECTION = 1e-12
#: no unit; numbers of branching this near are a tie
BRANCHING_TIE = 1e-12
#: share; a gap may exceed the requested one by this much and still counts as proved
PROVED_GAP = 1e-12
#: share; the same for bounds on many people, where HiGHS rounds in relative terms
WHOLE_BOUND_SHARE = 1e-3
#: people; a bound this little below a needed whole number proves that it cannot be reached
BELOW_NEED = 1e-3
#: millionths; a share that is reported as possible is cut after six digits, but for rounding
SHARE_ROUNDING = 1e-7
#: no unit; absolute gap that HiGHS may stop at, and share by which its objective may be off
HIGHS_GAP, HIGHS_OBJECTIVE = 1e-6, 1e-6
#: no unit; smaller objectives are multiplied up to about this, so that what HiGHS takes for equal
#: in absolute terms is rounding in relative ones
OBJECTIVE_SIZE = 1e5
#: share of the largest factor; room of a row that sites may keep to the last place: HiGHS's
#: presolve rules out what lies within its tolerance
ROW_ROOM = 2e-6
#: share; room that the first stage of a two-stage model gets as rows of the second: HiGHS's own
#: tolerance; what uses it up is found out afterwards and forbidden
STAGE_ROOM = 1e-7
#: share; first stages whose values differ by no more are equally good: rounding of sums
SAME_STAGE = 1e-9
#: share; a first stage whose bound is this near is proved: HiGHS's tolerance on its rows
PROVED_STAGE = 1e-7
#: people, metres or minutes; HiGHS keeps rows to a millionth: a first stage's rows are scaled up to
#: sums of this size, so that a millionth is rounding
STAGE_SIZE = 1e4

# -- disclosure ---------------------------------------------------------------------------

#: people; weighs rows without people in the middle of an area, so that an empty area has one too
EMPTY_ROW_WEIGHT = 1e-9
#: people; differences of two answers of a linear program that are its rounding
SAME_ANSWER = 1e-6

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
#: metres, minutes; a coordinate or one stretch of street beyond is none: twice around the Earth
LONGEST_M, LONGEST_MIN = 1e8, 1e7
#: metres; vertices of a line layer nearer than this are one node
VERTEX_SNAP_M = 0.01
#: metres; with `split`, a line's end this near to another line lies upon it: hand-drawn lines
JOIN_WITHIN_M = 0.5
#: metres; a dead end this near to another street was meant to meet it
HAIRLINE_M = 2.0
#: metres; a way across a square may leave it by this much, as along a border of many vertices
SQUARE_EDGE_M = 0.01
#: metres; lengths and vertices that differ less are one street seen from its two ends
SAME_STREET_M = 0.01
#: rise over run; beyond it the raster is at fault (a bridge over a valley, a wall), not the street
STEEPEST_SLOPE = 0.5

# -- network: transit -----------------------------------------------------------------------

#: minutes; a journey by public transport that takes longer is none that anybody makes: without a
#: cutoff nothing longer is looked for, and who has no journey so long is cut off
LONGEST_RIDE_MIN = 180.0

# -- network: search and isochrones ----------------------------------------------------------

#: metres; half the width of the way from a site to its street where that alone leads to the site
SITE_STRIP_M = 0.05
#: metres; borders between the ground of two streets are drawn within this of the true ones
REACH_BORDER_M = 1.0
#: metres; a location this near to an edge's end is the end (coordinates of 4,000 km resolve 1e-9 m)
AT_END_M = 1e-6
#: metres; snapped points farther from where a network says they lie were snapped to another one
SAME_LOCATION_M = 0.01
#: metres; successive vertices of a route that are nearer are one
SAME_VERTEX_M = 1e-6
#: metres; random displacement of generators, so that no four of them lie on one circle
JITTER_M = 1e-5
#: square metres; generators at a smaller squared distance are one
SAME_GENERATOR_M2 = 2.5e-7
#: cells; segments this near to a grid cell's border pass through it
GRID_ROUNDING = 1e-9
#: share of an edge; a stretch that begins or ends this near to an end of its edge does so there
AT_EDGE_END = 1e-9
#: metres; a line of a cost profile that stops this near to the end of its stretch stops there
AT_STRETCH_END_M = 1e-6
#: metres; a cell reaches beyond the end of its stretch by this much through rounding
BEYOND_STRETCH_M = 0.02
#: metres; narrower strips of ground are rounding
NO_STRIP_M = 1e-9
#: share of an edge; shorter stretches of its cost profile are rounding
NO_STRETCH = 1e-12
#: share of a stretch; what its cost profile leaves out below this is rounding
PROFILE_ROUNDING = 1e-9
#: metres; corners of polygons on one line that are nearer are one
SAME_CORNER_M = 0.01
#: square metres; smaller holes and polygons come from rounding, not from the streets
SLIVER_M2 = 0.5
#: metres; cracks and needles narrower than this come from rounding as well
CRACK_M = 0.1
#: metres; a corner nearer than this to the straight line past it is none
STRAIGHT_M = 0.001
#: radians; sides of a ring that leave a corner at a smaller angle run back along one another
SAME_ANGLE = 1e-12
#: metres; coordinates of the polygons are rounded to this
POLYGON_GRID_M = 0.001

# -- siting.conditional, study ------------------------------------------------------------

#: people; a capacity this little below a whole number of people is that number
WHOLE_CAPACITY = 1e-9
#: people; a share of all people may exceed those in reach by this much (rounding of sums)
SHARE_PEOPLE = 1e-6
#: share; a value this near its limit by capacity has reached it
CAPACITY_REACHED = 1e-9
#: share; a gap to the bound over all candidates below this is rounding
NO_GAP = 1e-6
#: share of the people served; sums over sites and over demand rows differ by their rounding
SERVED_ROUNDING = 1e-8
#: share; smallest gap that curves, p-median and p-center are solved to
LEAST_GAP = 1e-3
#: share of the people; fewer missing from a siting problem are rounding
MISSING_PEOPLE = 1e-8
#: years of money; costs this little above the money of whole years need no further year
WHOLE_YEARS = 1e-9
#: MB; a disk with less room than this is full
DISK_IS_FULL_MB = 0.3
