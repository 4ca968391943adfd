"""Incremental delivery to clients: an operation with ``@defer`` answered bit by bit over an answer that stays open.

In order of control flow: ``formats`` (which format and framing a client accepts) - ``beginning`` (the first result) -
``http`` (the answer), with ``messages`` (results as JSON in these formats).
"""

from router.gateway.incremental.beginning import begin_incremental
from router.gateway.incremental.formats import IncrementalFormat, incremental_format
from router.gateway.incremental.http import IncrementalAnswer, deliver

__all__ = ["IncrementalAnswer", "IncrementalFormat", "begin_incremental", "deliver", "incremental_format"]
