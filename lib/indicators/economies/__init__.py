"""One economy at a time, and all beside each other: where magnets come from, what is made at home, what concerns it."""

from lib.indicators.common import called
from lib.indicators.economies.flows import (
    all_beside,
    among_peers,
    by_origin,
    compared,
    from_outside,
    imports,
    listed_part,
    of_one,
    partners,
    weighed,
    weights_not_used,
    whole_years,
    with_union,
)
from lib.indicators.economies.goods import (
    CODES,
    compounds,
    compounds_by_value,
    goods,
    goods_of_all,
)
from lib.indicators.economies.home import (
    BY_STAGE,
    Plants,
    capacities,
    mine_output,
    plant_columns,
    plants_of,
    plants_of_all,
    reliance,
    reserves,
)
from lib.indicators.economies.magnets import (
    ROWS,
    as_published,
    magnets,
    published,
    published_columns,
    weights,
)
from lib.indicators.economies.overview import (
    APART,
    SELLS,
    SMALL_CHARTS,
    TABLE,
    TWO_DOTS,
    Overview,
    columns,
    is_union,
    overview,
)
from lib.indicators.economies.policy import (
    COLUMNS,
    IN_FORCE,
    SUSPENDED,
    circles,
    concerning,
    measures,
    with_ends,
)
from lib.indicators.economies.who import (
    UNION,
    Economy,
    find,
    listed,
    nth,
    only_if,
    peers,
    possessive,
    slug,
)
