"""Piccolo tables of user_db, bound to this room's engine. Migrations own the schema; these name it in Python."""

from __future__ import annotations

from piccolo.columns import UUID, Boolean, Date, Text, Timestamptz, Varchar
from piccolo.table import Table

from subgraphs.kernel.database import Database

DB = Database("user")


class UserProfile(Table, tablename="user_profiles", db=DB):
    """Personal data of an account."""

    id = UUID(primary_key=True)
    user_id = UUID()
    first_name = Varchar(length=100)
    last_name = Varchar(length=100)
    phone_number = Varchar(length=20, null=True, default=None)
    avatar_url = Text(null=True, default=None)
    date_of_birth = Date(null=True, default=None)
    created_at = Timestamptz()
    updated_at = Timestamptz()
    deleted_at = Timestamptz(null=True, default=None)


class UserAddress(Table, tablename="user_addresses", db=DB):
    """An entry of an account's address book."""

    id = UUID(primary_key=True)
    user_id = UUID()
    address_type = Varchar(length=20)
    recipient = Varchar(length=200, null=True, default=None)
    street = Varchar(length=255)
    street2 = Varchar(length=255, null=True, default=None)
    city = Varchar(length=100)
    state = Varchar(length=100)
    zip_code = Varchar(length=20)
    country = Varchar(length=100)
    phone = Varchar(length=20, null=True, default=None)
    is_default = Boolean(default=False)
    created_at = Timestamptz()
    updated_at = Timestamptz()
    deleted_at = Timestamptz(null=True, default=None)


class UserPreferences(Table, tablename="user_preferences", db=DB):
    """How an account wants to be written to and shown the shop."""

    id = UUID(primary_key=True)
    user_id = UUID()
    email_notifications = Boolean(default=True)
    sms_notifications = Boolean(default=False)
    push_notifications = Boolean(default=True)
    currency = Varchar(length=3, default="USD")
    language = Varchar(length=35, default="en")
    theme = Varchar(length=20, default="light")
    created_at = Timestamptz()
    updated_at = Timestamptz()
