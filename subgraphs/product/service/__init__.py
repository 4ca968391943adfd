"""Use cases: who may, transaction, rule, event.

- ``reviews``  writing, voting, moderating
- ``stock``    holding, committing and releasing an order's units; giving overdue holds back
"""
