"""What Redis does for quick calls in one step: Lua over rq's own keys, and one key of ours a place.

`cherha:places:<place>` is a sorted set of the calls that hold a place, by the millisecond at which
they lose it. A call is an rq job like any other: a hash `rq:job:<id>`, its id in the list
`rq:queue:<queue>` while it waits, and in the sorted set `rq:wip:<queue>`, with the worker that has
it, while it runs. What rq does not know are the fields `call`, `signed`, `reply`, `kept`, `answer`
and `kind` of the hash; the job of a row has none of them.

A script changes all of that or nothing.
"""

_CLOCK = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function places(place) return 'cherha:places:' .. place end
local function hash(id) return 'rq:job:' .. id end
local function wip(queue) return 'rq:wip:' .. queue end
local function is_past(moment_ms) return not moment_ms or tonumber(moment_ms) < now end
local function place_of(told) return string.match(told, '^([^(]+)') or told end
local function leave(id, place, queue, execution)
  redis.call('ZREM', places(place), id)
  redis.call('ZREM', wip(queue), id .. ':' .. execution)
end
"""

# id, place, limit, lease in ms; and of an order: queue, how many may wait in it, seconds to live,
# call, signature, where to reply, time-out, moment.
SUBMIT = f"""{_CLOCK}
local id, place = ARGV[1], places(ARGV[2])
redis.call('ZREMRANGEBYSCORE', place, '-inf', now)
if redis.call('ZCARD', place) >= tonumber(ARGV[3]) then return 0 end
if ARGV[5] then
  local queue = 'rq:queue:' .. ARGV[5]
  if redis.call('LLEN', queue) >= tonumber(ARGV[6]) then return -1 end
  redis.call('HSET', hash(id), 'data', '[]', 'description', ARGV[2] .. '(' .. id .. ')',
    'origin', ARGV[5], 'status', 'queued', 'created_at', ARGV[12], 'enqueued_at', ARGV[12],
    'timeout', ARGV[11], 'call', ARGV[8], 'signed', ARGV[9], 'reply', ARGV[10])
  redis.call('EXPIRE', hash(id), ARGV[7])
  redis.call('SADD', 'rq:queues', queue)
  redis.call('RPUSH', queue, id)
end
redis.call('ZADD', place, now + ARGV[4], id)
return 1
"""

# id, place, queue. What is popped and not begun goes with its hash; what has none may be answered.
WITHDRAW = f"""{_CLOCK}
local id = ARGV[1]
if redis.call('HGET', hash(id), 'status') ~= 'queued' then return 0 end
redis.call('LREM', 'rq:queue:' .. ARGV[3], 1, id)
redis.call('DEL', hash(id))
redis.call('ZREM', places(ARGV[2]), id)
return 1
"""

# id, owner, seconds. It returns kind and answer if that is there, and nothing if it is kept now.
KEEP = f"""{_CLOCK}
local id, job = ARGV[1], redis.call('HMGET', hash(ARGV[1]), 'status', 'kind', 'answer')
if not job[1] then return {{'lost', ''}} end
redis.call('HSET', hash(id), 'owner', ARGV[2], 'kept', ARGV[3])
if job[2] then return {{job[2], job[3]}} end
return false
"""

# id. It returns owner, kind and answer of what is kept; one whose worker has died is lost.
FIND = f"""{_CLOCK}
local id = ARGV[1]
local job = redis.call('HMGET', hash(id), 'kept', 'owner', 'kind', 'answer', 'origin', 'execution')
if not job[1] then return {{}} end
if job[3] then return {{job[2], job[3], job[4]}} end
local until_s = redis.call('ZSCORE', wip(job[5]), id .. ':' .. (job[6] or ''))
return {{job[2], is_past(until_s and until_s * 1000) and 'lost' or '', ''}}
"""

# lease in ms; then id, place and 1 for the job of a row, of each. It returns id, kind and answer of
# what is news; 'gone' is what Redis knows nothing of, not even from the worker that runs it, and
# 'lost' is what neither waits nor runs: its worker has died.
LOOK = f"""{_CLOCK}
local news = {{}}
for n = 2, #ARGV, 3 do
  local id, place, has_row = ARGV[n], ARGV[n + 1], ARGV[n + 2] == '1'
  local job = redis.call('HMGET', hash(id), 'status', 'kind', 'answer', 'origin', 'execution')
  local told
  if not job[1] then
    local is_free = is_past(redis.call('ZSCORE', places(place), id))
    told = not has_row and is_free and {{id, 'gone', ''}}
  elseif job[2] then
    told = {{id, job[2], job[3]}}
  elseif not has_row and job[1] ~= 'queued' then
    local until_s = redis.call('ZSCORE', wip(job[4]), id .. ':' .. (job[5] or ''))
    if is_past(until_s and until_s * 1000) then
      leave(id, place, job[4], job[5] or '')
      redis.call('DEL', hash(id))
      told = {{id, 'lost', ''}}
    end
  end
  if told then
    for _, word in ipairs(told) do table.insert(news, word) end
  elseif job[1] then
    redis.call('ZADD', places(place), now + ARGV[1], id)
  end
