"""Waiting for a service to be ready, whatever answers at its port until then."""

from __future__ import annotations

import socket
from threading import Thread

from ops.local import processes


def test_an_echo_is_not_a_service() -> None:
    """As a connection that came to itself: the kernel may give it the very port that it asks for."""
    answers = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for number in range(2):
                connection, _ = server.accept()
                with connection:
                    request = connection.recv(4096)
                    answers.append(request if number == 0 else b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                    connection.sendall(answers[-1])

        thread = Thread(target=serve)
        thread.start()
        processes._wait_until_ready("order", f"http://127.0.0.1:{server.getsockname()[1]}/readyz", {})
        thread.join(10)
    assert len(answers) == 2
