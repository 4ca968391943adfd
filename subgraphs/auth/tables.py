"""Piccolo tables of auth_db, bound to this room's engine. Migrations own the schema; these name it in Python."""

from __future__ import annotations

from piccolo.columns import UUID, Boolean, ForeignKey, Text, Timestamptz, Varchar
from piccolo.table import Table

from subgraphs.kernel.database import Database

DB = Database("auth")


class User(Table, tablename="users", db=DB):
    """An account: who may sign in, with which role."""

    id = UUID(primary_key=True)
    email = Varchar(length=255)
    password_hash = Text(secret=True)
    is_verified = Boolean(default=False)
    is_active = Boolean(default=True)
    role = Varchar(length=50, default="user")
    last_login_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz()
    updated_at = Timestamptz()
    deleted_at = Timestamptz(null=True, default=None)


class Session(Table, tablename="sessions", db=DB):
    """A signed-in device, the parent of its family of refresh tokens."""

    id = UUID(primary_key=True)
    user_id = ForeignKey(User, null=False)
    user_agent = Varchar(length=400, null=True, default=None)
    ip = Text(null=True, default=None)
    last_seen_at = Timestamptz()
    expires_at = Timestamptz()
    revoked_at = Timestamptz(null=True, default=None)
    revoked_reason = Varchar(length=20, null=True, default=None)
    created_at = Timestamptz()
    updated_at = Timestamptz()


class RefreshToken(Table, tablename="refresh_tokens", db=DB):
    """A refresh token's hash and what became of the token."""

    id = UUID(primary_key=True)
    user_id = ForeignKey(User, null=False)
    token_hash = Text(secret=True)
    expires_at = Timestamptz()
    revoked = Boolean(default=False)
    created_at = Timestamptz()
    updated_at = Timestamptz()
    family_id = ForeignKey(Session, null=False)
    replaced_by = UUID(null=True, default=None)
    used_at = Timestamptz(null=True, default=None)
    grace_used_at = Timestamptz(null=True, default=None)
    user_agent = Varchar(length=400, null=True, default=None)
    ip = Text(null=True, default=None)


class PasswordResetToken(Table, tablename="password_reset_tokens", db=DB):
    """A one-time token that lets the owner set a new password."""

    id = UUID(primary_key=True)
    user_id = ForeignKey(User, null=False)
    token_hash = Text(secret=True)
    expires_at = Timestamptz()
    used = Boolean(default=False)
    created_at = Timestamptz()
    updated_at = Timestamptz()


class EmailVerificationToken(Table, tablename="email_verification_tokens", db=DB):
    """A one-time proof that the owner reads mail at the address."""

    id = UUID(primary_key=True)
    user_id = ForeignKey(User, null=False)
    token_hash = Text(secret=True)
    expires_at = Timestamptz()
    used = Boolean(default=False)
    created_at = Timestamptz()
    updated_at = Timestamptz()


class EmailChangeToken(Table, tablename="email_change_tokens", db=DB):
    """A one-time proof that the owner reads mail at the address the account shall move to."""

    id = UUID(primary_key=True)
    user_id = ForeignKey(User, null=False)
    new_email = Varchar(length=255)
    token_hash = Text(secret=True)
    expires_at = Timestamptz()
    used = Boolean(default=False)
    created_at = Timestamptz()
    updated_at = Timestamptz()
