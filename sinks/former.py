"""The numbered files that made databases before tables and views were told apart.

A database that was made by all of them has what the baseline makes, and one that was made by some is completed by it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

BASELINE: Final = "0001_tables"

#: Name of each file → the SHA-256 of its text.
FILES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0001_touches": "cb51612c8ef35d2ec42dc460fd4e99c162e691dc3dd4b47846094f84740c8c93",
        "0002_order_events": "ac6ab655afda5a04bc73958b0e3e66ecacb314774be3e31e7b39e7166c4e9c01",
        "0003_journeys": "fe832cbd85decae09de89fd14c9e5696851adff243ca6442c5a9d34b3631a9c2",
        "0004_conversions": "795123e2927ef1612f6e61f4a8707635b385f73c11277318bf5002e1c6cc0dd4",
        "0005_dead_letters": "6487bd4b1a10b9a6bc95669316e19eeaa58739d3f006c03c1e1507931b754261",
        "0006_current_views": "c30c30672c19cb053fd02d658b8c94e0c26de93abbaf82490a2e4e4739be7b29",
        "0007_amounts": "c60af2805646ffbe26633d2160f46a224153ae31fb6965130c96a6c21762d67a",
        "0008_attribution": "bba5e57a0b78752a8ff741b337de2eafd1e56e6cb29b9f54c98db1e0de14a14c",
        "0009_funnel": "2dbfb1ceb594643f9a83a94f0eda32319bf12e43e7f5d92962af34dce9a68740",
        "0010_paths": "eca747c3ec8b2437dc29b7f3dd8fbcabf755be08e7f1358a1e567ed069b23006",
        "0011_explain": "8d2e97e216b0779b78e31fbbebc207aa82640d50c2af49a632c81669843dde34",
        "0012_reconciliation": "7ce51feebeb8871771e37cb53f5507fa2c0083e310b8e1bb377c128bff50102c",
        "0013_freshness": "305c2edaa9b2346e6c41a7aa891965dc14ec4bddf34c64cf7fb0359a5203a672",
        "0014_modelled_credits": "f0fe063110a7d26467f6a260c631b433d786419d3bd8f00cd278002df8a40d0e",
        "0015_speed": "9026932eab4ae2538535298c78a2dc503df609b6d9467367308fb0613fef1b7d",
    }
)

#: Views that they made.
VIEWS: Final = frozenset(
    {
        *("attribution", "attribution_credits", "bridge", "conversion_versions"),
        *("conversions_with_amounts", "coverage", "credits_by_model", "current_conversions"),
        *(
            "current_dead_letters",
            "current_journeys",
            "current_modelled_credits",
            "current_order_events",
        ),
        *("current_progress", "current_touches", "dead_letters_by_day", "direct_and_halo"),
        *("explain", "freshness", "funnel", "journey_entries"),
        *("journey_steps", "order_paths", "paths", "reconciliation"),
        *("sub_order_amounts", "time_to_purchase"),
    }
)
