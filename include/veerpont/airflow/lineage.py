"""What OpenLineage is told of each accepted delivery: from which source, to which portal, and the books of its run.

Airflow asks for it only where its openlineage provider is installed and on: `provider.py` names `dataset` then. Names
are those of the assets (docs/reference/lineage.md).
"""

from collections.abc import Sequence
from typing import Any

import attrs
from airflow.sdk import Asset
from openlineage.client.generated.base import Dataset, DatasetFacet, OutputDataset
from openlineage.client.generated.output_statistics_output_dataset import OutputStatisticsOutputDatasetFacet

from veerpont.config.integration import read_integrations
from veerpont.config.settings import settings
from veerpont.store.assets import Event


@attrs.define
class Books(DatasetFacet):
    """What became of the rows that were read, by fate."""

    read: int
    delivered: int
    unchanged: int
    filtered: int
    rejected: int
    held: int

    @staticmethod
    def _get_schema() -> str:
        return "urn:veerpont:books"


def tell(collector: Any, context: Any, flow: str, events: Sequence[Event]) -> None:
    """Tell Airflow's collector of lineage of deliveries; of a file that cannot be read the source is left out."""
    known, _ = read_integrations(settings().integrations, {event.integration for event in events})
    for event in events:
        name = event.integration
        if name in known:
            system = known[name].source.system
            collector.add_input_asset(context, uri=f"veerpont://{name}/{flow}/{system}")
        collector.add_output_asset(context, uri=f"veerpont://{name}/{flow}/{event.portal}", asset_extra=event.books)


def dataset(asset: Asset, context: Any) -> Dataset:
    """Return an asset of ours as OpenLineage's dataset; with books it is what a portal got."""
    name = asset.uri.removeprefix("veerpont://")
    told: Any = asset.extra
    if not told:
        return Dataset("veerpont", name)
    books = {field: told[field] for field in Books.__annotations__ if field in told}
    written: Any = OutputStatisticsOutputDatasetFacet(rowCount=told["records"])
    facets: Any = {"veerpont_books": Books(**books)} if books else {}
    return OutputDataset("veerpont", name, facets=facets, outputFacets={"outputStatistics": written})
