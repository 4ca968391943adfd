"""The shop's supergraph over a real socket: an operation with ``@defer`` in all formats, and without."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from router.composition import SubgraphSource, compose
from router.supergraph import Supergraph
from tests.router import reassembly
from tests.router.gateway.test_defer import BY_IDS, BY_PATHS, listening, parts
from tests.router.gateway.village import Village
from tests.router.planner.oracle import Subgraph, World

CONTRACTS = Path(__file__).parents[2] / "contracts"
OPERATION = """
{
  search(query: "lamp", first: 2) {
    totalCount
    edges {
      node {
        name
        ... @defer(label: "opinions") {
          rating { average count }
          reviews(first: 2) { edges { node { rating comment ... @defer { author { displayName } } } } }
        }
      }
    }
  }
}
"""


@pytest.mark.parametrize(
    ("accept", "read"), [(BY_IDS, reassembly.by_ids), (BY_PATHS, reassembly.by_paths), ("application/json", None)]
)
async def test_bits_over_a_socket(accept: str, read: object) -> None:
    subgraphs = {path.stem: path.read_text() for path in sorted(CONTRACTS.glob("*.graphql"))}
    sdl = compose([SubgraphSource(name, f"http://{name}", text) for name, text in subgraphs.items()]).supergraph_sdl
    assert sdl is not None
    world = World(Supergraph.from_sdl(sdl))
    village = Village()
    village.transports = {name: Subgraph(world, name, text) for name, text in subgraphs.items()}  # type: ignore[assignment]
    async with listening(village, sdl) as (port, _), httpx.AsyncClient() as client:
        url = f"http://127.0.0.1:{port}/graphql"
        whole = (await client.post(url, json={"query": OPERATION})).json()
        answer = await client.post(url, json={"query": OPERATION}, headers={"accept": accept})
    assert "errors" not in whole
    if read is None:
        assert answer.json() == whole
        return
    messages = parts(answer.content)
    assert len(messages) > 1
    assert "rating" not in messages[0]["data"]["search"]["edges"][0]["node"]
    assert read(messages).data == whole["data"]  # type: ignore[operator]
