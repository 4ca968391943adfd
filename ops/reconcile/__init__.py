"""``stoa reconcile``: orders against payments, stock, notifications, provider's books; in peace it lists nothing.

- ``facts``     what each database says of orders, money and goods, in pages by order
- ``messages``  what each database says of what was to be told, in pages
- ``books``     what the provider's books say, in pages by payment intent
- ``pages``     a statement's rows, a page at a time
- ``findings``  the rules, as plain functions: which facts contradict each other
- ``report``    everything that is wrong, in a stable order

The six databases cannot hold foreign keys into one another (D46), so this is what shows an orphan, a lost cent, a unit
sold twice or a customer who was told nothing, after a crash, a restore or a lost event. It only reads.
"""

from ops.reconcile.report import Finding, reconcile

__all__ = ["Finding", "reconcile"]
