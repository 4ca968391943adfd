"""Use cases: who may, transaction, rule, event.

- ``catalog``      adding, rewriting, archiving and restoring products, one or a thousand
- ``categories``   adding and moving categories
- ``adjustments``  counting stock anew
- ``reviews``      writing, voting, moderating
- ``searching``    finding products, and what a mistyped search was meant to be
- ``stock``        holding, committing and releasing an order's units; giving overdue holds back
- ``watching``     telling that available quantities changed, and following it for subscriptions
"""
