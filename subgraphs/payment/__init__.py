"""The payment subgraph: payments with their attempts and refunds, and stored payment methods.

It owns the entities Payment, Refund and PaymentMethod; it adds payment, refundedTotal and amountDue to Order, and
paymentMethods to User. In order of control flow:

- ``app``            the ASGI application
- ``api``            the federation schema
- ``loaders``        this request's batches
- ``service``        use cases: stored methods, charging, settling, refunding, the provider's messages
- ``provider``       what this room needs of a payment provider
- ``http_provider``  the adapter that speaks HTTP to one
- ``stripe_provider``  the adapter to Stripe on its own library
- ``intents``        a provider's payment intents in this room's terms
- ``signatures``     signed messages
- ``simulator``      a provider to develop and test against
- ``domain``         states, expiry, what is due, what can be refunded
- ``repository``     every SQL statement
- ``upkeep``  how long each table keeps its rows
- ``tables``         the tables on the room's engine
"""
