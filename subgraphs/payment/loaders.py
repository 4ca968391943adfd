"""DataLoaders of one request: what many resolvers ask for one key at a time becomes one statement."""

from __future__ import annotations

from functools import cached_property
from uuid import UUID

from aiodataloader import DataLoader

from subgraphs.kernel.loaders import RequestLoaders, many_by_key, one_by_key
from subgraphs.payment.domain import AttemptRecord, MethodRecord, PaymentRecord, RefundRecord
from subgraphs.payment.repository import attempts, methods, payments, refunds


class Loaders(RequestLoaders):
    """One attribute per batch."""

    @cached_property
    def payment_by_id(self) -> DataLoader[UUID, PaymentRecord | None]:
        return one_by_key(payments.payments_by_id)

    @cached_property
    def payment_by_order(self) -> DataLoader[UUID, PaymentRecord | None]:
        return one_by_key(payments.payments_by_order)

    @cached_property
    def attempts(self) -> DataLoader[UUID, list[AttemptRecord]]:
        return many_by_key(attempts.attempts_by_payment)

    @cached_property
    def refunds(self) -> DataLoader[UUID, list[RefundRecord]]:
        return many_by_key(refunds.refunds_by_payment)

    @cached_property
    def refund_by_id(self) -> DataLoader[UUID, tuple[UUID, RefundRecord] | None]:
        """A refund with the id of its payer."""
        return one_by_key(refunds.refunds_by_id)

    @cached_property
    def methods_by_user(self) -> DataLoader[UUID, list[MethodRecord]]:
        return many_by_key(methods.methods_by_user)

    @cached_property
    def method_by_id(self) -> DataLoader[UUID, MethodRecord | None]:
        return one_by_key(methods.methods_by_id)
