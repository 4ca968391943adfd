"""Every SQL statement of the notification room; reads are batched by key.

- ``inbox``         notifications, read state, delivery attempts
- ``deliveries``    what is due on which channel, attempts and their outcome
- ``templates``     texts
- ``recipients``    the projection of accounts and preferences
- ``dead_letters``  events that could not be applied
"""
