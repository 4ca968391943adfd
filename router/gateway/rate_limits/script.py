"""The rate algorithm, run by Redis: all routers count in one place, by one clock, and nothing comes between.

GCRA (ITU-T I.371) keeps one number per key: the time at which everything admitted so far would have been spent if it
had come evenly. A request is admitted when that time, with the request added, is at most ``burst`` ahead of the clock.
"""

from __future__ import annotations

__all__ = ["SCRIPT"]

SCRIPT = """
-- KEYS: those of all requests, one request after the other.
-- ARGV: for each request the number of its keys, then interval, burst and cost for each key, all times in microseconds.
-- Returns for each key how many microseconds too early it is asked for. If that is positive for one key of a request,
-- none of the request's keys is charged.
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local waits = {}
local at, first = 1, 1
while at <= #ARGV do
  local last = first + tonumber(ARGV[at]) - 1
  local admitted, spent = true, {}
  at = at + 1
  for key = first, last do
    local interval, burst, cost = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
    local before = tonumber(redis.call('GET', KEYS[key]) or now)
    -- More than burst ahead is nobody: the limit was lowered, or the clock set back.
    before = math.min(math.max(before, now), now + burst)
    spent[key] = before + interval * cost
    waits[key] = spent[key] - now - burst
    admitted = admitted and waits[key] <= 0
    at = at + 3
  end
  if admitted then
    for key = first, last do
      redis.call('SET', KEYS[key], string.format('%.0f', spent[key]), 'PX', math.ceil((spent[key] - now) / 1000))
    end
  end
  first = last + 1
end
return waits
"""