end
return news
"""

# places. It returns how many are taken of each.
TAKEN = f"""{_CLOCK}
local taken = {{}}
for n, place in ipairs(ARGV) do
  taken[n] = redis.call('ZCOUNT', places(place), now, '+inf')
end
return taken
"""

# What the worker's scripts share: an order whose place was lost has nobody who waits for it.
_TAKE = """
local worker, execution, lease_ms, moment = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local function begin(id, queue)
  local job = redis.call('HMGET', hash(id), 'description', 'timeout', 'call', 'signed', 'reply')
  if not job[1] then return end
  local place = place_of(job[1])
  if job[3] and is_past(redis.call('ZSCORE', places(place), id)) then
    redis.call('DEL', hash(id))
    return
  end
  redis.call('HSET', hash(id), 'status', 'started', 'worker_name', worker,
    'execution', execution, 'started_at', moment)
  redis.call('ZADD', wip(queue), (now + lease_ms) / 1000, id .. ':' .. execution)
  redis.call('ZADD', places(place), now + lease_ms, id)
  return {id, queue, place, job[2] or '', job[3] or '', job[4] or '', job[5] or ''}
end
local function next_of(queues)
  if redis.call('EXISTS', 'rq:suspended') == 1 then return false end
  for queue in string.gmatch(queues, '%S+') do
    for _ = 1, 100 do
      local id = redis.call('LPOP', 'rq:queue:' .. queue)
      if not id then break end
      local taken = begin(id, queue)
      if taken then return taken end
    end
  end
  return false
end
"""

# worker, execution, lease in ms, moment, id and queue that were popped, all queues.
BEGIN = f"""{_CLOCK}{_TAKE}
if redis.call('EXISTS', 'rq:suspended') == 1 then
  redis.call('LPUSH', 'rq:queue:' .. ARGV[6], ARGV[5])
  return false
end
return begin(ARGV[5], ARGV[6]) or next_of(ARGV[7])
"""

# worker, execution, lease in ms, moment, 1 for another one; id, queue, place and execution of the
# call, where to reply, kind and answer, seconds for which nobody's answer is kept, all queues.
FINISH = f"""{_CLOCK}{_TAKE}
local id, queue, place, mine = ARGV[6], ARGV[7], ARGV[8], ARGV[9]
local reply, kind, answer = ARGV[10], ARGV[11], ARGV[12]
leave(id, place, queue, mine)
local current, kept = unpack(redis.call('HMGET', hash(id), 'execution', 'kept'))
if reply == '' then
  if current == mine then redis.call('DEL', hash(id)) end
elseif not kept then
  local heard = redis.call('PUBLISH', reply, id .. ' ' .. kind .. ' ' .. answer)
  if heard > 0 then redis.call('DEL', hash(id)) else kept = ARGV[13] end
end
if reply ~= '' and kept then
  redis.call('HSET', hash(id), 'status', 'finished', 'kind', kind, 'answer', answer)
  redis.call('EXPIRE', hash(id), kept)
end
return ARGV[5] == '1' and next_of(ARGV[14])
"""

# lease in ms, number of queues, queues; then id, queue, place and execution of each that runs.
# Jobs of rows that wait are in the system, whoever has handed them in lives or not.
BEAT = f"""{_CLOCK}
local lease_ms, queues = ARGV[1], tonumber(ARGV[2])
for n = 3 + queues, #ARGV, 4 do
  redis.call('ZADD', places(ARGV[n + 2]), now + lease_ms, ARGV[n])
  redis.call('ZADD', wip(ARGV[n + 1]), (now + lease_ms) / 1000, ARGV[n] .. ':' .. ARGV[n + 3])
end
if redis.call('SET', 'cherha:calls:tended', '1', 'NX', 'PX', '900') then
  for n = 3, 2 + queues do
    for _, id in ipairs(redis.call('LRANGE', 'rq:queue:' .. ARGV[n], 0, 999)) do
      local job = redis.call('HMGET', hash(id), 'description', 'call')
      if job[1] and not job[2] then
        redis.call('ZADD', places(place_of(job[1])), now + lease_ms, id)
      end
    end
  end
end
return redis.call('EXISTS', 'rq:suspended')
"""

# id, queue, place and execution of each that has ended while the process told that it runs.
LEFT = f"""{_CLOCK}
for n = 1, #ARGV, 4 do leave(ARGV[n], ARGV[n + 2], ARGV[n + 1], ARGV[n + 3]) end
"""
