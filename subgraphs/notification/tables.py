"""The room's database and its tables, as the migrations leave them."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

from subgraphs.kernel.database import Database

DB = Database("notification")


class Notifications(Table, db=DB, tablename="notifications"):
    """One thing a user was told over one channel (S-043)."""

    id = UUID(primary_key=True)
    user_id = UUID()
    type = Varchar(50)
    category = Varchar(50)
    title = Varchar(255)
    message = Text()
    status = Varchar(50)
    priority = Varchar(20)
    data = JSONB(null=True)
    read_at = Timestamptz(null=True)
    created_at = Timestamptz()
    updated_at = Timestamptz()
    delivery_status = Varchar(20)
    event_id = UUID(null=True)
    order_id = UUID(null=True)
    attempts = Integer()
    next_attempt_at = Timestamptz()
    address = Varchar(255, null=True)
    link_kind = Varchar(50, null=True)
    link_token_id = UUID(null=True)


class NotificationTemplates(Table, db=DB, tablename="notification_templates"):
    """Text of notifications of one event on one channel in one language (S-044)."""

    id = UUID(primary_key=True)
    name = Varchar(100)
    type = Varchar(50)
    subject = Varchar(255, null=True)
    body = Text()
    variables = JSONB()
    is_active = Boolean()
    created_at = Timestamptz()
    updated_at = Timestamptz()
    locale = Varchar(35)
    deleted_at = Timestamptz(null=True)


class NotificationLogs(Table, db=DB, tablename="notification_logs"):
    """One attempt to deliver (S-045)."""

    id = UUID(primary_key=True)
    notification_id = ForeignKey(references=Notifications)
    status = Varchar(50)
    error_message = Text(null=True)
    sent_at = Timestamptz(null=True)
    created_at = Timestamptz()
    updated_at = Timestamptz()


class OrderContacts(Table, db=DB, tablename="order_contacts"):
    """Where the buyer of an order is written to, from events of order."""

    order_id = UUID(primary_key=True)
    user_id = UUID()
    email = Varchar(255)
    created_at = Timestamptz()
    updated_at = Timestamptz()


class Recipients(Table, db=DB, tablename="recipients"):
    """What is known of a user, from events of auth and user."""

    user_id = UUID(primary_key=True)
    email = Varchar(255, null=True)
    first_name = Varchar(100, null=True)
    locale = Varchar(35)
    email_notifications = Boolean()
    sms_notifications = Boolean()
    push_notifications = Boolean()
    active = Boolean()
    account_version = Integer()
    account_at = Timestamptz()
    preferences_version = Integer()
    preferences_at = Timestamptz()
    phone = Varchar(20, null=True)
    profile_at = Timestamptz()
    role = Varchar(50)
    role_at = Timestamptz()
    created_at = Timestamptz()
    updated_at = Timestamptz()
