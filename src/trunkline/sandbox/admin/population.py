"""`/_sandbox/populations`: crowds of people with seeded behaviour."""

from collections.abc import Iterator

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from trunkline.sandbox.admin.problems import as_json, read_object
from trunkline.sandbox.population.crowd import Crowd
from trunkline.sandbox.population.traits import Population


def population_routes(crowd: Crowd) -> list[Route]:
    admin = _Populations(crowd)
    return [
        Route("/_sandbox/populations", admin.list),
        Route("/_sandbox/populations", admin.add, methods=["POST"]),
        Route("/_sandbox/populations/{id}", admin.remove, methods=["DELETE"]),
        Route("/_sandbox/populations/{id}/numbers", admin.list_numbers),
    ]


class _Populations:
    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd

    async def list(self, request: Request) -> Response:
        return as_json({"data": [population.describe() for population in self._crowd.populations.values()]})

    async def add(self, request: Request) -> Response:
        given = {**await read_object(request), "id": ""}
        try:
            population = await self._crowd.add(msgspec.convert(given, Population))
        except ValueError as error:
            raise HTTPException(400, str(error)) from None
        return as_json(population.describe(), 201)

    async def remove(self, request: Request) -> Response:
        await self._crowd.remove(request.path_params["id"])
        return Response(status_code=204)

    async def list_numbers(self, request: Request) -> Response:
        """Its numbers as CSV with one column, `phone`."""
        population = self._crowd.populations.get(request.path_params["id"])
        if population is None:
            raise HTTPException(404, "there is no population of that id")
        return StreamingResponse(_write_csv(population), media_type="text/csv")


def _write_csv(population: Population, size: int = 10_000) -> Iterator[str]:
    yield "phone\n"
    first = int(population.first)
    for start in range(first, first + population.count, size):
        numbers = range(start, min(start + size, first + population.count))
        yield "".join(f"+{number}\n" for number in numbers)
