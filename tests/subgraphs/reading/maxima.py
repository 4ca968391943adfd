"""The maximum of every list that is no page, no part of a page and no error's: a new list has to be stated here."""

from __future__ import annotations

from collections.abc import Mapping

from subgraphs.auth.sessions import MAX_LISTED
from subgraphs.kernel.filters import MAX_FILTER_VALUES
from subgraphs.kernel.money import EXPONENTS
from subgraphs.notification.channels import MAX_ATTEMPTS
from subgraphs.notification.domain import MAX_VARIABLES, Channel
from subgraphs.notification.repository.inbox import MAX_PER_ORDER
from subgraphs.notification.repository.templates import MAX_TEMPLATES
from subgraphs.order.domain.cart import MAX_LINES
from subgraphs.order.domain.checkout import MAX_PAYMENT_ATTEMPTS
from subgraphs.order.domain.status import OrderStatus
from subgraphs.payment.domain import MAX_METHODS
from subgraphs.payment.repository.refunds import MAX_REFUNDS
from subgraphs.product.domain.catalog import MAX_FILTER_SPECS
from subgraphs.product.domain.editing import MAX_BULK, MAX_IMAGES, MAX_SPECIFICATIONS
from subgraphs.product.domain.stock import MAX_LINES as MAX_RESERVED
from subgraphs.product.repository.categories import MAX_CATEGORIES, MAX_DEPTH
from subgraphs.product.repository.search import MAX_FACET_VALUES, MAX_FACETS
from subgraphs.product.service.watching import MOST_PRODUCTS
from subgraphs.user.addresses import ADDRESSES_PER_USER

STATUSES = len(OrderStatus)
_LINES_OF_AN_ADDRESS = 8
_FIELDS_OF_AN_ADDRESS = 10
_STATES_OF_A_COUNTRY = 100
_MARKED_FIELDS = 2
_STARS = 5

ANSWERED: Mapping[str, int] = {
    "Query.mySessions": MAX_LISTED,
    "User.addresses": ADDRESSES_PER_USER,
    "Address.formatted": _LINES_OF_AN_ADDRESS,
    "AddressRules.requiredFields": _FIELDS_OF_AN_ADDRESS,
    "AddressRules.states": _STATES_OF_A_COUNTRY,
    "Product.specifications": MAX_SPECIFICATIONS,
    "RatingSummary.histogram": _STARS,
    "Category.ancestors": MAX_DEPTH,
    "Category.children": MAX_CATEGORIES,
    "Query.categories": MAX_CATEGORIES,
    "SearchConnection.facets": MAX_FACETS,
    "SearchEdge.highlights": _MARKED_FIELDS,
    "Facet.values": MAX_FACET_VALUES,
    "ReservationResult.lines": MAX_RESERVED,
    "ReservationResult.shortages": MAX_RESERVED,
    "Order.allowedTransitions": STATUSES,
    "Order.items": MAX_LINES,
    "Order.history": STATUSES,
    "Cart.lines": MAX_LINES,
    "Cart.warnings": MAX_LINES,
    "MergePayload.merged": MAX_LINES,
    "OrderStats.lifetimeValue": len(EXPONENTS),
    "InvalidTransitionError.allowed": STATUSES,
    "Payment.attempts": MAX_PAYMENT_ATTEMPTS,
    "Payment.refunds": MAX_REFUNDS,
    "User.paymentMethods": MAX_METHODS,
    "User.effectiveChannels": len(Channel),
    "Notification.delivery": MAX_ATTEMPTS,
    "Order.notifications": MAX_PER_ORDER,
    "Query.notificationTemplates": MAX_TEMPLATES,
    "NotificationTemplate.variables": MAX_VARIABLES,
}
"""Lists in answers. What a person or a table could make longer is cut or refused at the constant; the others are of a
closed set: the states of a machine, which never goes back, currencies, countries' rules, channels."""

GIVEN: Mapping[str, int] = {
    "ProductFilter.ids": MAX_FILTER_VALUES,
    "ProductFilter.specs": MAX_FILTER_SPECS,
    "SpecFilter.anyOf": MAX_FILTER_VALUES,
    "OrderFilter.status": MAX_FILTER_VALUES,
    "PaymentFilter.status": MAX_FILTER_VALUES,
    "Subscription.stockChanged(productIds)": MOST_PRODUCTS,
    "ProductInput.images": MAX_IMAGES,
    "ProductInput.specifications": MAX_SPECIFICATIONS,
    "Mutation.bulkUpsertProducts(input)": MAX_BULK,
    "Mutation.reserveStock(lines)": MAX_RESERVED,
    "TemplateInput.variables": MAX_VARIABLES,
}
"""Lists in arguments and inputs: one value more is refused."""
