"""Response headers that are written out while they are put together."""

from __future__ import annotations

from router.gateway.errors import Headers

__all__ = ["PreparedHeaders"]


class PreparedHeaders(list[tuple[bytes, bytes]]):
    """What ASGI wants to have, and the same as lines; for answers that are complete and announce their length.

    Whoever makes one answers for its names and values: in lower case, and nothing in them that ends a line.
    """

    __slots__ = ("lines",)

    def __init__(self, fixed: Headers, fixed_lines: bytes, request_id: bytes, length: int) -> None:
        digits = b"%d" % length
        super().__init__((*fixed, (b"x-request-id", request_id), (b"content-length", digits)))
        self.lines = b"%bx-request-id: %b\r\ncontent-length: %b\r\n" % (fixed_lines, request_id, digits)
        """Each with its end."""
