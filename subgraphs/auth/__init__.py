"""auth: who somebody is. It owns accounts, passwords, sessions and the tokens that clients show to the router.

Defines the entity `User` (email, role, state of the account); the other rooms add names, orders and the rest to it.
References no entity of another room. Names given at registration are not kept here: they travel in `user.registered`.

Modules in order of control flow:

- ``app``         the ASGI application, its adapters, /.well-known/jwks.json
- ``api``         federation schema: types, queries, mutations
- ``loaders``     accounts by id, one statement per request
- ``service``     use cases: register, sign in, renew, sign out
- ``recovery``    use cases proven by reading mail: verification, password reset, change of address
- ``erasure``     being forgotten: a saga over six services, and its worker
- ``staff``       use cases of staff: roles, deactivation, the list of accounts
- ``credentials`` checks of a password, each an attempt that is counted
- ``granting``    what a sign-in gives: a session with its tokens
- ``repository``  every SQL statement on accounts
- ``sessions``    every SQL statement on sessions and refresh tokens
- ``one_time_tokens``  every SQL statement on the tokens behind mailed links
- ``erasures``    every SQL statement on accounts that are being forgotten
- ``attempts``    every SQL statement on counted guesses
- ``domain``      roles and scopes, lifetimes, what an address or a password may be
- ``throttling``  how many guesses are free, how long the pause grows
- ``passwords``   adapter to argon2id
- ``tokens``      adapter to JWT: access tokens and the public key set
- ``keyring``     which key signs them now, in a file that may change
- ``links``       adapter to HMAC: one-time tokens and their links
- ``presence``    adapter to Redis: which sessions are alive, and the refresh tokens of guests
- ``upkeep``      how long each table keeps its rows
- ``tables``      Piccolo tables of auth_db
"""
