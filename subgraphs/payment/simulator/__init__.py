"""A payment provider to develop and test against: a real HTTP server with the habits, good and bad, of real ones.

It speaks the part of Stripe's API that this room uses, with JSON or form bodies: payment intents are created and
confirmed with a token, then captured, cancelled, refunded; every POST honours ``Idempotency-Key`` (same body: same
answer, other body: refused), and changes are told by signed webhooks. Outcomes follow from test tokens
(``tok_visa``, ``tok_insufficient_funds``, ``tok_hang`` …) and ids from keys. In order of control flow:

- ``__main__``  ``python -m subgraphs.payment.simulator --port 4010``: a process of its own
- ``app``       the HTTP application
- ``confirmation``  where a buyer returns to whom the bank wants to see
- ``tokens``    what each test token stands for and does
- ``books``     intents, refunds and answers, in a SQLite file or in memory
- ``webhooks``  signed messages, as often and in as wrong an order as wanted
"""

from subgraphs.payment.simulator.app import SECRET, WEBHOOK_SECRET, Simulator
from subgraphs.payment.simulator.books import Books
from subgraphs.payment.simulator.tokens import TOKENS
from subgraphs.payment.simulator.webhooks import Messenger

__all__ = ["SECRET", "TOKENS", "WEBHOOK_SECRET", "Books", "Messenger", "Simulator"]
