"""Hostile requests to a real router on a real socket, drawn from a seed and from what valid requests look like.

Modules in order of control flow: ``documents`` and ``bodies`` spoil what a request says, ``messages`` and ``sockets``
how it is sent; ``village`` starts the router with two small subgraphs behind it; ``judge`` says what is wrong with an
answer.
"""
